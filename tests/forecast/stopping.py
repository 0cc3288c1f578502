"""The hardware stage's stopping rule, one batch after the other, as its forecast must reproduce it."""

import numpy as np
from numpy.typing import NDArray

from gates.hardware import HardwarePolicy
from gates.records import Outcome
from gates.statistics import betting


def stopped(
    differences: NDArray[np.float64] | NDArray[np.int64], planned: int, batch: int, policy: HardwarePolicy
) -> int:
    """How many points are measured: to a NO_GO, or to a GO with `planned` points. differences: (population,), as drawn."""
    population, measured = len(differences), 0
    while measured < population:
        measured = min(measured + batch, population)
        outcome, _ = betting.sequential(differences[:measured], population, policy.margin, policy.alpha)
        if outcome is Outcome.NO_GO or (outcome is Outcome.GO and measured >= planned):
            break
    return measured
