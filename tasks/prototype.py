"""Stage 3 as a task: selection by cross-validation, one reading of the locked set, the models kept."""

from qpilot.bundle import Bundle, described
from qpilot.data.table import Dataset
from qpilot.job import Job
from qpilot.packing import packed
from qpilot.prototype import stage as domain
from qpilot.prototype.portrait import portrait
from qpilot.prototype.search.kept import FOLDER, prune
from qpilot.prototype.stage import Selected
from qpilot.record.artifacts import Artifacts
from tasks.desk import folder, now, stores
from tasks.persisted import stage
from tasks.results import PrototypeResult
from tasks.sweep import Shown


@stage("prototype", "prototype: {job.pilot.name}")
def prototype(job: Job, dataset: str, explore: bool, barred: dict[int, str]) -> PrototypeResult:
    """Finalist, twin and reference, and what the locked set said. dataset: sha256 of the split dataset.

    `explore` selects even where the design was refused, without opening the locked set. barred: candidates that do not
    compete, by their number in the pilot file, and why.
    """
    desk = stores(job)
    rows = Dataset.from_bytes(desk.artifacts.get(dataset))
    evidence, selected = domain.prototype(job, rows, explore, desk, Shown(job.run), barred)
    prune(job.home / FOLDER, now().timestamp())
    folder(job).anchor(desk.journal)  # the opening must not vanish with a journal cut short
    if selected is None:
        folder(job).write_evidence(evidence)
        return PrototypeResult(evidence=evidence, bundle=None, majority=-1)
    bundle = Bundle(selected.finalist, selected.reference, rows.preparation)
    kept = desk.artifacts.put(packed(bundle.to_files()))
    twin = desk.artifacts.put(packed(described("twin", selected.twin)))
    # In the evidence, so that the verdict is bound to the models that read the locked set, and replayed from them.
    inputs = {"models": kept, "twin": twin, **_besides(selected, desk.artifacts)}
    evidence = evidence.model_copy(update={"inputs": {**evidence.inputs, **inputs}})
    folder(job).write_evidence(evidence)
    folder(job).write_json("plots/prototype.json", portrait(selected, rows.development).plain())
    return PrototypeResult(evidence=evidence, bundle=kept, majority=selected.majority, twin=twin)


def _besides(selected: Selected, artifacts: Artifacts) -> dict[str, str]:
    """What else the claim was tested on: the other seeds' models, and the answers of the outer folds."""
    found = {}
    if selected.seeds:
        files: dict[str, bytes] = {}
        for number, (model, twin) in enumerate(zip(selected.seeds, selected.twins, strict=True), start=1):
            files |= described(f"seed{number}", model) | described(f"twin{number}", twin)
        found["seeds"] = artifacts.put(packed(files))
    if selected.outer is not None:
        found["outer"] = artifacts.put(selected.outer.to_bytes())
    return found
