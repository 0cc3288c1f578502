"""Losses against scikit-learn, their slopes against differences."""

import numpy as np
import pytest
from sklearn.metrics import log_loss, mean_squared_error

from qpilot.training.losses import LOSSES, cross_entropy, squared_error


@pytest.mark.parametrize("classes", [2, 3])
def test_cross_entropy_is_scikit_learns_log_loss(classes):
    rng = np.random.default_rng(0)
    outputs = rng.normal(0, 3, (20, 1 if classes == 2 else classes))
    y = np.arange(20) % classes
    full = np.hstack([np.zeros((20, 1)), outputs]) if classes == 2 else outputs
    likely = np.exp(full) / np.exp(full).sum(axis=1, keepdims=True)
    losses, _ = cross_entropy(outputs, np.eye(classes)[y])
    assert losses.mean() == pytest.approx(log_loss(y, likely), abs=1e-12)


def test_certain_answers_cost_finitely_much():
    losses, slopes = cross_entropy(np.array([[800.0], [-800.0]]), np.array([[1.0, 0.0], [1.0, 0.0]]))
    np.testing.assert_allclose(losses, [800, 0])
    np.testing.assert_allclose(slopes, [[1], [0]])


def test_squared_error_is_half_of_scikit_learns():
    rng = np.random.default_rng(0)
    outputs, values = rng.normal(size=(2, 20, 1))
    assert squared_error(outputs, values)[0].mean() == pytest.approx(mean_squared_error(values, outputs) / 2)


@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"alignment"}))
@pytest.mark.parametrize("width", [1, 3])
def test_slopes_are_those_of_differences(name, width):
    rng = np.random.default_rng(1)
    outputs = rng.normal(size=(5, width))
    targets = rng.dirichlet(np.ones(2 if width == 1 else 3), 5)
    if name == "squared-error":
        targets = targets[:, :width]
    _, slopes = LOSSES[name](outputs, targets)
    for column in range(width):
        step = 1e-6 * np.eye(width)[column]
        change = LOSSES[name](outputs + step, targets)[0] - LOSSES[name](outputs - step, targets)[0]
        np.testing.assert_allclose(slopes[:, column], change / 2e-6, atol=1e-8)
