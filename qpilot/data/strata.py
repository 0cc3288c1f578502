"""What rows are stratified by: their classes, or, of a quantity, bins of about equal count."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 5
"""Bins of a quantity: enough that folds see its whole range, few enough that every part of a small table has rows of each."""


def is_quantity(y: NDArray[Any]) -> bool:
    """Whether `y` holds values (float64) and not class indices (int64)."""
    return bool(np.issubdtype(y.dtype, np.floating))


def strata(y: NDArray[Any]) -> NDArray[np.int64]:
    """(n,) int64: class indices as they are; of values their bin, from 0, equal values in one."""
    if not is_quantity(y):
        return y.astype(np.int64, copy=False)
    below = np.searchsorted(np.sort(y), y, side="left")
    bins: NDArray[np.int64] = np.unique(below * BINS // max(len(y), 1), return_inverse=True)[1].astype(np.int64)
    return bins
