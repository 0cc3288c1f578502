"""The words on top of the report: what was decided, where, and the few figures that carry it."""

from typing import NamedTuple

from gates.claim import Claim
from gates.grading import NAMES
from gates.hardware import HardwareEvidence
from gates.wording import unseeded
from qpilot.report import worth
from qpilot.report.formats import DASH, magnitude, number, percent
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


def claim_sentence(claim: Claim, target: str) -> str:
    """The claim as it was fixed before the run, with its error rates. target: what a quantity is called."""
    metric = NAMES[claim.metric]
    rates = f"alpha {percent(claim.alpha)} one-sided, power {percent(claim.power)}"
    if claim.kind == "superiority":
        least = magnitude(claim.target)
        asked = f"superiority in {metric} over the best tuned classical model, worth having from {least} on; {rates}"
    else:
        asked = (
            f"non-inferiority in {metric}: at most {magnitude(claim.margin or 0.0)} below the best tuned classical model,"
            f" with at most {number(claim.max_ratio or 0.0)} times its {(claim.resource or '').replace('_', ' ')}; {rates}"
        )
    twin = "; the twin without entanglement must be beaten too" if claim.quantum else ""
    return f"{asked}{twin}{_scale(claim, target)}"


def _scale(claim: Claim, target: str) -> str:
    told = worth.scale(claim, target)
    return f". {told.removesuffix('.')}" if told else ""


def averaged(run: RunRecord) -> bool:
    """Whether what a candidate reached is the mean over its seeds, the first of which is deployed."""
    return run.pilot.search.seeds_as == "average" and run.pilot.search.seeds > 1


def finalist(run: RunRecord) -> str:
    """The finalist's name, of a run with a prototype stage; where seeds were averaged, without the one that is deployed."""
    assert run.prototype is not None
    return unseeded(run.prototype.finalist) if averaged(run) else run.prototype.finalist


def opened(run: RunRecord) -> bool:
    """Whether the device measured locked rows; where the locked set stayed closed it measures development rows."""
    return run.prototype is None or run.prototype.advantage is not None


def measurer(found: HardwareEvidence) -> str:
    """What answered in the hardware stage: "emulated iqm-garnet", PennyLane's simulator, or the device itself."""
    if found.backend.startswith("pennylane:"):
        return found.backend
    return f"emulated {found.device}" if found.backend == "emulator" else found.device


def not_measured(found: HardwareEvidence) -> str:
    """Why no quantum computer was measured, as the end of a sentence; empty where one was."""
    if found.backend == "emulator":
        return "the device was emulated from its published calibration figures, which leave out crosstalk and drift"
    if found.backend.startswith("pennylane:"):
        return f"{found.backend} simulated the circuits on this machine, and {found.device} was only what it was forecast as"
    return f"{found.device} is a simulator" if found.device.startswith("simulator-") else ""


def not_reached(run: RunRecord) -> list[str]:
    """The stages whose gate did not speak, in order."""
    return [STAGE_NAMES[stage] for stage in STAGES if run.verdict(stage) is None]
