"""The training rows and inner folds on which a head chooses its settings and its kernel.

y: (n_rows,), class indices; or values of a quantity, which are told by their dtype, float64, and of which no two are
taken for one kind.
"""

import numpy as np

from qpilot.models.kernels.gram import Floats, Indices

FOLDS = 3
LEAST = 2
"""Values in the training part of an inner fold."""


def some(y: Indices | Floats, most: int, seed: int) -> Indices:
    """At most `most` rows at random, in their order, with enough of every class for inner folds where there are any."""
    if len(y) <= most:
        return np.arange(len(y))
    order = np.random.default_rng([seed, 6]).permutation(len(y))
    if y.dtype.kind == "f":
        return np.sort(order[:most])
    rank = np.empty(len(y), dtype=np.intp)
    for label in np.unique(y):
        own = order[y[order] == label]
        rank[own] = np.arange(len(own))
    return np.asarray(np.sort(order[np.argsort(rank[order] >= FOLDS, kind="stable")][:most]))


def folds(y: Indices | Floats, seed: int) -> list[tuple[Indices, Indices]]:
    """(seen, unseen) rows of each inner fold; none where a class has a single row, or a fold would see a single value."""
    from sklearn.model_selection import KFold, StratifiedKFold

    if y.dtype.kind == "f":
        parts = min(FOLDS, len(y))
        most = -(-len(y) // max(parts, 1))
        return [] if len(y) - most < LEAST else list(KFold(parts, shuffle=True, random_state=seed).split(y))
    scarce = int(np.unique(y, return_counts=True)[1].min())
    if scarce < 2:
        return []
    return list(StratifiedKFold(min(FOLDS, scarce), shuffle=True, random_state=seed).split(y, y))
