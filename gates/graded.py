"""Two models on the same points, each answer graded in [0, 1]: what the differences of grades say of their mean."""

import math
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from gates.claim import ERRORS, Metric
from gates.records import Record
from gates.statistics import betting


class Graded(Record):
    """D = [first's grade] - [second's] at each point, in [-1, 1], in rising order; `seeds`: grades are the mean of so many.

    Tested by betting against "the mean of D is at most d" (Waudby-Smith & Ramdas 2020) with all points read at once, so
    that their order does not matter: it holds for every distribution on [-1, 1] at every number of points. A t-test does
    not: one that gains 0.02 on most rows and loses everything on one in fifty is called better in 13 % of samples of 100.
    """

    seeds: int
    differences: tuple[float, ...]

    @classmethod
    def of(cls, first: ArrayLike, second: ArrayLike) -> Self:
        """From (n_seeds, n) grades of either model; one that has no seeds gives one row, (1, n)."""
        one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
        seeds = max(len(one), len(two))
        if {len(one), len(two)} - {1, seeds} or one.shape[1:] != two.shape[1:]:
            raise ValueError(f"one grade a seed and point is needed: {one.shape}, {two.shape} were given")
        return cls(seeds=seeds, differences=tuple(np.sort(one.mean(axis=0) - two.mean(axis=0)).tolist()))

    @property
    def points(self) -> int:
        """Points compared."""
        return len(self.differences)

    @property
    def tally(self) -> str:
        """What was counted, in words."""
        better, worse = sum(one > 0 for one in self.differences), sum(one < 0 for one in self.differences)
        averaged = f", mean of {self.seeds} seeds" if self.seeds > 1 else ""
        return f"{self.points:,} rows{averaged}: nearer on {better:,}, farther off on {worse:,}"

    @property
    def cost(self) -> float:
        """As many rows as it takes."""
        return 1.0

    def advantage(self, metric: Metric) -> float:
        """The mean difference; NaN of no points."""
        return float(np.mean(self.differences)) if self.differences else math.nan

    def z(self, metric: Metric, d: float) -> float:
        """Log evidence (natural) that the mean is above `d`; negative where it is below, of how far that is shown."""
        mean = self.advantage(metric)
        if math.isnan(mean) or not -1 < d < 1:
            return math.nan
        found = np.asarray(self.differences)
        return betting.evidence(found, d) if mean >= d else -betting.evidence(-found, -d)

    def limit(self, metric: Metric, alpha: float) -> float:
        """What `z` has to exceed at `alpha`: evidence of 1 / alpha is wrongly reached with probability alpha at most."""
        return -math.log(alpha)

    def interval(self, metric: Metric, confidence: float) -> tuple[float, float]:
        """The two-sided interval of the mean that inverts `z`."""
        if not self.differences:
            return math.nan, math.nan
        return betting.interval(self.differences, confidence)

    def effective_psi(self, metric: Metric) -> float:
        """The mean of D squared; NaN of no points."""
        return float(np.mean(np.square(self.differences))) if self.differences else math.nan

    def flaw(self, metric: Metric, planned: int) -> str | None:
        """What makes the record unfit for a test of `metric` on `planned` points; None if it is fit."""
        if metric not in ERRORS:
            return f"it holds grades, which say nothing of {metric.replace('_', ' ')}"
        if self.seeds < 1 or any(not -1 <= one <= 1 for one in self.differences):
            return "its differences are impossible"
        if self.points != planned or planned < 1:
            return f"it holds {self.points:,} rows where {planned:,} were fixed beforehand"
        return None
