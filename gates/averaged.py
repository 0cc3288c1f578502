"""Two models on the same points, their correctness averaged over seeds: differences that are no longer -1, 0 or 1."""

import math
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gates.claim import Metric
from gates.records import Record
from gates.statistics import power, student

Floats = NDArray[np.float64]


class Averaged(Record):
    """How far apart the two are at each point: D = [first's share of seeds that are right] - [second's].

    `by_class` holds, of each true class, how many points have D = -1, ..., 0, ..., 1 in steps of 1/`seeds`. Tested by a
    paired t: mean D over its standard error, with half a disagreement each way added to every class before the variance
    is taken, as a class in which none was seen is not certain.
    """

    seeds: int
    by_class: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, first: ArrayLike, second: ArrayLike, labels: ArrayLike, known: Sequence[str] = ()) -> Self:
        """From (n_seeds, n) bool correctness of either model; one that has no seeds gives one row, (1, n).

        labels: (n,) true classes. known: every class there is.
        """
        one, two, names = (np.asarray(value) for value in (first, second, labels))
        seeds = max(len(one), len(two))
        if {len(one), len(two)} - {1, seeds} or not one.shape[1:] == two.shape[1:] == names.shape:
            raise ValueError(
                f"one answer a seed and point is needed: {one.shape}, {two.shape}, {names.shape} were given"
            )
        steps = one.sum(axis=0) * (seeds // len(one)) - two.sum(axis=0) * (seeds // len(two))
        classes = [str(name) for name in np.unique([*names, *known])]
        width = 2 * seeds + 1
        return cls(
            seeds=seeds,
            by_class={k: tuple(map(int, np.bincount(steps[names == k] + seeds, minlength=width))) for k in classes},
        )

    @property
    def points(self) -> int:
        """Points compared."""
        return sum(map(sum, self.by_class.values()))

    @property
    def tally(self) -> str:
        """What was counted, in words."""
        counts = np.sum([*self.by_class.values()], axis=0) if self.by_class else np.zeros(1)
        better, worse = int(counts[self.seeds + 1 :].sum()), int(counts[: self.seeds].sum())
        return f"{self.points:,} rows, mean of {self.seeds} seeds: {better:,} won, {worse:,} lost"

    @property
    def cost(self) -> float:
        """A plain paired test: as many rows as it takes."""
        return 1.0

    def advantage(self, metric: Metric) -> float:
        """First minus second in `metric`, a fraction; NaN of no points or an empty class."""
        return self._mean_and_error(metric)[0]

    def z(self, metric: Metric, d: float) -> float:
        """t of the test that the advantage is `d`; large speaks for more. NaN where it cannot be taken."""
        mean, error, _ = self._mean_and_error(metric)
        return (mean - d) / error if error > 0 else math.nan

    def limit(self, metric: Metric, alpha: float) -> float:
        """What `z` has to exceed at `alpha`; NaN where there are too few points."""
        freedom = self._mean_and_error(metric)[2]
        return student.upper(alpha, freedom) if freedom > 0 else math.nan

    def interval(self, metric: Metric, confidence: float) -> tuple[float, float]:
        """The two-sided interval of the advantage that inverts `z`."""
        mean, error, _ = self._mean_and_error(metric)
        half = self.limit(metric, (1 - confidence) / 2) * error
        return mean - half, mean + half

    def effective_psi(self, metric: Metric) -> float:
        """The disagreement a power calculation for `metric` may count with: the mean of D squared; NaN where unknown."""
        if not self.points:
            return math.nan
        squares = self._steps() ** 2
        psi = sum(float(np.asarray(counts) @ squares) for counts in self.by_class.values()) / self.points
        shares = [sum(counts) / self.points for counts in self.by_class.values()]
        if metric == "accuracy":
            return psi
        return power.effective_psi(psi, shares) if min(shares) > 0 else math.nan

    def flaw(self, metric: Metric, planned: int) -> str | None:
        """What makes the record unfit for a test of `metric` on `planned` points; None if it is fit."""
        rows = self.by_class.values()
        if self.seeds < 1 or any(len(counts) != 2 * self.seeds + 1 or min(counts) < 0 for counts in rows):
            return "its counts are impossible"
        if self.points != planned or planned < 2:
            return f"it holds {self.points:,} rows where {planned:,} were fixed beforehand"
        if metric == "balanced_accuracy" and min(map(sum, rows)) < 2:
            return "a class has no two rows, so balanced accuracy cannot be tested"
        return None

    def _steps(self) -> Floats:
        return np.arange(-self.seeds, self.seeds + 1) / self.seeds

    def _mean_and_error(self, metric: Metric) -> tuple[float, float, float]:
        """Mean D in `metric`, its standard error and the degrees of freedom (Welch & Satterthwaite over classes)."""
        columns = [np.asarray(counts, dtype=np.float64) for counts in self.by_class.values()]
        groups = columns if metric == "balanced_accuracy" else [np.sum(columns, axis=0)] if columns else []
        sizes = [float(counts.sum()) for counts in groups]
        if not groups or min(sizes) < 1:
            return math.nan, math.nan, math.nan
        steps, number = self._steps(), len(groups)
        means = [float(counts @ steps) / size for counts, size in zip(groups, sizes, strict=True)]
        parts = []
        for counts, size in zip(groups, sizes, strict=True):
            padded = counts.copy()
            padded[[0, -1]] += 0.5
            centre = float(padded @ steps) / (size + 1)
            parts.append(float(padded @ (steps - centre) ** 2) / (size + 1) / size)
        total = sum(parts)
        freedoms = [part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True) if size > 1]
        freedom = total**2 / sum(freedoms) if len(freedoms) == number and total > 0 else math.nan
        return sum(means) / number, math.sqrt(total) / number, freedom
