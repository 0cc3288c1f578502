"""Each stage's evidence once more, as far as what is kept tells it: a function a stage, one line in `STAGES`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gates.claim import Metric
from gates.contender import Contender
from gates.data import DataEvidence
from gates.hardware import HardwareEvidence
from gates.nested import Paired
from gates.promotion import PromotionEvidence
from gates.records import Evidence, Measure
from gates.reduction import ReductionEvidence
from gates.selection import PrototypeEvidence
from gates.trainability import TrainabilityEvidence
from qpilot.data.stage import counted
from qpilot.prototype.comparison.resource import resource_ratio
from qpilot.prototype.comparison.sensitivity import importance, noise_sensitivity
from qpilot.prototype.design import closed
from qpilot.prototype.fitted import Fitted, parameters
from qpilot.prototype.reading import Reading, Role, answers
from qpilot.prototype.stage import optimism
from qpilot.record import openings
from qpilot.reduction.stage import reduce
from qpilot.replay.backend import SPENT
from qpilot.replay.ground import Ground
from qpilot.serving.promotion import Answers
from qpilot.serving.promotion import evidence as compared
from qpilot.trainability.stage import trainability as probed


@dataclass(frozen=True)
class Again:
    """Evidence as it comes out now. `depth`: what it was computed from, and what was taken over."""

    evidence: Evidence
    depth: str


def data(kept: DataEvidence, ground: Ground) -> Again:
    """Rows, classes and split from the kept dataset."""
    rows = ground.rows
    inputs = {**kept.inputs, "data": rows.fingerprint, "locked": rows.locked_hash}
    again = kept.model_copy(update={**counted(rows, ground.pilot.claim), "inputs": inputs})
    return Again(again, "from the kept rows; what each expectation observed is taken from the evidence")


def reduction(kept: ReductionEvidence, ground: Ground) -> Again:
    """All of it, from the kept dataset."""
    return Again(reduce(ground.job(kept), ground.rows), "from the kept rows")


FIXED = (
    *("locked", "device_points", "required", "attempt", "alpha"),
    *("form", "development", "device_required", "look", "added", "largest_class"),
)
"""Of the prototype's evidence, what is fixed before anything is computed."""


def trainability(kept: TrainabilityEvidence, ground: Ground) -> Again:
    """All of it, from the kept dataset."""
    return Again(probed(ground.job(kept), ground.rows), "from the kept rows")


def prototype(kept: PrototypeEvidence, ground: Ground) -> Again:
    """The design from the pilot and the opening; the locked set read again by the kept models, or the outer folds judged."""
    attempt, kind = kept.attempt, None
    if kept.advantage is not None:
        data = ground.evidence["data"].inputs["data"]
        opening = openings.of(ground.before("prototype"), data, ground.pilot.digest)
        attempt, kind = opening.attempt, opening.form
    design = closed(ground.pilot, ground.rows, attempt, kept.code, kind)
    inputs = {**kept.inputs, **design.inputs}
    again = kept.model_copy(update={name: getattr(design, name) for name in FIXED} | {"inputs": inputs})
    if not kept.contenders:
        return Again(again, "from the kept rows: nothing was fitted")
    models: dict[Role, Fitted] = {"finalist": ground.models.finalist, "reference": ground.models.reference}
    if ground.twin is not None:
        models["twin"] = ground.twin
    again = _described(again, models, ground)
    if kept.advantage is None:
        return Again(again, "from the kept rows and models; cross-validation is taken from the evidence")
    if kind == "nested":
        return _nested(kept, again, ground)
    seeds, twins = ground.seeds
    roles: dict[Role, tuple[Fitted, ...]] = {role: (model,) for role, model in models.items()}
    roles["finalist"] += seeds
    if "twin" in roles:
        roles["twin"] += twins
    named = answers(roles, ground.majority, ground.rows.locked)
    reading = Reading.of(named, ground.rows.locked, ground.pilot.claim, ground.pilot.search.seeds_as == "average")
    twin = reading.against("twin") if "twin" in models else kept.twin
    again = again.model_copy(
        update={
            "contenders": tuple(map(reading.completed, again.contenders)),
            "advantage": reading.against("reference"),
            "twin": twin,
            "majority": reading.against("majority"),
            "optimism": _optimism(kept, reading.against("reference"), ground.pilot.claim.metric),
        }
    )
    without = "" if "twin" in models else ", and the twin's answers, which this run did not keep,"
    return Again(
        again, f"from the kept models on the locked rows; cross-validation{without} is taken from the evidence"
    )


def _nested(kept: PrototypeEvidence, again: PrototypeEvidence, ground: Ground) -> Again:
    """The comparisons from the answers every outer fold's models gave; those models are not kept."""
    outer, pilot, rows = ground.outer, ground.pilot, ground.rows.development
    advantage = outer.against("reference", pilot, rows)
    found = {
        "advantage": advantage,
        "twin": outer.against("twin", pilot, rows),
        "majority": outer.against("majority", pilot, rows),
        "optimism": _optimism(kept, advantage, pilot.claim.metric),
        "chosen": outer.chosen,
    }
    depth = "from the kept answers of every outer fold; who was chosen in them, and cross-validation, are taken from the record"
    return Again(again.model_copy(update=found), depth)


def _described(kept: PrototypeEvidence, models: Mapping[Role, Fitted], ground: Ground) -> PrototypeEvidence:
    """The evidence with what the kept models say on development rows; what was timed or cross-validated stands."""
    pilot, rows = ground.pilot, ground.rows.development
    ratio = kept.resource_ratio
    if pilot.claim.resource != "inference_usd":  # which is timed
        ratio = resource_ratio(pilot, models["finalist"], models["reference"], rows.X[:1])

    def known(contender: Contender) -> Contender:
        model = models.get(contender.role)
        if model is None:
            return contender
        found = {"name": model.name, "family": model.family, "parameters": parameters(model)}
        return contender.model_copy(
            update={**found, "noise_sensitivity": noise_sensitivity(model, rows.X, pilot.claim, pilot.seed)}
        )

    return kept.model_copy(
        update={
            "finalist": models["finalist"].name,
            "reference": models["reference"].name,
            "contenders": tuple(map(known, kept.contenders)),
            "resource_ratio": ratio,
            "importance": importance(models["finalist"], rows, pilot.claim, pilot.seed),
        }
    )


def _optimism(kept: PrototypeEvidence, shown: Paired, metric: Metric) -> Measure:
    """The kept promise of cross-validation against the advantage as it is shown now."""
    before = kept.advantage
    promised = kept.optimism.value + (0.0 if before is None else before.advantage(metric))
    return optimism(promised, shown, metric)


def hardware(kept: HardwareEvidence, ground: Ground) -> Again:
    """All of it, from the raw counts on the points as they are drawn."""
    spent = "; what stood in the way of the next batch is taken from the evidence" if SPENT in kept.stopped else ""
    return Again(ground.measured.evidence, f"from the raw counts and the kept models{spent}")


def promotion(kept: PromotionEvidence, ground: Ground) -> Again:
    """All of it, from the device's answers as the raw counts give them."""
    evidence, readings, drawn = ground.measured
    answers = Answers(readings.device, ground.majority, evidence.planned)
    job, classes, ratio = ground.job(kept), ground.rows.locked.classes, ground.prototype.resource_ratio
    again = compared(job, drawn, answers, ground.models.reference, classes, ratio)
    return Again(again, "from the raw counts and the kept models")


STAGES: Mapping[str, Callable[[Any, Ground], Again]] = {
    "data": data,
    "reduction": reduction,
    "trainability": trainability,
    "prototype": prototype,
    "hardware": hardware,
    "promotion": promotion,
}
"""The forecast is not among them: queue, prices and history were those of its hour."""
