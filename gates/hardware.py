"""The hardware gate: is accuracy, or the score, on the device at least that on the simulator minus the margin?"""

import math
from decimal import Decimal
from typing import Literal

from pydantic import Field

from gates.claim import ERRORS, Metric
from gates.records import Check, Evidence, Measure, Outcome, Record, Verdict
from gates.statistics import betting
from gates.wording import change, percent, plural, points


class HardwarePolicy(Record):
    """`margin`: accuracy or score (fraction) the device may lose against the simulator; `alpha` one-sided.

    metric: what the pilot's answers are graded by. Classes are right or wrong, whatever they are weighted by.
    """

    metric: Metric = "accuracy"
    margin: float = Field(gt=0, lt=1)
    alpha: float = Field(gt=0, le=0.2)


Cause = Literal["finite shots", "gate noise", "layout", "readout", "drift", "residual"]


class Part(Record):
    """What one cause takes off the signal and the accuracy or score (fractions), after mitigation and (raw) before.

    A negative value is a gain. Unmeasured where it cannot be told from another cause; that cause's `method` says so.
    """

    cause: Cause
    signal: Measure
    accuracy: Measure
    raw_signal: Measure
    raw_accuracy: Measure


class BatchSignal(Record):
    """What the points of a batch lost in signal, and how much of that the figures of its day explain."""

    batch: int
    lost: Measure
    explained: float


class Split(Record):
    """Where the difference between simulator and device comes from; the parts add up to the whole.

    `points` measured points went into it. `signal`: what the device lost of the simulator's signal (of a class, how clearly
    a point is answered: in [-1, 1], above 0 where the device names the simulator's; of a quantity, how near the device
    comes to what the simulator says: 1 where it says the same, 0 from the worst error on), `accuracy`: of its accuracy or
    score; raw: before mitigation. `simulated_signal` is what there was to lose. `order` says how the parts were taken apart.
    """

    points: int
    simulated_signal: Measure
    signal: Measure
    accuracy: Measure
    raw_signal: Measure
    raw_accuracy: Measure
    parts: tuple[Part, ...]
    order: str
    batches: tuple[BatchSignal, ...]


class Sentinels(Record):
    """The first points of the first batch, measured again: what they lost in signal since then. `n` counts them."""

    batch: int
    lost: Measure


class Recalibration(Record):
    """The device's calibration was another one in `batch` than in the batch before.

    calibration: sha256 of its figures (before, after). qubits: physical labels the circuits ran on. gate, pair, readout:
    median fidelities (fractions) of one-qubit gates, two-qubit gates and readout over those qubits, (before, after);
    None where the device has none. sentence: the same in words.
    """

    batch: int
    calibration: tuple[str, str]
    qubits: tuple[tuple[int, ...], tuple[int, ...]]
    gate: tuple[float, float]
    pair: tuple[float, float] | None
    readout: tuple[float, float]
    sentence: str


class HardwareEvidence(Evidence):
    """The sequential comparison of device and simulator, point by point, in the random order the points were drawn.

    `differences`: [device's grade] - [simulator's grade] at each point, one of -1, 0, 1 where classes are right or wrong,
    a fraction in [-1, 1] of a quantity; `population` points could be drawn.
    `path` is what the plot shows: (points, log10 E for GO, log10 E for NO_GO) after each batch. `charged_usd` is what
    was billed. `split` is None where nothing was measured or the device cannot be emulated; `notes` say why. `short`:
    circuits that came back with fewer shots than asked.
    """

    backend: str
    device: str
    shots: int
    mitigation: str
    population: int
    planned: int
    differences: tuple[int, ...] | tuple[float, ...]
    path: tuple[tuple[int, float, float], ...]
    stopped: str
    device_accuracy: Measure
    simulator_accuracy: Measure
    gap: Measure
    charged_usd: Decimal
    device_usd: Decimal
    calibrations: tuple[str, ...]
    batches: int
    split: Split | None = None
    recalibrations: tuple[Recalibration, ...] = ()
    sentinels: tuple[Sentinels, ...] = ()
    tasks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    short: int = 0


def decide(evidence: HardwareEvidence, policy: HardwarePolicy) -> Verdict:
    """GO if the differences alone, tested anew here, show that the device loses less than the margin.

    The answer is about all `population` points: what would the device have scored had every one been measured?
    """
    measured = _measured(evidence, policy)
    checks = [_accuracy(evidence, policy), measured] if measured.outcome == Outcome.GO else [measured]
    return Verdict.of("hardware", checks, evidence, policy)


def _measured(evidence: HardwareEvidence, policy: HardwarePolicy) -> Check:
    number, graded = len(evidence.differences), policy.metric in ERRORS
    flaws = {
        "no row was measured": number == 0,
        "no shots were taken": evidence.shots < 1,
        f"{plural(evidence.short, 'circuit')} came back with fewer shots than asked": evidence.short != 0,
        f"only {plural(evidence.population, 'row')} could be drawn": number > evidence.population,
        "a difference is none of -1, 0 and 1": not graded and not set(evidence.differences) <= {-1, 0, 1},
        "a difference is one of classes, and none of grades": graded
        and not all(isinstance(one, float) for one in evidence.differences),
        "a difference does not lie between -1 and 1": graded
        and not all(-1 <= one <= 1 for one in evidence.differences),
    }
    found = [flaw for flaw, true in flaws.items() if true]
    found += [f"the stage stopped because {evidence.stopped}"] if number == 0 else []
    counted = f"{plural(number, 'row')} of {evidence.population:,} with {plural(evidence.shots, 'shot')} a circuit"
    return Check(
        name="measured",
        outcome=Outcome.INCONCLUSIVE if found else Outcome.GO,
        observed=number,
        required="at least one row, with shots, each drawn once",
        reason=f"The measurements cannot be used ({counted}): {'; '.join(found)}."
        if found
        else f"{_measurer(evidence)} measured {counted}.",
    )


def _measurer(evidence: HardwareEvidence) -> str:
    """What answered: a device, or a simulator in whose place the device named stood while the run was forecast."""
    if evidence.backend.startswith("pennylane:"):
        return f"{evidence.backend} (forecast as {evidence.device})"
    return f"{evidence.device} ({evidence.backend})"


def _accuracy(evidence: HardwareEvidence, policy: HardwarePolicy) -> Check:
    drawn, population, margin = evidence.differences, evidence.population, policy.margin
    outcome, after = betting.sequential(drawn, population, margin, policy.alpha)
    loss, graded = -sum(drawn) / len(drawn), policy.metric in ERRORS
    better, worse = sum(one > 0 for one in drawn), sum(one < 0 for one in drawn)
    counted = f"{better:,} of {plural(len(drawn), 'row')} in random order"
    tally = (
        f"The device was nearer the truth than the simulator on {counted}, and farther off on {worse:,}: it"
        f" {change(loss, graded)}."
        if graded
        else f"The device was right where the simulator was wrong on {counted}, and the reverse on {worse:,}: it"
        f" {change(loss, graded)}."
    )
    allowed = points(margin, graded)
    error = f"such a finding is wrong at most {percent(policy.alpha)} of the time"
    if len(drawn) == population:
        side = "below" if outcome == Outcome.GO else "not below"
        then = f"These are all the rows there are, and the loss is {side} the {allowed} allowed."
    elif outcome == Outcome.GO:
        then = f"After {after:,} it stood that over all {population:,} it loses less than {allowed}; {error}."
    elif outcome == Outcome.NO_GO:
        then = f"After {after:,} it stood that over all {population:,} it loses more than {allowed}; {error}."
    else:
        then = f"{_strength(evidence, policy)} The {population - len(drawn):,} rows not measured could still decide it."
    return Check(
        name="score on the device" if graded else "accuracy on the device",
        outcome=outcome,
        observed=0.0 - loss,
        required=f"less than {allowed} below the simulator",
        reason=f"{tally} {then}",
    )


def _strength(evidence: HardwareEvidence, policy: HardwarePolicy) -> str:
    for_go, for_no_go = betting.paths(evidence.differences, evidence.population, policy.margin)
    needed = f"{1 / policy.alpha:.3g}"
    best_go, best_no_go = (_times(math.exp(min(path.max(), 700.0))) for path in (for_go, for_no_go))
    return (
        f"The evidence reached {best_go} for a loss below the margin and {best_no_go} for one above it, of {needed}"
        " needed."
    )


def _times(evidence: float) -> str:
    return f"{evidence:.3g}" if evidence < 1000 else "more than 1,000"
