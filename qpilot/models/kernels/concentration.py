"""Does a kernel still tell rows apart? With many qubits its entries crowd about one value, and shots drown them.

Thanasilp, Wang, Cerezo and Holmes 2024, "Exponential concentration in quantum kernel methods" (arXiv 2208.11060).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gates.records import Measure

Floats = NDArray[np.float64]

SHARE = 0.1
"""Of the variance between entries: what shot noise may come to when they count as told apart."""
LEAST_ROWS = 8


@dataclass(frozen=True)
class Concentration:
    """variance: of the kernel between different rows. shots: a circuit, to tell its entries apart."""

    variance: Measure
    shots: Measure

    def warning(self, shots: int) -> str | None:
        """What to say where `shots` a circuit surely do not tell the kernel's entries apart, or nothing is known of it."""
        if math.isnan(self.shots.value):
            return f"whether the kernel tells rows apart is not known: {self.shots.method}"
        if not self.shots.low > shots:
            return None
        spread = f"the kernel between different rows spreads by {math.sqrt(self.variance.value):.2g} only"
        needed = "no number of shots tells" if math.isinf(self.shots.value) else f"{self.shots.value:.2g} shots tell"
        return (
            f"{spread}: {needed} its entries apart, where {shots:,} are planned; lower bandwidth, take fewer qubits, or a"
            " projected kernel"
        )


def concentration(kernel: Floats, noise: Floats) -> Concentration:
    """From the exact kernel (n, n) among some rows, and the variance (n, n) that one shot a circuit gives its entries."""
    variance = spread(kernel)
    if math.isnan(variance.value):
        return Concentration(variance, Measure.missing(variance.method, "shots a circuit"))
    apart = ~np.eye(len(kernel), dtype=bool)
    wanted = float(noise[apart].mean()) / SHARE
    value, low, high = (_over(wanted, by) for by in (variance.value, variance.high, variance.low))
    method = f"shot noise at {SHARE:g} of the variance between entries; interval: that of the variance alone"
    return Concentration(
        variance, Measure(value=value, low=low, high=high, n=len(kernel), unit="shots a circuit", method=method)
    )


def spread(kernel: Floats) -> Measure:
    """Variance of the kernel (n, n) between different rows, with an interval over rows: each enters n - 1 entries.

    Jackknife over rows of the logarithm (Arvesen 1969), Student's t, 95 %.
    """
    from scipy.stats import t

    n, unit = len(kernel), "variance of kernel entries"
    if n < LEAST_ROWS or not np.isfinite(kernel).all():
        return Measure.missing(f"it takes a finite kernel among at least {LEAST_ROWS} rows", unit)
    apart = ~np.eye(n, dtype=bool)
    centred = np.where(apart, kernel - kernel[apart].mean(), 0.0)
    ones, squares = centred.sum(axis=1), (centred**2).sum(axis=1)
    value = float(squares.sum() / (n * (n - 1)))
    if value <= np.finfo(float).eps ** 2:
        most = "no interval where no entry differs: an upper end of 1/4, the most there can be"
        return Measure(value=0.0, low=0.0, high=0.25, n=n, unit=unit, method=most)
    pairs = (n - 1) * (n - 2)
    without = (squares.sum() - 2 * squares) / pairs - ((ones.sum() - 2 * ones) / pairs) ** 2
    logs = np.log(np.maximum(without, np.finfo(float).tiny))
    error = math.sqrt((n - 1) / n * float(((logs - logs.mean()) ** 2).sum()))
    reach = float(t.ppf(0.975, n - 1)) * error
    method = "jackknife over rows of its logarithm, Student's t, 95 %"
    return Measure(
        value=value, low=value * math.exp(-reach), high=value * math.exp(reach), n=n, unit=unit, method=method
    )


def _over(noise: float, variance: float) -> float:
    return max(1.0, noise / variance) if variance > 0 else math.inf
