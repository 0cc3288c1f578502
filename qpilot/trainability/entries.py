"""How far apart a kernel's entries lie, against what one shot leaves uncertain in them."""

import math
from typing import Any, NamedTuple

import numpy as np

from gates.statistics.normal import two_sided
from qpilot.models.kernels.concentration import spread
from qpilot.trainability.widths import Floats, columns

ROWS = 80


class Entries(NamedTuple):
    """Variance of the entries between different rows, the variance one shot leaves in one, and the first's error in ln."""

    variance: float
    noise: float
    error: float
    rows: int


def entries(estimator: Any, X: Floats, seed: int) -> Entries:
    """Of at most 80 rows of X, each against each (Thanasilp et al. 2024, arXiv 2208.11060). X: (n_rows, n_features), reduced.

    The error is half the jackknife interval over rows; that of the noise, a mean over all entries, is left out.
    """
    chosen = np.random.default_rng([seed, 9]).permutation(len(X))[:ROWS]
    rows = columns(X, estimator.n_features_in_, seed)[chosen]
    values, noise = estimator.kernel(rows), estimator.shot_variance(rows)
    apart, variance = ~np.eye(len(rows), dtype=bool), spread(values)
    error = math.log(variance.high / variance.value) / two_sided(0.95) if variance.value > 0 else math.nan
    return Entries(variance.value, max(float(noise[apart].mean()), np.finfo(float).tiny), error, len(rows))
