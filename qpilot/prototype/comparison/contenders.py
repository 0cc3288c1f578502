"""The comparison table: every model that competed, what it reached, what it cost, how steady its answers are."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gates.claim import Claim, Metric
from gates.contender import Contender
from gates.grading import featureless, grades, reached
from gates.records import Measure
from qpilot.data.table import Table
from qpilot.devices import Device
from qpilot.errors import QpilotError
from qpilot.pilot import Pilot
from qpilot.prototype.comparison.held_out import shown
from qpilot.prototype.comparison.resource import CLASSICAL_USD_PER_SECOND, native, prediction_usd
from qpilot.prototype.comparison.sensitivity import noise_sensitivity, noise_unit, score_unit
from qpilot.prototype.fitted import Fitted, parameters
from qpilot.prototype.reading import Role
from qpilot.prototype.search.entrants import QuantumEntrant
from qpilot.prototype.search.result import Result, best

UNREAD = "the locked set is read by the finalist, its twin and the reference alone"
UNMEASURED = "measured for the best of each family alone"
TIMED_ROWS = 50


def contenders(
    models: Mapping[Role, Fitted],
    others: Sequence[Fitted],
    results: Sequence[Result],
    rows: Table,
    pilot: Pilot,
    machine: Device,
) -> tuple[Contender, ...]:
    """Finalist, reference and twin first, then the featureless model and every other entrant, best first.

    models, others: those fitted on all development rows, whose cost and steadiness are measured (see `held_out.shown`
    for what that takes). machine: the device whose prices and noise are meant.
    """
    fits = (*models.values(), *others)
    twin = [model.name for role, model in models.items() if role == "twin"]
    measured = shown(fits, twin, rows, machine, pilot.claim, pilot.search, pilot.seed)
    by_name = {result.entrant.name: result for result in leaders(results)}
    fitted = {model.name: _fitted(role, model, by_name.get(model.name), rows, pilot) for role, model in models.items()}
    for model in others:
        role: Role = "baseline" if model.family == "classical" else "candidate"
        fitted[model.name] = _fitted(role, model, by_name[model.name], rows, pilot)
    fitted = {
        name: one.model_copy(update={**vars(measured[name]), **_on(machine, model, rows, pilot)})
        for model in fits
        for name, one in [(model.name, fitted[model.name])]
    }
    rest = [
        fitted.get(name) or _entrant(result, pilot.claim)
        for name, result in by_name.items()
        if result.failure is None and name not in {model.name for model in models.values()}
    ]
    rest.sort(key=lambda contender: -contender.cv_accuracy.value)
    return (*(fitted[model.name] for model in models.values()), _majority(rows, pilot.claim), *rest)


def leaders(results: Sequence[Result]) -> list[Result]:
    """The best result of each name: a baseline's grid is one row."""
    return _best_by(results, lambda result: result.entrant.name)


def family_leaders(results: Sequence[Result]) -> list[Result]:
    """The best result of each family that has one which did not fail."""
    return [result for result in _best_by(results, lambda result: result.entrant.family) if result.failure is None]


def _best_by(results: Sequence[Result], key: Callable[[Result], str]) -> list[Result]:
    groups = [[result for result in results if key(result) == name] for name in dict.fromkeys(map(key, results))]
    return [best(group) or group[0] for group in groups]


def failures(results: Sequence[Result]) -> dict[str, str]:
    """Entrants that could not be fitted with any setting -> why."""
    return {result.entrant.name: result.failure for result in leaders(results) if result.failure is not None}


def _fitted(role: Role, model: Fitted, result: Result | None, rows: Table, pilot: Pilot) -> Contender:
    start = time.perf_counter()
    model.predict(rows.X[:TIMED_ROWS])
    seconds = (time.perf_counter() - start) / min(TIMED_ROWS, len(rows))
    return Contender(
        name=model.name,
        role=role,
        family=model.family,
        features="raw" if model.reducer is None else "reduced",
        cv_accuracy=_cv(result, pilot.claim),
        locked_accuracy=_unread(pilot.claim),
        parameters=parameters(model),
        training_seconds=model.seconds,
        inference_seconds=seconds,
        noise_sensitivity=noise_sensitivity(model, rows.X, pilot.claim, pilot.seed),
    )


def _on(machine: Device, model: Fitted, rows: Table, pilot: Pilot) -> dict[str, Any]:
    """What a prediction costs, and how large the circuit is on the device; of a classical model, a second's price."""
    row = rows.X[:1]
    if not hasattr(model.estimator, "circuits"):
        start = time.perf_counter()
        model.predict(row)
        usd = float(CLASSICAL_USD_PER_SECOND) * (time.perf_counter() - start)
        dollars = Measure(value=usd, low=usd, high=usd, n=1, unit="dollars", method="one vCPU, timed once")
        return {"inference_usd": dollars}
    try:
        depth, pairs = native(machine, model, row)
    except QpilotError as error:
        return {"inference_usd": Measure.missing(f"{error}", "dollars")}
    return {"inference_usd": prediction_usd(pilot, machine, model, row), "depth": depth, "two_qubit_gates": pairs}


def _entrant(result: Result, claim: Claim) -> Contender:
    quantum = isinstance(result.entrant, QuantumEntrant)
    return Contender(
        name=result.entrant.name,
        role="candidate" if quantum else "baseline",
        family=result.entrant.family,
        features=result.entrant.features,
        cv_accuracy=_cv(result, claim),
        locked_accuracy=_unread(claim),
        parameters=None,
        training_seconds=result.seconds,
        inference_seconds=math.nan,
        noise_sensitivity=Measure.missing(UNMEASURED, noise_unit(claim)),
    )


ALWAYS: Mapping[Metric, str] = {"absolute_error": "always the median", "squared_error": "always the mean"}


def _majority(rows: Table, claim: Claim) -> Contender:
    always = np.full_like(rows.y, featureless(claim, rows.y))
    return Contender(
        name=ALWAYS.get(claim.metric, "always the most frequent class"),
        role="majority",
        family="classical",
        features="raw",
        cv_accuracy=reached(grades(claim, always, rows.y), rows.y, claim.metric),
        locked_accuracy=_unread(claim),
        parameters=0,
        training_seconds=0.0,
        inference_seconds=0.0,
        noise_sensitivity=Measure(value=0.0, low=0.0, high=0.0, n=len(rows), unit=noise_unit(claim), method="constant"),
    )


def _unread(claim: Claim) -> Measure:
    return Measure.missing(UNREAD, score_unit(claim))


def _cv(result: Result | None, claim: Claim) -> Measure:
    """Cross-validated accuracy or score; repeats read the same rows again, which the interval leaves out."""
    if result is None:
        return Measure.missing("not in selection: fitted for comparison with the finalist", score_unit(claim))
    found = reached(result.grades, result.truth, claim.metric)
    return found.model_copy(update={"method": f"{found.method} over CV readings; fold dependence left out"})
