"""What a new pilot file claims: metric, advantage and disagreement, chosen so that the rows there are could show it."""

import math

import numpy as np

from gates.claim import Claim
from gates.statistics.power import detectable, detectable_for, effective_psi
from gates.statistics.wallet import alpha as wallet_alpha
from qpilot.data.table import Table
from qpilot.scaffold.lines import line

ALPHA, POWER = 0.05, 0.8

WITHIN = 0.9
"""Share of the development rows whose distance from their median a quantity's worst error is."""

USUAL_PSI = 0.04
"""Mean square difference of the grades of two tuned models of a quantity. Of ridge, support vectors, neighbours and boosted
trees on scikit-learn's diabetes and Friedman's three data sets (5-fold, `worst_error` as here) it was 0.005 to 0.07, in the
middle 0.03."""


def claim(development: Table, locked: Table, quantum: bool) -> str:
    """The [claim] section. quantum: whether the candidates have an entanglement to leave out."""
    graded = _quantity(development, len(locked)) if development.quantity else _classes(locked)
    return f"""\
[claim]
kind = "superiority"  # or "non-inferiority", with margin, resource and max_ratio
{graded}
alpha = {ALPHA}          # risk of promoting a worthless model, over all tries on these rows
power = {POWER}           # chance to see an advantage of `target` if it is there
{line(f"quantum = {str(quantum).lower()}", "must the same model without entanglement be beaten too?")}
"""


def worst_error(y: np.ndarray) -> float:
    """The distance from their median that WITHIN of the values (n,) stay within, rounded up to two figures."""
    far = float(np.quantile(np.abs(y - np.median(y)), WITHIN)) or float(np.abs(y - np.median(y)).max())
    unit = 10.0 ** (math.floor(math.log10(far)) - 1)
    return float(f"{math.ceil(far / unit - 1e-9) * unit:.2g}")


def _classes(locked: Table) -> str:
    shares = [float((locked.y == code).mean()) for code in range(len(locked.classes))]
    skewed = min(shares) < 0.6 / len(shares)
    target, psi, shown = _detectable(len(locked), shares if skewed else None)
    metric = "balanced_accuracy" if skewed else "accuracy"
    meaning = "mean over the classes, since they are of unequal size" if skewed else "share of rows told rightly"
    return f"""\
{line(f'metric = "{metric}"', meaning)}
target = {target:.2f}         # the advantage worth having over the best tuned classical model; {_shown(len(locked), shown)}
psi = {psi:.2f}            # expected share of rows on which the two disagree"""


def _quantity(development: Table, points: int) -> str:
    worst = worst_error(development.y)
    target, psi, shown = _graded(points)
    smaller = float(f"{target * worst:.2g}")
    return f"""\
# A row's grade is 1 - error / worst_error, and never below 0; a model's score is the mean grade.
metric = "absolute_error"  # or "squared_error", which is about the large errors
worst_error = {worst!r}   # in the target's units: {WITHIN:.0%} of the development rows are within that of their median
# An advantage of {target:.2f} is errors smaller by {smaller:g} in the mean; {_shown(points, shown)}.
target = {target:.2f}         # the advantage worth having over the best tuned classical model
psi = {psi:.2f}            # expected mean square of the difference of two models' grades on a row; {USUAL_PSI} is usual"""


def _shown(points: int, shown: float) -> str:
    if math.isfinite(shown):
        return f"the smallest that {points} locked rows show is about {shown:.2f}"
    return f"more than {points} locked rows can show: collect more"


def _detectable(points: int, shares: list[float] | None) -> tuple[float, float, float]:
    """An advantage to aim at, a psi that allows it, and the smallest advantage that `points` rows show."""
    alpha = wallet_alpha(1, ALPHA)
    for psi in (0.2, 0.3, 0.4, 0.5):
        shown = detectable(points, 0.0, effective_psi(psi, shares) if shares else psi, alpha, POWER)
        if shown <= psi:
            return max(0.05, min(psi, math.ceil(shown * 100) / 100)), psi, shown
    return 0.3, 0.5, math.inf


def _graded(points: int) -> tuple[float, float, float]:
    """As `_detectable`, of grades. The advantage's square is at most half of psi: none is the same on every row."""
    alpha = wallet_alpha(1, ALPHA)
    for psi in (USUAL_PSI, 0.08, 0.16, 0.3):
        sought = Claim(
            kind="superiority",
            metric="absolute_error",
            worst_error=1.0,
            target=0.01,
            psi=psi,
            alpha=ALPHA,
            power=POWER,
            quantum=False,
        )
        shown = detectable_for(sought, points, alpha)
        target = max(0.05, math.ceil(shown * 100) / 100) if math.isfinite(shown) else math.inf
        if 2 * target**2 <= psi:
            return target, psi, shown
    return 0.3, 0.3, math.inf
