"""Two procedures compared on the outer folds of repeated cross-validation, everything chosen anew in each."""

import math
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gates.averaged import Averaged
from gates.claim import Metric
from gates.comparison import Comparison
from gates.graded import Graded
from gates.records import Record
from gates.statistics import betting, resampled, student


class Nested(Record):
    """What each outer fold said: `folds` in the order of repeats, `trained` the rows each was trained on.

    Tested by the corrected resampled t-test. It speaks of the procedure that chooses a model, not of one model: every
    fold may have chosen another. Where answers are graded the t is never taken for more than betting on the same rows
    allows (the mean of its evidence over repeats): a t-test trusts folds that happen to lack the rare large losses.
    """

    repeats: int = Field(ge=1)
    folds: tuple[Comparison | Averaged | Graded, ...]
    trained: tuple[int, ...]

    @property
    def points(self) -> int:
        """Rows compared in one repeat; each repeat reads the same rows again. 0 where the folds do not add up to repeats."""
        total = sum(fold.points for fold in self.folds)
        return total // self.repeats if total % self.repeats == 0 else 0

    @property
    def tally(self) -> str:
        """What was counted, in words."""
        return f"{len(self.folds)} outer folds over {self.points:,} rows"

    @property
    def cost(self) -> float:
        """How many times the rows of a plain paired test this one takes; NaN where the folds make no repeats."""
        width = len(self.folds) // self.repeats
        return resampled.cost(width, self.repeats) if width > 1 else math.nan

    def differences(self, metric: Metric) -> NDArray[np.float64]:
        """First minus second in `metric` in each fold, (folds,)."""
        return np.array([fold.advantage(metric) for fold in self.folds], dtype=np.float64)

    def advantage(self, metric: Metric) -> float:
        """The mean over folds; NaN of none, or where a fold lacks a class."""
        return float(self.differences(metric).mean()) if self.folds else math.nan

    def z(self, metric: Metric, d: float) -> float:
        """The corrected resampled t of "the advantage is `d`"; large speaks for more. NaN where it cannot be taken."""
        error = self._error(metric, d)
        t = (self.advantage(metric) - d) / error if error > 0 else math.nan
        if not self._graded or math.isnan(t) or not -1 < d < 1:
            return t
        return min(t, self._allowed(d, 1)) if t > 0 else max(t, -self._allowed(-d, -1))

    def limit(self, metric: Metric, alpha: float) -> float:
        """What `z` has to exceed at `alpha`; NaN below two folds."""
        return student.upper(alpha, len(self.folds) - 1) if len(self.folds) > 1 else math.nan

    def interval(self, metric: Metric, confidence: float) -> tuple[float, float]:
        """The two-sided interval of the advantage, by the same standard error."""
        centre = self.advantage(metric)
        half = self.limit(metric, (1 - confidence) / 2) * self._error(metric, 0.0)
        return centre - half, centre + half

    def effective_psi(self, metric: Metric) -> float:
        """The disagreement that would give a plain paired test these rows' standard error; NaN where unknown."""
        error = self._error(metric, 0.0)
        return error**2 * self.points / self.cost + self.advantage(metric) ** 2 if error > 0 else math.nan

    def flaw(self, metric: Metric, planned: int) -> str | None:
        """What makes the record unfit for a test of `metric` on `planned` rows; None if it is fit."""
        if len(self.folds) < 2 or len(self.folds) % self.repeats or len(self.trained) != len(self.folds):
            return "its folds do not make up its repeats"
        width = len(self.folds) // self.repeats
        for start in range(0, len(self.folds), width):
            if sum(fold.points for fold in self.folds[start : start + width]) != planned:
                return f"a repeat of it does not hold the {planned:,} rows fixed beforehand"
        for fold, trained in zip(self.folds, self.trained, strict=True):
            inner = fold.flaw(metric if self._graded else "accuracy", fold.points)
            if inner is None and not 0 < trained <= planned - fold.points:
                inner = "it was trained on rows it was tested on"
            if inner is None and metric == "balanced_accuracy" and not math.isfinite(fold.advantage(metric)):
                inner = "a class has no rows in it, so balanced accuracy is not defined"
            if inner is not None:
                return f"of one of its folds, {inner}"
        return None

    @property
    def _graded(self) -> bool:
        return all(isinstance(fold, Graded) for fold in self.folds)

    def _allowed(self, d: float, sign: int) -> float:
        """The t that would be as rare as the evidence of betting: P(T > t) = 1 / evidence. 0 where there is none."""
        width = len(self.folds) // self.repeats
        logs = []
        for start in range(0, len(self.folds), width):
            kept = [fold.differences for fold in self.folds[start : start + width] if isinstance(fold, Graded)]
            logs.append(betting.evidence(sign * np.concatenate(kept), d))
        most = max(logs)
        mean = most + math.log(sum(math.exp(one - most) for one in logs) / len(logs)) if math.isfinite(most) else most
        return student.upper(max(math.exp(-mean), 1e-300), len(self.folds) - 1) if mean > math.log(2) else 0.0

    def _error(self, metric: Metric, d: float) -> float:
        count = len(self.folds)
        if count < 2 or len(self.trained) != count:
            return math.nan
        test, train = sum(fold.points for fold in self.folds) / count, sum(self.trained) / count
        return resampled.standard_error(self.differences(metric), d, test, train, self.points, self._graded)

    @classmethod
    def of(cls, repeats: int, folds: list[Comparison] | list[Averaged] | list[Graded], trained: list[int]) -> Self:
        """The record of `repeats` times as many folds, each with the rows it was trained on."""
        return cls(repeats=repeats, folds=tuple(folds), trained=tuple(trained))


Paired = Comparison | Averaged | Graded | Nested
"""What a claim of an advantage may rest on: each with points, advantage, z, limit, interval, flaw, cost and tally."""
