"""The support vector machine against scikit-learn's own."""

import numpy as np
import pytest
from sklearn.metrics import log_loss
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC

from qpilot.models.kernels.gram import Gram
from qpilot.models.kernels.support_vectors import Machine, train
from qpilot.models.softmax import probabilities


def _noisy(classes: int, rows: int = 150) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(rows, 4))
    return X, np.argmax(X[:, :classes] + 0.5 * rng.normal(size=(rows, classes)), axis=1)


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_the_machine_answers_as_scikit_learn_on_new_rows(classes):
    X, y = _noisy(classes)
    old, new = X[:100], X[100:]
    _, machine = train([lambda: Gram(rbf_kernel(old, gamma=0.3))], y[:100], classes, seed=0, costs=(1.0,))
    reference = SVC(C=1.0, gamma=0.3) if classes == 2 else OneVsRestClassifier(SVC(C=1.0, gamma=0.3))
    values = reference.fit(old, y[:100]).decision_function(new)
    kernel = rbf_kernel(new, old[machine.support], gamma=0.3)
    own = kernel @ machine.coefficients.T + machine.offsets
    np.testing.assert_allclose(own[:, 0] if classes == 2 else own, values, atol=1e-6)
    assert (machine.decide(kernel).argmax(axis=1) == reference.predict(new)).mean() == 1


def test_the_better_kernel_is_chosen():
    X, y = _noisy(2)
    narrow, right = rbf_kernel(X, gamma=1e4), rbf_kernel(X, gamma=0.2)
    assert train([lambda: Gram(narrow), lambda: Gram(right)], y, 2, seed=0)[0] == 1
    assert train([lambda: Gram(right), lambda: Gram(narrow)], y, 2, seed=0)[0] == 0


def test_the_temperature_makes_unseen_rows_likelier_than_raw_decision_values():
    X, y = _noisy(2, rows=600)
    old, new = X[:300], X[300:]
    _, machine = train([lambda: Gram(rbf_kernel(old, gamma=0.3))], y[:300], 2, seed=0)
    kernel = rbf_kernel(new, old[machine.support], gamma=0.3)
    cold = Machine(machine.support, machine.coefficients, machine.offsets, 0.05)
    hot = Machine(machine.support, machine.coefficients, machine.offsets, 20.0)
    loss = log_loss(y[300:], machine.decide(kernel))
    assert loss < log_loss(y[300:], cold.decide(kernel))
    assert loss < log_loss(y[300:], hot.decide(kernel))


def test_labels_without_any_signal_do_not_turn_the_answers_round():
    y = np.random.default_rng(0).integers(0, 2, 80)
    assert train([lambda: Gram(np.eye(80))], y, 2, seed=0)[1].temperature > 0


def test_probabilities_are_a_softmax_that_survives_huge_logits():
    np.testing.assert_allclose(probabilities(np.array([[0.0], [np.log(3)]])), [[0.5, 0.5], [0.25, 0.75]])
    np.testing.assert_allclose(probabilities(np.array([[1e4, 0.0, -1e4]])), [[1, 0, 0]])
