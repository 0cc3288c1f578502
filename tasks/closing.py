"""The last task of every run: the report written, the folder sealed, the ending in the journal."""

from datetime import datetime

from qpilot import ending, runs
from qpilot.job import Job
from qpilot.record.home import Home
from qpilot.runs import Summary
from tasks.desk import folder, now
from tasks.persisted import stage


@stage("close", "close: {summary.outcome}")
def close(job: Job, summary: Summary, artifacts: tuple[str, ...], explore: bool, started: datetime) -> Summary:
    """report.html shows the run; an ending other than a failure stands in the journal, and the folder is sealed.

    artifacts: sha256 of everything the run keeps; `verify` misses one that is gone.
    """
    home, place = Home(job.home), folder(job)
    ended = summary.model_copy(update={"report": str(place.report)})
    record = ending.record(home, job.pilot, ended, explore, started, now())
    ending.publish(record, place)
    if ended.outcome != "ERROR":
        runs.end(home.journal, ended, explore, now())
    place.seal(home.journal, now(), artifacts)
    return ended
