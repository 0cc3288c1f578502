"""How a variance falls with width: a weighted line through its logarithm, and what it says at one width."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from gates.records import Measure
from gates.statistics.normal import two_sided

METHOD = (
    "weighted fit of ln(variance) on qubits, 95 %, widened where the points scatter more than their own errors;"
    " that the decay is exponential is assumed"
)


@dataclass(frozen=True)
class Decay:
    """ln(variance) = level + slope * (qubits - centre). level_error, slope_error: standard errors, uncorrelated."""

    centre: float
    level: float
    slope: float
    level_error: float
    slope_error: float

    @classmethod
    def fit(cls, qubits: ArrayLike, logarithms: ArrayLike, errors: ArrayLike) -> Self | None:
        """The line through two widths or more with a finite value and an error above 0; None through fewer.

        Weights are 1 / errors**2. Points that scatter more than their errors say widen both standard errors (Birge's
        ratio, 1932), those that scatter less do not narrow them.
        """
        x, y, error = (np.asarray(values, dtype=np.float64) for values in (qubits, logarithms, errors))
        sound = np.isfinite(x) & np.isfinite(y) & np.isfinite(error) & (error > 0)
        x, y, weight = x[sound], y[sound], error[sound] ** -2
        if len(np.unique(x)) < 2:
            return None
        centre, level = float(np.average(x, weights=weight)), float(np.average(y, weights=weight))
        spread = float((weight * (x - centre) ** 2).sum())
        slope = float((weight * (x - centre) * (y - level)).sum() / spread)
        misfit = float((weight * (y - level - slope * (x - centre)) ** 2).sum())
        wider = math.sqrt(max(1.0, misfit / (len(x) - 2))) if len(x) > 2 else 1.0
        return cls(centre, level, slope, wider / math.sqrt(float(weight.sum())), wider / math.sqrt(spread))

    def at(self, qubits: float) -> tuple[float, float, float]:
        """The variance at `qubits` and its 95 % bounds: (low, value, high)."""
        away = qubits - self.centre
        value = self.level + self.slope * away
        half = two_sided(0.95) * math.hypot(self.level_error, self.slope_error * away)
        return math.exp(value - half), math.exp(value), math.exp(value + half)

    def steepness(self, widths: int) -> Measure:
        """The slope: change of ln(variance) a qubit, from that many widths."""
        half = two_sided(0.95) * self.slope_error
        return Measure(
            value=self.slope,
            low=self.slope - half,
            high=self.slope + half,
            n=widths,
            unit="ln(variance) a qubit",
            method=METHOD,
        )
