"""Intervals that learn from how earlier forecasts turned out, and the scores that say how well they did.

What is learned is the ratio of what came to a fixed reference, over a rolling window of the latest jobs, at a level that
adapts (adaptive conformal inference: Gibbs and Candes 2021, arXiv 2106.00170).
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

LEAST = 35
"""Scored jobs below which a forecast is called uncalibrated."""
ROLLING = 50
"""How many of the latest jobs the quantiles are taken of."""
MISSES = 0.2
"""Share of jobs that an interval may miss: its ends are the 10 % and 90 % quantiles."""
STEP = 0.05
FLOOR_HOURS = 0.1
"""Added to both sides of a ratio, so that six minutes instead of none are no infinite surprise."""
BEYOND = 2.0
"""What lies beyond all that was seen is taken to lie within this factor of it."""
LEVELS = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""Quantiles kept with a forecast, from which its CRPS is taken."""

Floats = NDArray[np.float64]


def ratio(hours: float, reference_hours: float) -> float:
    """log of what came over what it is held against."""
    return float(np.log((hours + FLOOR_HOURS) / (reference_hours + FLOOR_HOURS)))


def hours(reference_hours: float, ratios: Floats) -> Floats:
    """The hours at which `ratio` would be `ratios`, none below zero."""
    return np.asarray(np.maximum((reference_hours + FLOOR_HOURS) * np.exp(ratios) - FLOOR_HOURS, 0.0))


def adapted(missed: Iterable[bool]) -> float:
    """The level a after these misses of issued intervals, oldest first: a <- a + .05 (.2 - miss), from .2 on.

    An interval runs from quantile a/2 to 1 - a/2. a may leave [0, 1] for a while; `ends` takes it to the nearest end.
    """
    level = MISSES
    for miss in missed:
        level += STEP * (MISSES - miss)
    return level


def ends(level: float) -> tuple[float, float]:
    """The two quantiles an interval at `level` runs between."""
    half = min(max(level, 0.0), 1.0) / 2
    return half, 1 - half


def quantiles(seen: Sequence[float], levels: Sequence[float] | Floats, window: int = ROLLING) -> Floats:
    """Quantiles of the latest `window` of `seen`, such that the next one is below quantile p with probability p.

    That is so where all are exchangeable: n values leave n + 1 gaps for the next. The outer gaps end at twice the
    largest and half the smallest ratio.
    """
    kept = np.sort(np.asarray(seen[-window:], dtype=np.float64))
    edges = np.concatenate([[kept[0] - np.log(BEYOND)], kept, [kept[-1] + np.log(BEYOND)]])
    return np.asarray(np.interp(levels, np.linspace(0, 1, len(edges)), edges), dtype=np.float64)


def pinball(observed: float, forecast: float, level: float) -> float:
    """The loss of a quantile forecast, in the unit of what is forecast; 0 is perfect."""
    return (level - (observed < forecast)) * (observed - forecast)


def crps(observed: float, at_levels: Sequence[float]) -> float:
    """The continuous ranked probability score from the quantiles at `LEVELS`: twice their mean pinball loss.

    A sum for an integral: what lies beyond the outermost levels is left out.
    """
    losses = [pinball(observed, value, level) for level, value in zip(LEVELS, at_levels, strict=True)]
    return 2 * sum(losses) / len(losses)
