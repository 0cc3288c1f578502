"""Easy rows first (Bengio et al. 2009): a row is easy where its neighbours have the same target."""

from math import ceil

import numpy as np
from numpy.typing import NDArray

from qpilot.training.network import Floats

NEIGHBOURS = 5
FIRST = 0.4  # share of the rows, the easiest, that training begins with
WHOLE = 0.5  # share of the steps after which every row takes part


def easiest_first(X: Floats, targets: Floats) -> NDArray[np.intp]:
    """Places of rows by the mean squared distance of a row's target from those of its five nearest neighbours.

    X: (n_rows, n_features), scaled; targets: (n_rows, n_targets). Ties keep the rows' order.
    """
    from sklearn.neighbors import NearestNeighbors

    neighbours = min(NEIGHBOURS, len(X) - 1)
    if neighbours < 1:
        return np.arange(len(X))
    _, near = NearestNeighbors(n_neighbors=neighbours).fit(X).kneighbors()
    hard = ((targets[near] - targets[:, None]) ** 2).sum(axis=2).mean(axis=1)
    return np.argsort(hard, kind="stable")


def pace(rows: int, progress: float) -> int:
    """How many of `rows` rows, the easiest, take part after the share `progress` of all steps; grows linearly."""
    share = min(1.0, FIRST + (1 - FIRST) * progress / WHOLE)
    return max(1, ceil(share * rows - 1e-9))
