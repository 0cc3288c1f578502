"""The candidates' trainability as a task: probed before anything is fitted."""

from qpilot.data.table import Dataset
from qpilot.job import Job
from qpilot.trainability.stage import trainability as probed
from tasks.desk import folder, stores
from tasks.persisted import stage
from tasks.results import TrainabilityResult


@stage("trainability", "trainability: {job.pilot.name}")
def trainability(job: Job, dataset: str) -> TrainabilityResult:
    """Every candidate's gradient or kernel against width. dataset: sha256 of the split dataset."""
    evidence = probed(job, Dataset.from_bytes(stores(job).artifacts.get(dataset)))
    folder(job).write_evidence(evidence)
    return TrainabilityResult(evidence=evidence)
