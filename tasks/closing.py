"""The last task of every run: the report written, the folder sealed, the ending in the journal."""

from datetime import datetime

from qpilot import ending, runs
from qpilot.job import Job
from qpilot.record.home import Home
from qpilot.runs import Summary
from tasks.desk import folder, now
from tasks.persisted import stage


@stage("close", "close: {summary.outcome}", again=True)
def close(job: Job, summary: Summary, artifacts: tuple[str, ...], explore: bool, started: datetime) -> Summary:
    """report.html shows the run, the folder is sealed, and an ending other than a failure stands in the journal.

    Done every time: whoever takes a run up again opens its folder. artifacts: sha256 of everything the run keeps;
    `verify` misses one that is gone.
    """
    home, place = Home(job.home), folder(job)
    ended = summary.model_copy(update={"report": str(place.report)})
    place.write_json("summary.json", ended.plain())
    record = ending.record(home, job.pilot, ended, explore, started, now())
    ending.publish(record, place)
    place.seal(home.journal, now(), artifacts)
    if ended.outcome != "ERROR":
        # Last, since a run that has ended is not taken up again: killed before this line, it is closed anew.
        runs.end(home.journal, ended, explore, now())
        place.anchor(home.journal)
    return ended
