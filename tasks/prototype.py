"""Stage 3 as a task: selection by cross-validation, one reading of the locked set, the models kept."""

from qpilot.bundle import Bundle, described
from qpilot.data.table import Dataset
from qpilot.job import Job
from qpilot.packing import packed
from qpilot.prototype import stage as domain
from qpilot.prototype.portrait import portrait
from tasks.desk import folder, stores
from tasks.persisted import stage
from tasks.results import PrototypeResult
from tasks.sweep import Shown


@stage("prototype", "prototype: {job.pilot.name}")
def prototype(job: Job, dataset: str, explore: bool) -> PrototypeResult:
    """Finalist, twin and reference, and what the locked set said. dataset: sha256 of the split dataset.

    `explore` selects even where the design was refused, without opening the locked set.
    """
    desk = stores(job)
    rows = Dataset.from_bytes(desk.artifacts.get(dataset))
    evidence, selected = domain.prototype(job, rows, explore, desk, Shown(job.run))
    folder(job).anchor(desk.journal)  # the opening must not vanish with a journal cut short
    if selected is None:
        folder(job).write_evidence(evidence)
        return PrototypeResult(evidence=evidence, bundle=None, majority=-1)
    bundle = Bundle(selected.finalist, selected.reference, rows.preparation)
    kept = desk.artifacts.put(packed(bundle.to_files()))
    twin = desk.artifacts.put(packed(described("twin", selected.twin)))
    # In the evidence, so that the verdict is bound to the models that read the locked set, and replayed from them.
    evidence = evidence.model_copy(update={"inputs": {**evidence.inputs, "models": kept, "twin": twin}})
    folder(job).write_evidence(evidence)
    folder(job).write_json("plots/prototype.json", portrait(selected, rows.development).plain())
    return PrototypeResult(evidence=evidence, bundle=kept, majority=selected.majority, twin=twin)
