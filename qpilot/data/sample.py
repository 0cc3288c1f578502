"""Some of the rows, drawn so that every class is still there."""

import numpy as np
from numpy.typing import NDArray

LEAST = 2
"""Rows of every class that are always among them; what is fitted needs to have seen each."""


def sample(y: NDArray[np.int64], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`size` places in y at random, in rising order; two of every class that has as many are among them.

    Larger samples of one generator state hold the smaller ones. y: (n_rows,), class indices.
    """
    order = rng.permutation(len(y))
    least = np.concatenate([order[y[order] == label][:LEAST] for label in np.unique(y)])
    first = np.concatenate([least, order[~np.isin(order, least)]])
    return np.sort(first[: max(size, len(least))])
