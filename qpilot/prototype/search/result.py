"""What an entrant reached in cross-validation, and which of several reached most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gates.comparison import Metric
from qpilot.prototype.search.entrants import Entrant


@dataclass(frozen=True)
class Result:
    """An entrant's CV: `correct` and `predicted` (n_readings,) over all folds and repeats, score by the claim's metric.

    seconds, cpu_seconds: of one fold's fit and predictions, on average; NaN where the worker died. `failure` is the reason
    where it could not be fitted; the score is NaN then, and never the best.
    """

    entrant: Entrant
    correct: NDArray[np.bool_]
    score: float
    seconds: float
    failure: str | None
    predicted: NDArray[np.int64]
    cpu_seconds: float


def score(correct: NDArray[np.bool_], truth: NDArray[np.int64], metric: Metric) -> float:
    """Accuracy, or the mean over classes of each class's accuracy. correct, truth (class indices): (n_readings,)."""
    if metric == "accuracy":
        return float(correct.mean())
    return float(np.mean([correct[truth == label].mean() for label in np.unique(truth)]))


def best(results: Sequence[Result]) -> Result | None:
    """The highest score; the first of equals, so that order in the pilot file decides. None where all failed."""
    standing = [result for result in results if result.failure is None]
    return max(standing, key=lambda result: result.score, default=None)
