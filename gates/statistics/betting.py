"""The sequential test by betting (Waudby-Smith & Ramdas 2020 and 2023), valid at every stopping time.

Points are drawn in random order from `population` points without replacement (None: from an endless population); each
gives D in [-1, 1]. Against H0 "the mean of D over the population is at most d0" the wealth E_t of a gambler who bets
on D > mu_t, the largest mean H0 leaves for the points to come, exceeds 1/alpha with probability at most alpha.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gates.records import Outcome

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

# Shares of the wealth that are bet; the wealth is averaged over them, so no alternative has to be guessed.
STAKES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 0.97)
_ROUNDING = 1e-9
_EDGE, _STEPS = 1 - 1e-6, 60


def log_evidence(differences: ArrayLike, d0: float, population: int | None) -> Floats:
    """log E_t after each point, of the shape of `differences` (..., points drawn so far).

    Infinity from where the points seen rule H0 out whatever the rest show; after the last point of the population that
    is the census. Raises ValueError for values outside [-1, 1], for d0 outside (-1, 1) and for more points than there
    are.
    """
    drawn = np.asarray(differences, dtype=np.float64)
    if not (np.abs(drawn) <= 1).all():
        raise ValueError("every difference must lie between -1 and 1")
    if not -1 < d0 < 1:
        raise ValueError(f"d0 must lie strictly between -1 and 1, got {d0!r}")
    number = drawn.shape[-1]
    if population is not None and number > population:
        raise ValueError(f"{number} points cannot be drawn from {population} without replacement")
    total = np.cumsum(drawn, axis=-1)
    mean, certain = np.full(drawn.shape, d0), np.zeros(drawn.shape, dtype=bool)
    if population is not None:
        left = population - np.arange(number)
        mean = (population * d0 - (total - drawn)) / left
        # Even if all points still to come were -1, the mean over the population would exceed d0.
        certain = population * d0 - total < -(left - 1) - _ROUNDING
    bets = (mean > -1 + _ROUNDING) & (mean < 1)
    gain = np.where(bets, (drawn - mean) / np.where(bets, 1 + mean, 1.0), 0.0)
    wealth = np.full(drawn.shape, -np.inf)
    for stake in STAKES:
        wealth = np.logaddexp(wealth, np.cumsum(np.log1p(stake * gain), axis=-1))
    return np.where(certain, np.inf, wealth - math.log(len(STAKES)))


def evidence(differences: ArrayLike, d0: float) -> float:
    """log E of all points, (n,), of an endless population, read at once: their order does not matter."""
    return float(log_evidence(differences, d0, None)[-1])


def interval(differences: ArrayLike, confidence: float) -> tuple[float, float]:
    """The two-sided interval of the mean of what `differences`, (n,), were drawn from, that inverts `evidence`."""
    found, limit = np.asarray(differences, dtype=np.float64), -math.log((1 - confidence) / 2)
    mean = float(found.mean())
    return _highest(found, limit, mean), 0.0 - _highest(-found, limit, -mean)


def _highest(found: Floats, limit: float, mean: float) -> float:
    """The highest d below the mean at which evidence for more reaches `limit`; it falls as d rises. -1 where none does."""
    low, high = -_EDGE, min(mean, _EDGE)
    if evidence(found, low) < limit:
        return -1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if evidence(found, middle) >= limit else (low, middle)
    return low


def paths(differences: ArrayLike, population: int | None, margin: float) -> tuple[Floats, Floats]:
    """log E after each point for GO (the loss is below `margin`) and for NO_GO (it is above)."""
    drawn = np.asarray(differences, dtype=np.float64)
    return log_evidence(drawn, -margin, population), log_evidence(-drawn, margin, population)


def crossings(
    differences: ArrayLike, population: int | None, margin: float, alpha: float, every: int = 1
) -> tuple[Counts, Counts]:
    """Points after which GO and NO_GO were first certain enough, looking every `every` points and at the last one.

    Shapes are those of `differences` without the last axis; points drawn + 1 stands for never.
    """
    for_go, for_no_go = paths(differences, population, margin)
    number = for_go.shape[-1]
    looked = np.arange(1, number + 1) % every == 0
    looked[-1:] = True

    def first(wealth: Floats) -> Counts:
        crossed = (wealth >= -math.log(alpha)) & looked
        if number == 0:
            return np.ones(crossed.shape[:-1], dtype=np.int64)
        return np.asarray(np.where(crossed.any(axis=-1), crossed.argmax(axis=-1) + 1, number + 1), dtype=np.int64)

    return first(for_go), first(for_no_go)


def sequential(
    differences: ArrayLike, population: int | None, margin: float, alpha: float, every: int = 1
) -> tuple[Outcome, int]:
    """What the points drawn so far say about "the loss is below `margin`", and after how many that was certain.

    | all points drawn | GO crossed | NO_GO crossed | answer                                          |
    |------------------|------------|---------------|-------------------------------------------------|
    | yes              | either     | either        | the census: loss below `margin` is GO, else NO_GO |
    | no               | yes        | no            | GO                                              |
    | no               | no         | yes           | NO_GO                                           |
    | no               | yes        | yes           | INCONCLUSIVE: the points contradict each other  |
    | no               | no         | no            | INCONCLUSIVE                                    |
    """
    drawn = np.asarray(differences, dtype=np.float64)
    number = int(drawn.shape[-1])
    for_go, for_no_go = (int(points) for points in crossings(drawn, population, margin, alpha, every))
    if population is not None and number == population > 0:
        kept = float(drawn.sum()) + margin * population > _ROUNDING
        return (Outcome.GO, min(for_go, number)) if kept else (Outcome.NO_GO, min(for_no_go, number))
    if for_go <= number and for_no_go > number:
        return Outcome.GO, for_go
    if for_no_go <= number and for_go > number:
        return Outcome.NO_GO, for_no_go
    return Outcome.INCONCLUSIVE, number
