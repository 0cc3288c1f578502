"""Measures what a reduction keeps: information, and what a classical model can still do with the reduced features."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.claim import Claim
from gates.grading import Grades, grades
from gates.records import Measure
from gates.reduction import ReductionEvidence
from gates.statistics import intervals
from qpilot.data.split import Fold, folds
from qpilot.data.table import Dataset, Table
from qpilot.errors import QpilotError, UsageError
from qpilot.job import Job
from qpilot.pilot import Reduce
from qpilot.reduction import REDUCERS, Reducer

ROWS = 2000
"""The support vector machine's cost grows with the square of the rows: larger sets are judged on this many."""


def components(reduce: Reduce, features: int) -> int:
    """How many features the models will see. Raises UsageError where that is more than there are."""
    given = reduce.components
    if given is not None and given > features:
        raise UsageError(
            f"reduce.components = {given}, but the data has {features} features; set it to {features} or fewer"
        )
    if reduce.method == "none" and given is not None and given != features:
        raise UsageError(
            f"reduce.method 'none' keeps all {features} features, but reduce.components = {given}; leave components out"
            f" or choose another method: {', '.join(sorted(set(REDUCERS) - {'none'}))}"
        )
    return features if given is None else given


def reduce(job: Job, dataset: Dataset) -> ReductionEvidence:
    """The reduction's evidence from cross-validation on the development rows, fitted on each fold's training rows.

    The judge is an RBF support vector machine, or support vector regression on the standardised target, whose C is tuned
    within the training rows; every row is answered once on raw and once on reduced features, so that what the answers are
    worth is paired.
    """
    chosen, rows = job.pilot.reduce, _at_most(dataset.development, ROWS, job.pilot.seed)
    method, kept = REDUCERS[chosen.method], components(chosen, rows.X.shape[1])
    build = partial(method.build, chosen.components, job.pilot.seed)
    parts = folds(rows.y, rows.groups, rows.times, job.pilot.search.folds, 1, job.pilot.seed)
    fewest = min(len(part.train) for part in parts)
    if chosen.method == "pca" and kept > fewest:
        raise QpilotError(
            f"{kept} principal components need {kept} rows to be fitted on, a training fold has {fewest}; lower"
            " reduce.components or give more rows"
        )
    raw, reduced, information = _answers(rows, parts, build, method, job.pilot.claim)
    return ReductionEvidence(
        stage="reduction",
        pilot=job.pilot.digest,
        inputs={"data": job.data},
        code=job.code,
        method=chosen.method,
        components=kept,
        raw_features=rows.X.shape[1],
        information=_information(information, chosen.method),
        accuracy_raw=intervals.accuracy(raw),
        accuracy_reduced=intervals.accuracy(reduced),
        accuracy_change=intervals.difference(reduced, raw),
        spectrum=method.spectrum(build().fit(rows.X, rows.y)),
    )


def _answers(
    rows: Table, parts: tuple[Fold, ...], build: partial[Any], method: Reducer, claim: Claim
) -> tuple[Grades, Grades, list[float]]:
    """Grades (n_answered,) on raw and on reduced features, and the information each fold kept."""
    raw: list[Any] = []
    reduced: list[Any] = []
    information: list[float] = []
    for train, test in parts:
        X_train, X_test, y_train, y_test = rows.X[train], rows.X[test], rows.y[train], rows.y[test]
        raw.append(grades(claim, _judge(X_train, y_train, claim).predict(X_test), y_test))
        if method is REDUCERS["none"]:
            reduced.append(raw[-1])
            continue
        fitted = build().fit(X_train, y_train)
        judge = _judge(fitted.transform(X_train), y_train, claim)
        reduced.append(grades(claim, judge.predict(fitted.transform(X_test)), y_test))
        if method.information is not None:
            information.append(method.information(fitted, X_test))
    return np.concatenate(raw), np.concatenate(reduced), information


def _judge(X: NDArray[np.float64], y: NDArray[Any], claim: Claim) -> Any:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC, SVR

    if claim.quantity:
        model, inner = TransformedTargetRegressor(SVR(), transformer=StandardScaler()), min(3, len(y))
        grid, scoring = "model__regressor__C", f"neg_mean_{claim.metric}"
    else:
        model, inner = SVC(), min(3, int(np.bincount(y)[np.unique(y)].min()))
        grid, scoring = "model__C", None
    judge = Pipeline([("scale", StandardScaler()), ("model", model)])
    if inner < 2:
        return judge.fit(X, y)
    return GridSearchCV(judge, {grid: [1.0, 10.0, 100.0]}, cv=inner, scoring=scoring).fit(X, y)


def _at_most(rows: Table, most: int, seed: int) -> Table:
    if len(rows) <= most:
        return rows
    return rows.take(np.sort(np.random.default_rng([seed, 5]).permutation(len(rows))[:most]))


def _information(found: list[float], method: str) -> Measure:
    if not found:
        return Measure.missing(f"{method} does not reconstruct features", "share of variance")
    return Measure(
        value=float(np.mean(found)),
        low=min(found),
        high=max(found),
        n=len(found),
        unit="share of variance",
        method="held-out rows reconstructed, range over folds",
    )
