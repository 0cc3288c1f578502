"""Stage 1 as a task: the rows read, split and held to their expectations."""

from qpilot import topup
from qpilot.data.stage import validate
from qpilot.errors import QpilotError
from qpilot.job import Job
from tasks.desk import folder, stores
from tasks.persisted import stage
from tasks.results import DataResult


@stage("data", "data: {job.pilot.name}")
def data(job: Job) -> DataResult:
    """The split dataset as an artifact, and what Great Expectations found."""
    desk = stores(job)
    topped = topup.before(desk.journal, desk.artifacts, job.pilot)
    dataset, evidence = validate(job.pilot, job.folder, job.pilot.digest, job.code, topped)
    if dataset.fingerprint != job.data:
        raise QpilotError("the data changed while the run was starting; run again")
    kept = desk.artifacts.put(dataset.to_bytes())
    evidence = evidence.model_copy(update={"inputs": {**evidence.inputs, "dataset": kept}})
    folder(job).write_evidence(evidence)
    return DataResult(evidence=evidence, dataset=kept)
