"""The last task of every run: the report written, the folder sealed, the ending in the journal."""

from datetime import datetime

from gates.records import Record
from qpilot.job import Job
from qpilot.record.home import Home
from qpilot.runs import lifetime, reporting
from qpilot.runs.summary import Summary
from tasks.desk import folder, now
from tasks.persisted import stage


class Ended(Record):
    """How far a run got. artifacts: sha256 of everything it keeps. started: when it first did."""

    summary: Summary
    artifacts: tuple[str, ...]
    explore: bool
    started: datetime


@stage("close", "close: {ended.summary.outcome}", again=True)
def close(job: Job, ended: Ended) -> Summary:
    """report.html shows the run, the folder is sealed, and an ending other than a failure stands in the journal.

    Done every time: whoever takes a run up again opens its folder.
    """
    return closed(job, ended)


def closed(job: Job, ended: Ended) -> Summary:
    """As `close`, inside of another task. `verify` misses an artifact of the run that is gone."""
    home, place = Home(job.home), folder(job)
    summary = ended.summary.model_copy(update={"report": str(place.report)})
    place.write_json("summary.json", summary.plain())
    record = reporting.record(home, job.pilot, summary, ended.explore, ended.started, now())
    reporting.publish(record, place)
    place.seal(home.journal, now(), ended.artifacts)
    if summary.outcome != "ERROR":
        # Last, since a run that has ended is not taken up again: killed before this line, it is closed anew.
        lifetime.end(home.journal, summary, ended.explore, now())
        place.anchor(home.journal)
    return summary
