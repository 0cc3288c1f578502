"""The words on top of the report: what was decided, where, and the few figures that carry it."""

import re
from typing import NamedTuple

from gates.averaged import Averaged
from gates.claim import Claim
from gates.prototype import PrototypeEvidence
from qpilot.report.formats import DASH, count, interval, magnitude, number, percent, points, usd
from qpilot.report.record import STAGES, RunRecord, Stage

STAGE_NAMES: dict[Stage, str] = {
    "data": "Data",
    "reduction": "Reduction",
    "trainability": "Trainability",
    "prototype": "Prototype",
    "forecast": "Forecast",
    "hardware": "Hardware",
    "promotion": "Promotion",
}


class Mark(NamedTuple):
    """How an outcome is shown: a word and a sign, so that colour is never alone in telling."""

    word: str
    sign: str
    tone: str


OUTCOMES: dict[str, Mark] = {
    "GO": Mark("GO", "✓", "go"),
    "NO_GO": Mark("NO GO", "✕", "stop"),
    "INCONCLUSIVE": Mark("INCONCLUSIVE", "?", "open"),
    "AWAITING_APPROVAL": Mark("AWAITING APPROVAL", "…", "open"),
    "REJECTED": Mark("REJECTED", "✕", "stop"),
    "ERROR": Mark("ERROR", "!", "error"),
    "not run": Mark("not run", DASH, "idle"),
}


CONSENTS = {
    "asked": "waiting for an answer",
    "approved": "approved",
    "rejected": "rejected",
    "expired": "expired without a decision",
    "superseded": "superseded by the next",
}
FAMILIES = {"classical": "Classical", "qnn": "QNN", "kernel": "Quantum kernel", "hybrid": "Hybrid"}


class Decision(NamedTuple):
    """The top of the page: a headline, the sentence that decided, and the mark they carry."""

    headline: str
    reason: str
    mark: Mark


class Tile(NamedTuple):
    """A figure on top of the page, with what it is and how it was taken."""

    label: str
    value: str
    note: str


def decision(run: RunRecord) -> Decision:
    """What the run came to, in a headline a manager can repeat."""
    stage = STAGE_NAMES[run.stage].lower()
    match run.outcome:
        case "GO" if run.explore:
            headline = "Explored: every gate answered GO, nothing was promoted"
        case "GO":
            headline = f"Promoted: {run.model}" if run.model else "Every gate answered GO"
        case "NO_GO":
            headline = f"Not promoted: the {_gate(run)} gate says no"
        case "INCONCLUSIVE" if _too_few(run):
            headline = "Not tested: too few rows for this claim"
        case "INCONCLUSIVE":
            headline = f"Not decided: the {_gate(run)} gate cannot tell"
        case "AWAITING_APPROVAL":
            headline = "Waiting for a person's approval"
        case "REJECTED":
            headline = "Rejected by a person"
        case "ERROR":
            headline = f"Broke off in the {stage} stage: nothing was decided"
    last = run.verdict("promotion")
    reason = last.reason if run.outcome == "GO" and last is not None else run.reason
    return Decision(headline, reason, OUTCOMES[run.outcome])


def _too_few(run: RunRecord) -> bool:
    """Whether the locked set stayed closed because it could not have shown the claim."""
    found = run.prototype
    return found is not None and found.advantage is None and found.rows < found.required


def _gate(run: RunRecord) -> str:
    """The gate that gave the run its outcome."""
    stage = next((stage for stage, outcome in run.chain if outcome == run.outcome), run.stage)
    return STAGE_NAMES[stage].lower()


def claim_sentence(claim: Claim) -> str:
    """The claim as it was fixed before the run, with its error rates."""
    metric = claim.metric.replace("_", " ")
    rates = f"alpha {percent(claim.alpha)} one-sided, power {percent(claim.power)}"
    if claim.kind == "superiority":
        worth = magnitude(claim.target)
        asked = f"superiority in {metric} over the best tuned classical model, worth having from {worth} on; {rates}"
    else:
        asked = (
            f"non-inferiority in {metric}: at most {magnitude(claim.margin or 0.0)} below the best tuned classical model,"
            f" with at most {number(claim.max_ratio or 0.0)} times its {(claim.resource or '').replace('_', ' ')}; {rates}"
        )
    return asked + ("; the twin without entanglement must be beaten too" if claim.quantum else "")


def tiles(run: RunRecord) -> list[Tile]:
    """The figures that carry the decision; only what was measured."""
    found: list[Tile] = []
    if run.data is not None:
        note = (
            f"{count(run.data.features)} features, {len(run.data.classes)} classes; {count(run.data.locked)} rows"
            " locked away"
        )
        found.append(Tile("Rows", count(run.data.rows), note))
    if run.prototype is not None and run.prototype.advantage is not None:
        comparison = run.prototype.advantage
        kind = "rows in outer folds" if run.prototype.form == "nested" else "locked rows"
        first = "the whole procedure" if run.prototype.form == "nested" else finalist(run.prototype)
        second = "the classical one" if run.prototype.form == "nested" else run.prototype.reference
        note = f"{count(comparison.points)} {kind}, {first} against {second}"
        found.append(Tile("Advantage, simulated", points(comparison.advantage(run.pilot.claim.metric)), note))
    elif run.prototype is not None:
        kind = "Development" if run.prototype.form == "nested" else "Locked"
        note = f"to show the claim; there are {count(run.prototype.rows)}"
        found.append(Tile(f"{kind} rows needed", count(run.prototype.required), note))
    if run.hardware is not None:
        bounds = interval(run.hardware.device_accuracy)
        rows = f"{count(run.hardware.device_accuracy.n)} {'points' if opened(run) else 'rows it was fitted on'}"
        note = f"{bounds} % on {rows}" if bounds else run.hardware.device
        found.append(Tile("Accuracy on the device", percent(run.hardware.device_accuracy.value), note))
    if run.promotion is not None:
        comparison = run.promotion.advantage
        kind = "points" if opened(run) else "rows both were fitted on"
        note = f"device against classical on {count(comparison.points)} {kind}"
        found.append(Tile("Advantage, on the device", points(comparison.advantage(run.pilot.claim.metric)), note))
    if run.hardware is not None:
        note = f"the device itself would have cost {usd(run.hardware.device_usd)}"
        found.append(Tile("Charged", usd(run.hardware.charged_usd), note))
    elif run.forecast is not None:
        note = f"forecast, nine times in ten; on the device itself {usd(run.forecast.device_cost.p90)}"
        found.append(Tile("Would be charged", usd(run.forecast.charged.p90), note))
    return found


SEED = re.compile(r", seed \d+$")
"""How the name of a candidate ends that was trained with several seeds."""


def finalist(found: PrototypeEvidence) -> str:
    """The finalist's name; of one whose seeds were averaged, without the seed that is deployed."""
    if isinstance(found.advantage, Averaged):
        return SEED.sub("", found.finalist)
    return found.finalist


def opened(run: RunRecord) -> bool:
    """Whether the device measured locked rows; where the locked set stayed closed it measures development rows."""
    return run.prototype is None or run.prototype.advantage is not None


def not_reached(run: RunRecord) -> list[str]:
    """The stages whose gate did not speak, in order."""
    return [STAGE_NAMES[stage] for stage in STAGES if run.verdict(stage) is None]
