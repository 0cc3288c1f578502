"""Some of the rows, drawn so that every class, or the whole range of a quantity, is still there."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qpilot.data.strata import strata

LEAST = 2
"""Rows of every class, or of every bin of a quantity, that are always among them; what is fitted needs to have seen each."""


def sample(y: NDArray[Any], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`size` places in y at random, in rising order; two of every class that has as many are among them.

    Larger samples of one generator state hold the smaller ones. y: (n_rows,), class indices, or values, of which two of
    every bin are.
    """
    kinds, order = strata(y), rng.permutation(len(y))
    least = np.concatenate([order[kinds[order] == label][:LEAST] for label in np.unique(kinds)])
    first = np.concatenate([least, order[~np.isin(order, least)]])
    return np.sort(first[: max(size, len(least))])
