"""What the reduction stage measures where the target is a quantity."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.feature_selection import mutual_info_regression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from gates.records import Outcome
from gates.reduction import ReductionEvidence, ReductionPolicy, decide
from qpilot.data.split import folds
from qpilot.data.table import Dataset, Table
from qpilot.job import Job
from qpilot.pilot import Reduce
from qpilot.reduction.selection import Selection
from qpilot.reduction.stage import reduce
from tests.hardware.quantity import WORST, pilot


@pytest.fixture(scope="module")
def loud_and_quiet() -> Dataset:
    """The value stands in the quietest direction: five loud columns move together, the sixth says it."""
    rng = np.random.default_rng(1)
    loud = rng.normal(size=(200, 1)) + 0.3 * rng.normal(size=(200, 5))
    quiet = rng.normal(size=200)
    X = np.column_stack([loud, quiet])
    rows = Table(X, 1000 + 10 * quiet + rng.normal(0, 1, 200), (), tuple(f"x{i}" for i in range(6)))
    none = np.zeros(0, dtype=np.int64)
    return Dataset(rows, rows.take(none), none, none, None, "d" * 64, "l" * 64)  # type: ignore[arg-type]


def measured(method: str, kept: int | None, data: Dataset, metric: str = "absolute_error") -> ReductionEvidence:
    asked = pilot(claim={"metric": metric}).model_copy(update={"reduce": Reduce(method=method, components=kept)})
    return reduce(Job(run="r", pilot=asked, folder=Path(), home=Path(), data="d" * 64, code="c" * 64), data)


def test_a_component_that_misses_the_signal_costs_score(loud_and_quiet: Dataset) -> None:
    found = measured("pca", 1, loud_and_quiet)
    assert (found.accuracy_raw.unit, found.accuracy_change.unit) == ("score", "score difference")
    assert found.accuracy_raw.value > 0.88
    assert found.accuracy_reduced.value < 0.68
    assert found.accuracy_change.value == pytest.approx(found.accuracy_reduced.value - found.accuracy_raw.value)
    verdict = decide(found, ReductionPolicy(max_accuracy_loss=0.05))
    assert (verdict.outcome, verdict.checks[0].name) == (Outcome.NO_GO, "score kept")
    assert verdict.reason.startswith("The score a classical model loses on 1 reduced features (pca)")


def test_selection_keeps_what_principal_components_drop(loud_and_quiet: Dataset) -> None:
    assert measured("selection", 1, loud_and_quiet).accuracy_change.value > -0.02


def test_columns_are_judged_by_their_information_about_the_value(loud_and_quiet: Dataset) -> None:
    rows = loud_and_quiet.development
    found = Selection(1, seed=4).fit(rows.X, rows.y)
    assert found.kept_.tolist() == [5]
    assert found.information_ == pytest.approx(mutual_info_regression(rows.X, rows.y, random_state=4))


def judged(rows: Table, metric: str, scoring: str) -> tuple[float, list[float]]:
    """The mean grade of scikit-learn's own support vector regression, and the C it was given in each fold."""
    off, chosen, asked = np.full(len(rows), np.nan), [], pilot()
    for train, test in folds(rows.y, None, None, asked.search.folds, 1, asked.seed):
        model = TransformedTargetRegressor(make_pipeline(StandardScaler(), SVR()), transformer=StandardScaler())
        grid = {"regressor__svr__C": [1, 10, 100]}
        tuned = GridSearchCV(model, grid, cv=3, scoring=scoring).fit(rows.X[train], rows.y[train])
        off[test] = np.abs(tuned.predict(rows.X[test]) - rows.y[test]) / WORST
        chosen.append(tuned.best_params_["regressor__svr__C"])
    return float(1 - np.minimum(off if metric == "absolute_error" else off**2, 1).mean()), chosen


@pytest.fixture(scope="module")
def spiked() -> Dataset:
    """A value that a column says, but for one row in ten that is anywhere."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(150, 2))
    y = 10 * np.sin(2 * X[:, 0]) + np.where(rng.uniform(size=150) < 0.1, rng.normal(0, 300, 150), 0)
    rows, none = Table(X, y, (), ("a", "b")), np.zeros(0, dtype=np.int64)
    return Dataset(rows, rows.take(none), none, none, None, "d" * 64, "l" * 64)  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", ["absolute_error", "squared_error"])
def test_the_judge_is_support_vector_regression_tuned_for_the_metric(spiked: Dataset, metric: str) -> None:
    found = measured("none", None, spiked, metric)
    expected, chosen = judged(spiked.development, metric, f"neg_mean_{metric}")
    assert found.accuracy_raw.value == pytest.approx(expected)
    assert found.accuracy_change.value == 0
    other = {"absolute_error": "neg_mean_squared_error", "squared_error": "neg_mean_absolute_error"}[metric]
    assert chosen != judged(spiked.development, metric, other)[1], "rows on which the metric decides"
