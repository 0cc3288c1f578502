"""How the values of a quantity lie."""

import math

import numpy as np
from numpy.typing import NDArray

from gates.target import Spread


def spread(y: NDArray[np.float64]) -> Spread:
    """What the values (n,), n > 0, come to."""
    found, counts = np.unique(y, return_counts=True)
    lower, median, upper = (float(value) for value in np.quantile(y, (0.25, 0.5, 0.75)))
    return Spread(
        values=len(found),
        least=float(found[0]),
        lower=lower,
        median=median,
        upper=upper,
        most=float(found[-1]),
        commonest=float(found[counts.argmax()]),
        commonest_share=float(counts.max() / len(y)),
        heavy=heavy(y),
    )


def heavy(y: NDArray[np.float64]) -> float:
    """Share of the variance in the hundredth of the values (one at least) farthest from the mean; NaN where there is none."""
    squares = np.sort(np.square(y - y.mean()))
    total = float(squares.sum())
    return float(squares[-math.ceil(len(y) / 100) :].sum()) / total if total > 0 else math.nan
