"""Repeated cross-validation of every entrant on the development rows; nothing here sees the locked set."""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qpilot.prototype.entrants import Entrant, Features

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Result:
    """An entrant's CV: `correct` (n_readings,) over all folds and repeats, its score by the claim's metric, its cost.

    `failure` is the reason where it could not be fitted; the score is NaN then, and never the best.
    """

    entrant: Entrant
    correct: NDArray[np.bool_]
    score: float
    seconds: float
    failure: str | None


def cross_validate(
    entrants: Sequence[Entrant],
    X: NDArray[np.float64],
    y: NDArray[np.int64],
    folds: Sequence[Fold],
    reducer: Callable[[], Any],
    metric: Literal["accuracy", "balanced_accuracy"],
    runner: Literal["processes", "threads"],
    workers: int | None,
    progress: Progress,
) -> list[Result]:
    """Fits every entrant on every fold; the reducer is fitted once a fold, on its training rows alone.

    X: (n_rows, n_features); y: (n_rows,), class indices. Scores do not depend on the runner or the number of workers.
    """
    from joblib import Parallel, delayed

    classes = int(y.max()) + 1
    views = [_views(reducer, X, y, fold) for fold in folds]
    jobs = [(entrant, place) for entrant in entrants for place in range(len(folds))]
    parallel = Parallel(
        n_jobs=workers or -1, prefer=runner, return_as="generator", pre_dispatch="2*n_jobs", batch_size="auto"
    )
    calls = (
        delayed(_fit)(entrant, *views[place][entrant.features], y[folds[place][0]], classes) for entrant, place in jobs
    )
    answers = []
    for done, answer in enumerate(parallel(calls), start=1):
        answers.append(answer)
        progress(done, len(jobs))
    width = len(folds)
    return [
        _result(entrant, answers[place * width : (place + 1) * width], [y[test] for _, test in folds], metric)
        for place, entrant in enumerate(entrants)
    ]


def _views(
    reducer: Callable[[], Any], X: NDArray[np.float64], y: NDArray[np.int64], fold: Fold
) -> dict[Features, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    train, test = fold
    fitted = reducer().fit(X[train], y[train])
    return {"raw": (X[train], X[test]), "reduced": (fitted.transform(X[train]), fitted.transform(X[test]))}


def _fit(
    entrant: Entrant, X_train: NDArray[np.float64], X_test: NDArray[np.float64], y: NDArray[np.int64], classes: int
) -> tuple[NDArray[np.int64] | None, float, str | None]:
    """Predictions for the test rows, seconds, and the reason where the fit failed."""
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    start = time.perf_counter()
    try:
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a grid's poor corners may not converge: CV says so
            predicted = entrant.build(classes).fit(X_train, y).predict(X_test)
    except Exception as error:  # one entrant's failure is reported, and must not stop the others
        return None, time.perf_counter() - start, f"{type(error).__name__}: {error}"
    return np.asarray(predicted, dtype=np.int64), time.perf_counter() - start, None


def _result(
    entrant: Entrant,
    answers: Sequence[tuple[NDArray[np.int64] | None, float, str | None]],
    truths: Sequence[NDArray[np.int64]],
    metric: Literal["accuracy", "balanced_accuracy"],
) -> Result:
    seconds = float(np.mean([spent for _, spent, _ in answers]))
    failure = next((reason for _, _, reason in answers if reason is not None), None)
    if failure is not None:
        return Result(entrant, np.zeros(0, dtype=np.bool_), float("nan"), seconds, failure)
    predictions = np.concatenate([predicted for predicted, _, _ in answers if predicted is not None])
    truth = np.concatenate(list(truths))
    return Result(entrant, predictions == truth, score(predictions == truth, truth, metric), seconds, None)


def score(
    correct: NDArray[np.bool_], truth: NDArray[np.int64], metric: Literal["accuracy", "balanced_accuracy"]
) -> float:
    """Accuracy, or the mean over classes of each class's accuracy."""
    if metric == "accuracy":
        return float(correct.mean())
    return float(np.mean([correct[truth == label].mean() for label in np.unique(truth)]))


def best(results: Sequence[Result]) -> Result | None:
    """The highest score; the first of equals, so that order in the pilot file decides. None where all failed."""
    standing = [result for result in results if result.failure is None]
    return max(standing, key=lambda result: result.score, default=None)
