"""The training rows and inner folds on which a head chooses its settings and its kernel."""

import numpy as np

from qpilot.models.kernels.gram import Indices

FOLDS = 3


def some(y: Indices, most: int, seed: int) -> Indices:
    """At most `most` rows at random, in their order, with enough of every class for inner folds where there are any.

    y: (n_rows,), class indices.
    """
    if len(y) <= most:
        return np.arange(len(y))
    order = np.random.default_rng([seed, 6]).permutation(len(y))
    rank = np.empty(len(y), dtype=np.intp)
    for label in np.unique(y):
        own = order[y[order] == label]
        rank[own] = np.arange(len(own))
    return np.asarray(np.sort(order[np.argsort(rank[order] >= FOLDS, kind="stable")][:most]))


def folds(y: Indices, seed: int) -> list[tuple[Indices, Indices]]:
    """(seen, unseen) rows of each inner fold; none where a class has a single row. y: (n_rows,), class indices."""
    from sklearn.model_selection import StratifiedKFold

    scarce = int(np.unique(y, return_counts=True)[1].min())
    if scarce < 2:
        return []
    return list(StratifiedKFold(min(FOLDS, scarce), shuffle=True, random_state=seed).split(y, y))
