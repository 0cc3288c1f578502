"""The contract of every registered baseline: it fits, its grid is made of its parameters, its seed decides."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import ParameterGrid

from qpilot.baselines import BASELINES

EVERY = pytest.mark.parametrize("name", BASELINES)


@EVERY
def test_every_point_of_the_grid_fits_and_at_least_three_are_tried(name, clouds):
    X, y = clouds(3)
    estimator, grid = BASELINES[name](0)
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
    estimator, _ = BASELINES[name](0)
    assert estimator.fit(X[order[:400]], y[order[:400]]).score(X[order[400:]], y[order[400:]]) > 0.93


@EVERY
def test_the_same_seed_gives_the_same_model(name, clouds):
    X, y = clouds(2)
    first, second = (
        BASELINES[name](3)[0].fit(X, y).predict_proba(X)
        if name != "rbf-svm"
        else BASELINES[name](3)[0].fit(X, y).decision_function(X)
        for _ in range(2)
    )
    assert (first == second).all()
