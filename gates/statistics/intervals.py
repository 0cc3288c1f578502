"""Measures with intervals that stay honest at 0 and 1, where a normal interval is falsely certain."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gates.records import Measure
from gates.statistics import betting, tango
from gates.statistics.normal import two_sided


def wilson(successes: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a proportion (Wilson 1927); NaN of nothing. Raises ValueError for impossible counts."""
    if n == 0:
        return math.nan, math.nan
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes in {n} trials is impossible")
    z, share = two_sided(confidence), successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # The ends at 0 and n are exact; rounding would leave them a hair inside.
    return (0.0 if successes == 0 else centre - half), (1.0 if successes == n else centre + half)


def proportion(successes: int, n: int, confidence: float = 0.95, unit: str = "share") -> Measure:
    """A proportion with its Wilson interval; missing of nothing."""
    if n == 0:
        return Measure.missing("no points", unit)
    low, high = wilson(successes, n, confidence)
    return Measure(value=successes / n, low=low, high=high, n=n, unit=unit, method=f"Wilson {confidence:.0%}")


def accuracy(grades: ArrayLike, confidence: float = 0.95) -> Measure:
    """The mean grade of one fixed model: (n,), one a point.

    Of bool, right or wrong, accuracy with Wilson's interval; of numbers in [0, 1] the score with the interval of betting,
    which holds whatever their distribution.
    """
    found = np.asarray(grades)
    if found.dtype == np.float64 and found.size:
        low, high = betting.interval(2 * _scores(found) - 1, confidence)
        value = float(found.mean())
        return Measure(
            value=value,
            low=min((low + 1) / 2, value),
            high=max((high + 1) / 2, value),
            n=found.size,
            unit="score",
            method=f"betting {confidence:.0%}",
        )
    flags = _flags(found)
    return proportion(int(flags.sum()), flags.size, confidence, unit="accuracy")


def balanced(correct: ArrayLike, classes: ArrayLike, confidence: float = 0.95) -> Measure:
    """Balanced accuracy of one fixed model: the mean over the classes seen of the share that was right, missing of nothing.

    correct: (n,) bool; classes: (n,) the true class of each point. Wilson's interval of each class, combined as those of a
    sum of independent proportions (Zou, Huang & Zhang 2009, Computational Statistics & Data Analysis 53): each end lies as
    far from the mean as the root of the squares of the classes' own ends from theirs.
    """
    flags, own = _flags(correct), np.asarray(classes)
    if flags.shape != own.shape:
        raise ValueError(f"one class a point is needed: {own.size} for {flags.size} were given")
    if not flags.size:
        return Measure.missing("no points", "balanced accuracy")
    parts = [flags[own == one] for one in np.unique(own)]
    shares = np.array([part.mean() for part in parts])
    ends = np.array([wilson(int(part.sum()), part.size, confidence) for part in parts])
    below, above = (float(np.sqrt(np.square(ends[:, side] - shares).sum())) / len(parts) for side in (0, 1))
    value = float(shares.mean())
    return Measure(
        value=value,
        low=value - below,
        high=value + above,
        n=flags.size,
        unit="balanced accuracy",
        method=f"Wilson {confidence:.0%} by class, combined",
    )


def difference(first: ArrayLike, second: ArrayLike, confidence: float = 0.95) -> Measure:
    """Mean grade of `first` minus that of `second` on the same points, both (n,): Tango's interval of bool, or betting's."""
    one, two = np.asarray(first), np.asarray(second)
    if one.shape != two.shape:
        raise ValueError(f"a paired difference needs the same points: {one.size} against {two.size} were given")
    if one.size and one.dtype == two.dtype == np.float64:
        return _graded(_scores(one) - _scores(two), confidence)
    one, two = _flags(one), _flags(two)
    return paired(int((one & ~two).sum()), int((two & ~one).sum()), one.size, confidence)


def balanced_difference(first: ArrayLike, second: ArrayLike, classes: ArrayLike, confidence: float = 0.95) -> Measure:
    """Balanced accuracy of `first` minus that of `second` on the same points, all (n,): Tango's test by class inverted."""
    one, two, own = _flags(first), _flags(second), np.asarray(classes)
    if not one.shape == two.shape == own.shape:
        raise ValueError(f"a paired difference needs the same points: {one.size}, {two.size} and {own.size} were given")
    if not one.size:
        return Measure.missing("no points", "balanced accuracy difference")
    seen = [own == label for label in np.unique(own)]
    points = [int(part.sum()) for part in seen]
    better, worse = ([int(np.sum(flags[part])) for part in seen] for flags in (one & ~two, two & ~one))
    value = float(np.mean([(b - c) / n for b, c, n in zip(better, worse, points, strict=True)]))
    low, high = tango.stratified_interval(better, worse, points, confidence)
    return Measure(
        value=value,
        low=min(low, value),
        high=max(high, value),
        n=one.size,
        unit="balanced accuracy difference",
        method=f"Tango by class, paired {confidence:.0%}",
    )


def _graded(differences: NDArray[np.float64], confidence: float) -> Measure:
    value = float(differences.mean())
    low, high = betting.interval(differences, confidence)
    return Measure(
        value=value,
        low=min(low, value),
        high=max(high, value),
        n=differences.size,
        unit="score difference",
        method=f"betting, paired {confidence:.0%}",
    )


def paired(better: int, worse: int, points: int, confidence: float = 0.95) -> Measure:
    """The paired difference (better - worse) / points with Tango's interval; missing of nothing."""
    if points == 0:
        return Measure.missing("no points", "accuracy difference")
    if better < 0 or worse < 0 or better + worse > points:
        raise ValueError(f"{better} better and {worse} worse of {points} points is impossible")
    value = (better - worse) / points
    low, high = (float(end) for end in tango.interval(better, worse, points, confidence))
    return Measure(
        value=value,
        low=min(low, value),
        high=max(high, value),
        n=points,
        unit="accuracy difference",
        method=f"Tango, paired {confidence:.0%}",
    )


def exact(value: float, unit: str, n: int = 1) -> Measure:
    """A value that was counted, not estimated: its interval is itself."""
    return Measure(value=value, low=value, high=value, n=n, unit=unit, method="counted")


def _scores(grades: NDArray[np.float64]) -> NDArray[np.float64]:
    if not ((grades >= 0) & (grades <= 1)).all():
        raise ValueError("a grade lies between 0 and 1")
    return grades


def _flags(correct: ArrayLike) -> NDArray[np.bool_]:
    flags = np.asarray(correct)
    if flags.size and flags.dtype != np.bool_:
        raise ValueError(f"correctness must be true or false for every point, got {flags.dtype}")
    return flags.astype(bool)
