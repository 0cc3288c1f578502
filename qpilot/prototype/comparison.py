"""The comparison table: every model that competed, what it reached, what it cost, how steady its answers are."""

import math
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gates.prototype import Contender
from gates.records import Measure
from gates.statistics import intervals
from qpilot.data.table import Table
from qpilot.prototype.entrants import QuantumEntrant
from qpilot.prototype.fitted import Fitted, parameters
from qpilot.prototype.reading import Role
from qpilot.prototype.selection import Result, best
from qpilot.prototype.sensitivity import noise_sensitivity

UNREAD = Measure.missing("the locked set is read by the finalist, its twin and the reference alone", "accuracy")
UNMEASURED = Measure.missing("measured for the finalist, its twin and the reference alone", "share of answers")
TIMED_ROWS = 50


def contenders(models: dict[Role, Fitted], results: Sequence[Result], rows: Table, seed: int) -> tuple[Contender, ...]:
    """Finalist, reference and twin first, then the featureless model and every other entrant, best first."""
    by_name = {result.entrant.name: result for result in leaders(results)}
    first = [
        _fitted(role, model, by_name.get(model.name), rows, seed)
        for role, model in models.items()
        if role != "majority"
    ]
    chosen = {model.name for model in models.values()}
    others = [_entrant(result) for name, result in by_name.items() if name not in chosen and result.failure is None]
    others.sort(key=lambda contender: -contender.cv_accuracy.value)
    return (*first, _majority(rows), *others)


def leaders(results: Sequence[Result]) -> list[Result]:
    """The best result of each name: a baseline's grid is one row."""
    names = dict.fromkeys(result.entrant.name for result in results)
    grouped = [[result for result in results if result.entrant.name == name] for name in names]
    return [best(group) or group[0] for group in grouped]


def failures(results: Sequence[Result]) -> dict[str, str]:
    """Entrants that could not be fitted with any setting -> why."""
    return {result.entrant.name: result.failure for result in leaders(results) if result.failure is not None}


def _fitted(role: Role, model: Fitted, result: Result | None, rows: Table, seed: int) -> Contender:
    start = time.perf_counter()
    model.predict(rows.X[:TIMED_ROWS])
    seconds = (time.perf_counter() - start) / min(TIMED_ROWS, len(rows))
    return Contender(
        name=model.name,
        role=role,
        family=model.family,
        features="raw" if model.reducer is None else "reduced",
        cv_accuracy=_cv(result),
        locked_accuracy=UNREAD,
        parameters=parameters(model),
        training_seconds=model.seconds,
        inference_seconds=seconds,
        noise_sensitivity=noise_sensitivity(model, rows.X, seed),
    )


def _entrant(result: Result) -> Contender:
    quantum = isinstance(result.entrant, QuantumEntrant)
    return Contender(
        name=result.entrant.name,
        role="candidate" if quantum else "baseline",
        family=result.entrant.family,
        features=result.entrant.features,
        cv_accuracy=_cv(result),
        locked_accuracy=UNREAD,
        parameters=None,
        training_seconds=result.seconds,
        inference_seconds=math.nan,
        noise_sensitivity=UNMEASURED,
    )


def _majority(rows: Table) -> Contender:
    correct: NDArray[np.bool_] = rows.y == np.bincount(rows.y).argmax()
    return Contender(
        name="always the most frequent class",
        role="majority",
        family="classical",
        features="raw",
        cv_accuracy=intervals.accuracy(correct),
        locked_accuracy=UNREAD,
        parameters=0,
        training_seconds=0.0,
        inference_seconds=0.0,
        noise_sensitivity=Measure(
            value=0.0, low=0.0, high=0.0, n=len(rows), unit="share of answers", method="constant"
        ),
    )


def _cv(result: Result | None) -> Measure:
    """Cross-validated accuracy; repeats read the same rows again, which the interval leaves out."""
    if result is None:
        return Measure.missing("not in selection: fitted for comparison with the finalist", "accuracy")
    found = intervals.accuracy(result.correct)
    return found.model_copy(update={"method": f"{found.method} over CV readings; fold dependence left out"})
