"""Two models on the same points: how often each was right where the other was wrong, and what that says."""

import math
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from gates.claim import Metric
from gates.records import Record
from gates.statistics import power, tango
from gates.statistics.normal import upper


class Comparison(Record):
    """Paired correctness of two models on the same points: `better` = first right, second wrong; `worse` the reverse.

    `by_class` holds (points, better, worse) of each true class, for balanced accuracy; its sums equal the totals.
    """

    points: int
    better: int
    worse: int
    by_class: dict[str, tuple[int, int, int]]

    @classmethod
    def of(cls, first: ArrayLike, second: ArrayLike, labels: ArrayLike, known: Sequence[str] = ()) -> Self:
        """The comparison of (n,) bool correctness of the `first` and `second` model, points of class `labels`.

        known: every class there is; one without points is counted too, as a class that nothing is known of.
        """
        one, two, names = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool), np.asarray(labels)
        if not one.shape == two.shape == names.shape:
            raise ValueError(f"one answer a point is needed: {one.size}, {two.size} and {names.size} were given")
        better, worse = one & ~two, two & ~one
        classes = {str(name): names == name for name in np.unique([*names, *known])}
        return cls(
            points=one.size,
            better=int(better.sum()),
            worse=int(worse.sum()),
            by_class={k: (int(own.sum()), int(better[own].sum()), int(worse[own].sum())) for k, own in classes.items()},
        )

    @property
    def psi(self) -> float:
        """Share of points on which the two disagree; NaN of no points."""
        return (self.better + self.worse) / self.points if self.points else math.nan

    @property
    def shares(self) -> tuple[float, ...]:
        """The classes' shares of the points; empty of no points."""
        return tuple(points / self.points for points, _, _ in self.by_class.values()) if self.points else ()

    @property
    def cost(self) -> float:
        """A plain paired test: as many rows as it takes."""
        return 1.0

    def advantage(self, metric: Metric) -> float:
        """First minus second in `metric`, a fraction; NaN of no points or an empty class."""
        if metric == "accuracy":
            return (self.better - self.worse) / self.points if self.points else math.nan
        rates = [(b - c) / n if n else math.nan for n, b, c in self.by_class.values()]
        return sum(rates) / len(rates) if rates else math.nan

    def z(self, metric: Metric, d: float) -> float:
        """z of the test that the advantage is `d`; large speaks for more. NaN of no points or an empty class."""
        if metric == "accuracy":
            return float(tango.score(self.better, self.worse, self.points, d))
        points, better, worse = self._columns()
        return float(tango.stratified_score(better, worse, points, d))

    def interval(self, metric: Metric, confidence: float) -> tuple[float, float]:
        """The two-sided interval of the advantage that inverts `z`."""
        if metric == "accuracy":
            low, high = tango.interval(self.better, self.worse, self.points, confidence)
            return float(low), float(high)
        points, better, worse = self._columns()
        return tango.stratified_interval(better, worse, points, confidence)

    def limit(self, metric: Metric, alpha: float) -> float:
        """What `z` has to exceed at `alpha`."""
        return upper(alpha)

    @property
    def tally(self) -> str:
        """What was counted, in words."""
        return f"{self.points:,} rows: {self.better:,} won, {self.worse:,} lost"

    def effective_psi(self, metric: Metric) -> float:
        """The disagreement seen, as a power calculation for `metric` takes it; NaN where it cannot be said."""
        if metric == "accuracy":
            return self.psi
        return power.effective_psi(self.psi, self.shares) if self.shares and min(self.shares) > 0 else math.nan

    def flaw(self, metric: Metric, planned: int) -> str | None:
        """What makes the record unfit for a test of `metric` on `planned` points; None if it is fit."""
        counts = [(self.points, self.better, self.worse), *self.by_class.values()]
        if any(min(row) < 0 or row[1] + row[2] > row[0] for row in counts):
            return "its counts are impossible"
        if not self.by_class or tuple(sum(column) for column in zip(*counts[1:], strict=True)) != counts[0]:
            return "its counts by class do not add up to the totals"
        if self.points != planned or planned < 1:
            return f"it holds {self.points:,} rows where {planned:,} were fixed beforehand"
        if metric == "balanced_accuracy" and min(points for points, _, _ in self.by_class.values()) == 0:
            return "a class has no rows, so balanced accuracy is not defined"
        return None

    def _columns(self) -> tuple[list[int], list[int], list[int]]:
        rows = self.by_class.values()
        return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]
