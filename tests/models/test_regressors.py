"""The contract of every classical model of a quantity: it fits, its grid is made of its parameters, units change nothing."""

import numpy as np
import pytest
from sklearn.base import clone, is_regressor
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, ParameterGrid

from qpilot.baselines import within
from qpilot.baselines.classifiers import CLASSIFIERS
from qpilot.baselines.regressors import DEFAULT, REGRESSORS
from qpilot.bundle import described, fitted
from qpilot.candidates.candidate import Baseline
from qpilot.prototype.comparison.stress import quantised
from qpilot.prototype.fitted import Fitted, parameters
from tests.models.conftest import waved

EVERY = pytest.mark.parametrize("name", REGRESSORS)


def _fitted(name: str, X: np.ndarray, y: np.ndarray) -> Fitted:
    return Fitted(name, "classical", None, REGRESSORS[name](0)[0].fit(X, y), 0.1)


@EVERY
def test_every_point_of_the_grid_fits_and_at_least_three_are_tried(name):
    X, y = waved(40)
    estimator, grid = REGRESSORS[name](0)
    assert is_regressor(estimator)
    points = list(ParameterGrid(grid))
    assert len(points) >= 3
    for point in points:
        answers = clone(estimator).set_params(**point).fit(X, y).predict(X)
        assert answers.shape == y.shape
        assert answers.dtype == np.float64


@EVERY
def test_tuned_on_its_grid_it_beats_the_mean_on_real_rows(name):
    X, y = load_diabetes(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    X, y = X[order], y[order]
    found = GridSearchCV(*REGRESSORS[name](0), cv=3, scoring="neg_mean_squared_error").fit(X[:200], y[:200])
    assert r2_score(y[200:], found.predict(X[200:])) > 0.3


@EVERY
def test_the_units_of_the_target_change_nothing_but_the_units_of_the_answer(name):
    X, y = waved(60)
    own, other = (REGRESSORS[name](3)[0].fit(X, values).predict(X) for values in (y, 1e6 * y - 4e7))
    np.testing.assert_allclose(1e6 * own - 4e7, other, rtol=1e-5)


@EVERY
def test_the_same_seed_gives_the_same_model(name):
    X, y = waved(60)
    first, second = (REGRESSORS[name](3)[0].fit(X, y).predict(X) for _ in range(2))
    assert (first == second).all()


@EVERY
def test_a_kept_model_answers_the_same_and_says_how_many_numbers_it_is(name):
    X, y = waved(60)
    model = _fitted(name, X, y)
    again = fitted("reference", described("reference", model))
    assert (again.predict(X) == model.predict(X)).all()
    assert 1 < parameters(again) == parameters(model) < 10_000


def test_parameters_are_coefficients_rows_and_weights():
    X, y = waved(60)
    counts = {name: parameters(_fitted(name, X, y)) for name in ("ridge", "nearest-neighbours", "gaussian-process")}
    assert counts == {"ridge": X.shape[1] + 1, "nearest-neighbours": X.size + 60, "gaussian-process": X.size + 60}


@pytest.mark.parametrize("name", ["ridge", "rbf-svm", "polynomial-svm", "fourier-svm", "mlp"])
def test_parameters_that_are_plain_arrays_can_be_rounded_even_behind_a_standardised_target(name):
    X, y = waved(60)
    model = _fitted(name, X, y)
    coarse, fine = (quantised(model, bits) for bits in (3, 30))
    assert np.abs(coarse.predict(X) - model.predict(X)).max() > 0.01
    np.testing.assert_allclose(fine.predict(X), model.predict(X), atol=1e-3)


def test_of_trees_neighbours_and_processes_nothing_is_rounded():
    X, y = waved(60)
    for name in ("gradient-boosting", "nearest-neighbours", "gaussian-process"):
        assert quantised(_fitted(name, X, y), 4) is None


@pytest.mark.parametrize("known", [CLASSIFIERS, REGRESSORS])
def test_neighbours_tuned_on_many_rows_answer_where_fewer_are_left(known):
    X, y = waved(10)
    y = y if known is REGRESSORS else np.arange(10) % 2
    model = known["nearest-neighbours"](0)[0].set_params(model__n_neighbors=15)
    assert within(clone(model), 15).get_params()["model__n_neighbors"] == 15
    assert np.ptp(within(clone(model), 10).fit(X, y).predict(X)) < 1e-9, "all of them, each time"
    assert all(within(make(0)[0], 1) for name, make in known.items() if name != "nearest-neighbours")


def test_what_is_met_unasked_leaves_out_what_grows_with_the_cube_of_the_rows():
    assert set(REGRESSORS) - set(DEFAULT) == {"gaussian-process"}


def test_a_baseline_of_the_other_kind_is_named_with_those_that_go():
    assert Baseline(model="ridge").unfit(quantity=True) is None
    assert Baseline(model="logistic").unfit(quantity=False) is None
    said = Baseline(model="logistic").unfit(quantity=True)
    assert said == f"baseline 'logistic' does not go with kind = 'regression'; its own: {', '.join(sorted(REGRESSORS))}"
    assert "'ridge' does not go with kind = 'classification'" in Baseline(model="ridge").unfit(quantity=False)
    with pytest.raises(ValueError, match=r"unknown baseline 'oracle'; known: .*logistic.*ridge"):
        Baseline(model="oracle")
    assert all(Baseline(model=name).unfit(quantity=False) is None for name in CLASSIFIERS)
