"""What an answer is worth: right or wrong where classes are named, a share of 1 where a number is."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gates.claim import Claim, Metric
from gates.records import Measure
from gates.statistics import intervals

Grades = NDArray[np.bool_] | NDArray[np.float64]
"""bool, right or wrong, of classes; float64 in [0, 1] of a quantity."""

NAMES: Mapping[Metric, str] = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "absolute_error": "score by absolute error",
    "squared_error": "score by squared error",
}
"""What a model's mean grade is called."""

FEATURELESS: Mapping[Metric, str] = {
    "accuracy": "the majority answer",
    "balanced_accuracy": "the majority answer",
    "absolute_error": "the median answer",
    "squared_error": "the mean answer",
}
"""What the answer of `featureless` is called."""


def grades(claim: Claim, answers: ArrayLike, truth: ArrayLike) -> Grades:
    """Each answer's grade, of the shape of `answers`, (..., n_points); truth: (n_points,).

    | metric              | grade                                                     |
    |---------------------|-----------------------------------------------------------|
    | (balanced) accuracy | whether the class named is the true one                   |
    | absolute error      | 1 - |answer - truth| / worst_error, never below 0         |
    | squared error       | 1 - (answer - truth)^2 / worst_error^2, never below 0     |

    A grade is bounded, so that the difference of two is, and a test of its mean needs to assume no shape. An answer that
    is no finite number has grade 0.
    """
    named, true = np.asarray(answers), np.asarray(truth)
    if not claim.quantity:
        return np.asarray(named == true)
    if claim.worst_error is None:
        raise ValueError(f"metric {claim.metric!r} grades by worst_error, and the claim names none")
    with np.errstate(over="ignore"):  # an error too large for a number is worth as little as any
        off = np.abs(named.astype(np.float64) - true) / claim.worst_error
    loss = np.where(np.isfinite(off), np.minimum(off, 1.0), 1.0)
    return np.asarray(1.0 - (loss if claim.metric == "absolute_error" else loss**2))


def score(found: Grades, truth: ArrayLike, metric: Metric) -> float:
    """The mean grade, or the mean over classes of each class's accuracy. found, truth: (n_readings,)."""
    if metric != "balanced_accuracy":
        return float(found.mean())
    true = np.asarray(truth)
    return float(np.mean([found[true == label].mean() for label in np.unique(true)]))


def reached(found: Grades, truth: ArrayLike, metric: Metric) -> Measure:
    """`score` with its 95 % interval, of one fixed model at (n_points,)."""
    return intervals.balanced(found, truth) if metric == "balanced_accuracy" else intervals.accuracy(found)


def changed(found: Grades, before: Grades, truth: ArrayLike, metric: Metric) -> Measure:
    """`score` of `found` minus that of `before` on the same points, (n_points,), with the paired 95 % interval."""
    if metric == "balanced_accuracy":
        return intervals.balanced_difference(found, before, truth)
    return intervals.difference(found, before)


def error(found: Grades, truth: ArrayLike, metric: Metric) -> float:
    """The standard error of `score`, as the answers themselves scatter: 0 where all are worth the same; NaN of none."""
    true = np.asarray(truth)
    if metric != "balanced_accuracy":
        return float(found.std()) / len(found) ** 0.5 if len(found) else math.nan
    parts = [found[true == label] for label in np.unique(true)]
    return float(np.sqrt(np.sum([part.var() / len(part) for part in parts]))) / len(parts) if parts else math.nan


def featureless(claim: Claim, truth: ArrayLike) -> float:
    """The best answer that looks at no feature: the commonest class, the median, or the mean, by the metric."""
    true = np.asarray(truth)
    if not claim.quantity:
        return int(np.bincount(true).argmax())
    return float(np.median(true) if claim.metric == "absolute_error" else true.mean())
