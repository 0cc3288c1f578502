"""Stage 2 as a task: what the reduction keeps, measured inside training folds."""

from qpilot.data.table import Dataset
from qpilot.job import Job
from qpilot.reduction.stage import reduce
from tasks.desk import folder, stores
from tasks.persisted import stage
from tasks.results import ReductionResult


@stage("reduction", "reduction: {job.pilot.reduce.method}")
def reduction(job: Job, dataset: str) -> ReductionResult:
    """Information kept, and accuracy or score. dataset: sha256 of the split dataset."""
    evidence = reduce(job, Dataset.from_bytes(stores(job).artifacts.get(dataset)))
    folder(job).write_evidence(evidence)
    return ReductionResult(evidence=evidence)
