"""Support vector regression on a kernel that is already computed: tuned, and reduced to plain numbers.

Rows that a machine is right about to within epsilon are no support rows (Drucker et al. 1997): a device meets fewer
circuits a row than it would with kernel ridge regression, which keeps every one.
"""

from collections.abc import Sequence

import numpy as np

from qpilot.models.kernels.gram import Floats, Gram, Indices, Lazy
from qpilot.models.kernels.tuning import folds, some
from qpilot.models.kernels.weighted import Weighted

COSTS = (0.1, 1.0, 10.0, 100.0)
EPSILONS = (0.1, 0.4)
"""In standard deviations of the quantity: rows within it of what a machine says cost nothing."""
MOST_TUNED = 1000
"""Rows that inner cross-validation reads: more would take long and hardly change the choice."""
MOST_ITERATIONS = 100_000
MOST_A_ROW = 100
"""Iterations of the solver, the greater of both: a machine that needs more follows noise with a cost that is too high."""


def train(
    grams: Sequence[Lazy],
    y: Floats,
    seed: int,
    costs: Sequence[float] = COSTS,
    epsilons: Sequence[float] = EPSILONS,
) -> tuple[int, Weighted]:
    """The best of `grams` by the squared error of inner cross-validation on at most 1,000 rows, its machine on all rows.

    Kernel and cost are chosen with the first epsilon, then epsilon and cost on that kernel: every combination would take
    twice as long. Held-out rows are read as shots would show them where grams say so. Ties go to the smaller cost, then
    the larger epsilon, then the earlier kernel. With too few rows for inner folds it is cost 1, the first epsilon and
    the first kernel. y: (n_rows,), standardised.
    """
    rows = some(y, MOST_TUNED, seed)
    parts = folds(y[rows], seed)
    if not parts:
        return 0, _machine(grams[0](), y, 1.0, epsilons[0])

    def tried(gram: Gram, place: int, epsilon: float) -> list[tuple[float, float, float, int]]:
        part = gram if len(rows) == len(y) else gram.take(rows)
        return [(_error(part, y[rows], cost, epsilon, parts), cost, -epsilon, place) for cost in costs]

    first = [trial for place, gram in enumerate(grams) for trial in tried(gram(), place, epsilons[0])]
    best = min(first)
    chosen = grams[best[3]]()
    for epsilon in epsilons[1:]:
        best = min(best, *tried(chosen, best[3], epsilon))
    _, cost, tolerated, place = best
    return place, _machine(chosen, y, cost, -tolerated)


def _error(gram: Gram, y: Floats, cost: float, epsilon: float, parts: Sequence[tuple[Indices, Indices]]) -> float:
    """Mean squared error over all rows, each read by a machine that did not see it."""
    apart = np.empty(len(y))
    for seen, unseen in parts:
        coefficients, offset = _fitted(gram.take(seen), y[seen], cost, epsilon)
        apart[unseen] = gram.between(unseen, seen) @ coefficients + offset - y[unseen]
    return float(np.mean(apart**2))


def _machine(gram: Gram, y: Floats, cost: float, epsilon: float) -> Weighted:
    coefficients, offset = _fitted(gram, y, cost, epsilon)
    support, (kept,) = gram.supported(coefficients[None])
    return Weighted(support, kept, offset)


def _fitted(gram: Gram, y: Floats, cost: float, epsilon: float) -> tuple[Floats, float]:
    """Coefficients (columns of the gram,) and the offset."""
    return (_by_rows if gram.root is None else _by_features)(gram.values, y, cost, epsilon)


def _by_rows(kernel: Floats, y: Floats, cost: float, epsilon: float) -> tuple[Floats, float]:
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import SVR

    machine = SVR(C=cost, epsilon=epsilon, kernel="precomputed", max_iter=max(MOST_ITERATIONS, MOST_A_ROW * len(y)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # what it found is judged on held-out rows all the same
        fitted = machine.fit(kernel, y)
    coefficients = np.zeros(len(y))
    coefficients[fitted.support_] = fitted.dual_coef_[0]
    return coefficients, float(fitted.intercept_[0])


def _by_features(features: Floats, y: Floats, cost: float, epsilon: float) -> tuple[Floats, float]:
    """The same on features (n_rows, rank), by a linear machine with squared loss beyond epsilon: it takes many rows."""
    from sklearn.svm import LinearSVR

    machine = LinearSVR(C=cost, epsilon=epsilon, loss="squared_epsilon_insensitive", dual=False)
    fitted = machine.fit(features, y)
    return fitted.coef_, float(np.ravel(fitted.intercept_)[0])
