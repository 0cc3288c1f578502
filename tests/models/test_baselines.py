"""The contract of every registered baseline: it fits, its grid is made of its parameters, its seed decides."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, ParameterGrid

from qpilot.baselines import waves
from qpilot.baselines.classifiers import CLASSIFIERS
from qpilot.bundle import described, fitted
from qpilot.prototype.fitted import Fitted, parameters

EVERY = pytest.mark.parametrize("name", CLASSIFIERS)


@EVERY
def test_every_point_of_the_grid_fits_and_at_least_three_are_tried(name, clouds):
    X, y = clouds(3)
    estimator, grid = CLASSIFIERS[name](0)
    points = list(ParameterGrid(grid))
    assert len(points) >= 3
    for point in points:
        model = clone(estimator).set_params(**point)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the smallest data do not let every corner of a grid converge
            assert set(model.fit(X, y).predict(X)) <= {0, 1, 2}


@EVERY
def test_a_baseline_is_good_on_the_data_it_is_known_to_be_good_on(name):
    X, y = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    estimator, _ = CLASSIFIERS[name](0)
    assert estimator.fit(X[order[:400]], y[order[:400]]).score(X[order[400:]], y[order[400:]]) > 0.93


@EVERY
def test_the_same_seed_gives_the_same_model(name, clouds):
    X, y = clouds(2)
    first, second = (
        CLASSIFIERS[name](3)[0].fit(X, y).decision_function(X)
        if name.endswith("-svm")
        else CLASSIFIERS[name](3)[0].fit(X, y).predict_proba(X)
        for _ in range(2)
    )
    assert (first == second).all()


@EVERY
@pytest.mark.parametrize("classes", [2, 3])
def test_a_kept_baseline_answers_the_same_and_says_how_many_numbers_it_is(name, classes, clouds):
    X, y = clouds(classes)
    model = Fitted(name, "classical", None, CLASSIFIERS[name](0)[0].fit(X, y), 0.1)
    again = fitted("reference", described("reference", model))
    assert (again.predict(X) == model.predict(X)).all()
    assert 1 < parameters(again) == parameters(model) < 50_000


def test_neighbours_count_their_rows_and_a_gaussian_process_its_weights_too(clouds):
    X, y = clouds(3)
    counts = {
        name: parameters(Fitted(name, "classical", None, CLASSIFIERS[name](0)[0].fit(X, y), 0.1))
        for name in ("nearest-neighbours", "gaussian-process")
    }
    assert counts == {"nearest-neighbours": X.size + len(y), "gaussian-process": X.size + 3 * len(y)}


def test_waves_are_cosines_and_sines_of_what_is_within_three_deviations():
    np.testing.assert_allclose(waves(np.array([[0.0, 9.0]]), 0.5), [[1, np.cos(1.5), 0, np.sin(1.5)]])


def test_waves_stand_where_kept_models_look_for_them():
    assert (waves.__module__, waves.__qualname__) == ("qpilot.baselines", "waves")


def test_trigonometric_polynomials_learn_the_parity_of_two_angles_that_a_straight_line_cannot():
    rng = np.random.default_rng(0)
    X = rng.uniform(-np.pi, np.pi, (300, 2))
    y = (np.cos(2 * X[:, 0]) * np.cos(X[:, 1]) > 0).astype(int)
    estimator, grid = CLASSIFIERS["fourier-svm"](0)
    found = GridSearchCV(estimator, grid, cv=3).fit(X[:200], y[:200])
    assert found.score(X[200:], y[200:]) > 0.85 > 0.7 > CLASSIFIERS["logistic"](0)[0].fit(X, y).score(X, y)
