"""Every registered reducer, and the project's own two against independent calculations."""

import numpy as np
import pytest
from scipy.optimize import check_grad
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from skops.io import dumps, loads

from qpilot.bundle import TRUSTED
from qpilot.reduction import REDUCERS
from qpilot.reduction.autoencoder import Autoencoder, loss_and_gradient
from qpilot.reduction.selection import Selection

X, Y = load_breast_cancer(return_X_y=True)
X, Y = X[:200, :12], Y[:200]


@pytest.mark.parametrize("name", REDUCERS)
def test_a_reducer_leaves_the_components_asked_for(name: str) -> None:
    components = None if name == "none" else 3
    fitted = REDUCERS[name].build(components, 5).fit(X[:150], Y[:150])
    assert fitted.transform(X[150:]).shape == (50, components or 12)


@pytest.mark.parametrize("name", REDUCERS)
def test_a_reducer_keeps_as_many_as_there_are_where_nothing_is_asked(name: str) -> None:
    assert REDUCERS[name].build(None, 5).fit_transform(X, Y).shape == X.shape


@pytest.mark.parametrize("name", REDUCERS)
def test_equal_seeds_give_equal_reductions_and_a_clone_is_unfitted(name: str) -> None:
    first, second = (REDUCERS[name].build(None, 5) for _ in range(2))
    np.testing.assert_array_equal(first.fit(X, Y).transform(X), clone(second).fit(X, Y).transform(X))


@pytest.mark.parametrize("name", ["pca", "autoencoder"])
def test_information_lies_between_nothing_and_all_and_grows_with_the_components(name: str) -> None:
    reducer = REDUCERS[name]
    assert reducer.information is not None
    few, many = (reducer.information(reducer.build(k, 5).fit(X[:150], Y[:150]), X[150:]) for k in (1, 6))
    assert 0 < few < many <= 1


def test_pca_information_on_its_own_rows_is_the_explained_variance() -> None:
    reducer = REDUCERS["pca"]
    fitted = reducer.build(4, 0).fit(X, Y)
    assert reducer.information is not None
    assert reducer.information(fitted, X) == pytest.approx(sum(reducer.spectrum(fitted)))


def test_pca_spectrum_is_that_of_the_correlation_matrix() -> None:
    reducer = REDUCERS["pca"]
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(X.T))[::-1]
    np.testing.assert_allclose(reducer.spectrum(reducer.build(5, 0).fit(X, Y)), eigenvalues[:5] / 12)


def test_the_autoencoder_gradient_is_the_derivative_of_its_loss() -> None:
    rng = np.random.default_rng(0)
    shapes, rows = [(6, 8), (9, 2), (3, 8), (9, 5)], rng.normal(size=(20, 5))
    flat = rng.normal(size=sum(a * b for a, b in shapes)) / 3

    def loss(weights: np.ndarray) -> float:
        return loss_and_gradient(weights, shapes, rows, 0.01)[0]

    def gradient(weights: np.ndarray) -> np.ndarray:
        return loss_and_gradient(weights, shapes, rows, 0.01)[1]

    assert check_grad(loss, gradient, flat) < 1e-6


def test_the_autoencoder_follows_a_curve_that_one_principal_component_cannot() -> None:
    angle = np.random.default_rng(0).uniform(0, np.pi, 300)
    rows = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    curved = Autoencoder(1, seed=0, steps=500).fit(rows[:200])
    lost = rows[200:] - curved.inverse_transform(curved.transform(rows[200:]))
    linear = REDUCERS["pca"].build(1, 0).fit(rows[:200])
    assert REDUCERS["pca"].information is not None
    assert np.mean(lost**2) < (1 - REDUCERS["pca"].information(linear, rows[200:])) / 3


def test_selection_finds_the_columns_that_matter_even_where_no_line_does() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 6))
    label = (np.abs(rows[:, 4]) > 0.7).astype(int)
    label = np.where(rng.uniform(size=400) < 0.5, label, (rows[:, 1] > 0).astype(int))
    fitted = Selection(2, seed=0).fit(rows, label)
    assert fitted.kept_.tolist() == [1, 4]
    np.testing.assert_array_equal(fitted.transform(rows), rows[:, [1, 4]])


@pytest.mark.parametrize("name", REDUCERS)
def test_a_fitted_reducer_is_kept_without_pickle_and_answers_the_same(name: str) -> None:
    fitted = REDUCERS[name].build(None if name == "none" else 3, 5).fit(X, Y)
    again = loads(dumps(fitted), trusted=list(TRUSTED))
    np.testing.assert_array_equal(again.transform(X), fitted.transform(X))
