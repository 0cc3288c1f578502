"""What the report says of the split gap: how much each cause takes, which one matters most, and what to do about it."""

import math
from collections.abc import Callable

from gates.claim import Claim
from gates.hardware import Cause, HardwareEvidence, Part, Sentinels, Split
from gates.records import Measure
from qpilot.report.formats import count, interval, percent, points

NAMES: dict[Cause, str] = {
    "finite shots": "finite shots",
    "gate noise": "gate noise",
    "layout": "layout (swaps)",
    "readout": "readout",
    "drift": "drift between batches",
    "residual": "what the figures do not explain",
}


def share(split: Split, measure: Measure) -> Measure:
    """A loss of signal as a fraction of what the simulator has."""
    whole = split.simulated_signal.value
    ends = {name: getattr(measure, name) / whole for name in ("value", "low", "high")}
    return measure.model_copy(update={**ends, "unit": "of the simulator's signal"})


def shown(split: Split) -> list[Part]:
    """The parts that could be measured, in the order of the ladder."""
    return [part for part in split.parts if math.isfinite(part.signal.value)]


def leading(split: Split) -> Part | None:
    """The cause that takes most of the signal among those that stand clear of zero; None where none does."""
    clear = [part for part in shown(split) if part.signal.low > 0]
    return max(clear, key=lambda part: part.signal.value, default=None)


def sentence(found: HardwareEvidence, claim: Claim) -> str:
    """What mostly causes the loss, and what could be done about it; empty where the gap was not split."""
    split = found.split
    if split is None or not split.simulated_signal.value > 0:
        return ""
    whole = share(split, split.signal)
    if whole.low <= 0:
        lost = (
            f"The device's answers are as {'near the truth' if claim.quantity else 'clear'} as the simulator's within chance"
            f" ({_bounded(whole)} of the signal lost)"
        )
    else:
        lost = f"The device loses {_bounded(whole)} of the simulator's signal"
    most = leading(split)
    if most is None:
        return f"{lost}; no single cause stands clear of zero."
    taken = share(split, most.signal)
    back = ", part of which other causes make up for" if taken.value > whole.value else ""
    return f"{lost}; the most goes to {NAMES[most.cause]}, {_bounded(taken)}{back}. {remedy(found, most.cause)}"


def remedy(found: HardwareEvidence, cause: Cause) -> str:
    """What would win back what `cause` takes."""
    return REMEDIES[cause](found)


def sentinels(split: Split, again: Sentinels) -> str:
    """What the points measured again say."""
    lost = share(split, again.lost)
    return (
        f"Measured again in batch {again.batch + 1}, the first {count(lost.n)} points had lost {_bounded(lost)} of the"
        " signal since the first batch"
    )


def methods(split: Split) -> list[str]:
    """How each part was come by; parts with one method share a sentence."""
    alike: dict[str, list[str]] = {}
    for part in split.parts:
        alike.setdefault(part.signal.method, []).append(NAMES[part.cause])
    return [f"{', '.join(names)}: {method}" for method, names in alike.items()]


def detail(split: Split, part: Part, mitigated: bool, noun: str) -> str:
    """A cause's interval, what it takes of the accuracy or score (`noun`), and what it would have taken before mitigation."""
    if part.raw_signal.low == part.raw_signal.high == 0:
        return "no swap is needed" if part.cause == "layout" else "none, as the device's figures have it"
    accuracy = f"{noun} {points(-part.accuracy.value)} ({interval(_turned(part.accuracy), signed=True)})"
    raw = f"; before mitigation {percent(share(split, part.raw_signal).value)}" if mitigated else ""
    return f"{interval(share(split, part.signal))} of the signal; {accuracy}{raw}"


def _turned(measure: Measure) -> Measure:
    ends = {"value": 0.0 - measure.value, "low": 0.0 - measure.high, "high": 0.0 - measure.low}
    return measure.model_copy(update=ends)


def _bounded(measure: Measure) -> str:
    return f"{percent(measure.value)} ({interval(measure)})"


def _readout(found: HardwareEvidence) -> str:
    if "readout" in found.mitigation:
        return f"It is corrected already: more than {count(found.shots)} shots, or a device that reads out better."
    return 'Readout correction takes most of it out for two circuits a batch: hardware.mitigation = "readout".'


def meaning(claim: Claim) -> str:
    """What the signal of a point is."""
    if claim.quantity:
        return "how near the device's value comes to the simulator's: all of it is lost where they are the worst error apart"
    return "how clearly a point is answered"


REMEDIES: dict[Cause, Callable[[HardwareEvidence], str]] = {
    "finite shots": lambda found: f"More than {count(found.shots)} shots a circuit would win it back.",
    "gate noise": lambda found: (
        f"A shallower circuit or better gates than {found.device}'s would win it back"
        + (
            "."
            if "zne" in found.mitigation
            else '; zero-noise extrapolation (hardware.mitigation = "auto" tries it) may.'
        )
    ),
    "layout": lambda found: (
        f"An ansatz that joins neighbours only, or a device whose couplings fit the circuit better than {found.device}'s."
    ),
    "readout": _readout,
    "drift": lambda found: "Measuring in one window, soon after a calibration, would win it back.",
    "residual": lambda found: (
        f"The figures of {found.device} do not explain it: crosstalk, coherent errors or idle decay. Other qubits, another"
        " device, or a fresh calibration."
    ),
}
