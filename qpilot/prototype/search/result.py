"""What an entrant reached in cross-validation, and which of several reached most."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from gates.grading import Grades
from qpilot.prototype.search.entrants import Entrant


@dataclass(frozen=True)
class Result:
    """An entrant's CV: `grades`, `predicted` and `truth` (n_readings,) over all folds and repeats, score by the claim's metric.

    seconds, cpu_seconds: of one fold's fit and predictions, on average; NaN where the worker died. `failure` is the reason
    where it could not be fitted; the score is NaN then, and never the best.
    """

    entrant: Entrant
    grades: Grades
    score: float
    seconds: float
    failure: str | None
    predicted: NDArray[Any]
    cpu_seconds: float
    truth: NDArray[Any]


def best(results: Sequence[Result]) -> Result | None:
    """The highest score; the first of equals, so that order in the pilot file decides. None where all failed."""
    standing = [result for result in results if result.failure is None]
    return max(standing, key=lambda result: result.score, default=None)
