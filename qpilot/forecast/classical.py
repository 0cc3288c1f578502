"""What this machine's share of a pilot is taken to cost. No vendor bills it, and no budget is held against it."""

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from gates.records import Measure
from qpilot.forecast.spend import CENT
from qpilot.pilot import Pilot
from qpilot.prototype.search.entrants import quantum_entrants


@dataclass(frozen=True)
class Classical:
    """Hours of one core, and dollars for them at the pilot's rate, rounded up to cents."""

    hours: Measure
    usd: Decimal


def classical(pilot: Pilot, fit_seconds: float, rehearsed_seconds: float, rehearsed: int, points: int) -> Classical:
    """The search and the hardware stage, scaled from what was measured.

    The search: what fitting the finalist took, as often as quantum models are fitted. The hardware stage: what the
    rehearsal took (CPU seconds, its refit included), scaled from its rows to `points`; an upper bound where a device and
    not this machine answers. Left out: the baselines, and a process that waits for a queue.
    """
    fits = len(quantum_entrants(pilot)) * pilot.search.folds * pilot.search.repeats + 2  # and the finalist and its twin
    seconds = fit_seconds * fits + rehearsed_seconds * (1 + points / rehearsed)
    hours = seconds / 3600
    return Classical(
        hours=Measure(
            value=hours,
            n=fits,
            unit="hours",
            method=(
                f"{fits} fits at the finalist's {fit_seconds:.3g} s, and the rehearsal's {rehearsed_seconds:.3g} s scaled"
                f" from {rehearsed} rows to {points}; baselines and waiting left out, no interval"
            ),
        ),
        usd=(Decimal(hours) * pilot.budget.classical_usd_per_hour).quantize(CENT, rounding=ROUND_UP),
    )
