"""The contract of every registered optimizer, on problems whose answer is known."""

import warnings
from dataclasses import dataclass, field

import numpy as np
import pytest

from qpilot.optimizers import OPTIMIZERS, adam

EVERY = pytest.mark.parametrize("name", OPTIMIZERS)


@dataclass
class Bowl:
    """Mean over rows of |parameters - centre|^2 / 2, whose minimum is the mean of the centres."""

    centres: np.ndarray
    batch: int = 4
    curve: list[tuple[int, float, float]] = field(default_factory=list)
    seen: list[np.ndarray] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return len(self.centres)

    def loss(self, parameters, rows):
        self.seen.append(rows)
        return float(((parameters - self.centres[rows]) ** 2).sum(axis=1).mean() / 2)

    def loss_and_gradient(self, parameters, rows):
        return self.loss(parameters, rows), parameters - self.centres[rows].mean(axis=0)

    def record(self, step, loss, gradient_norm):
        self.curve.append((step, loss, gradient_norm))


def _bowl() -> Bowl:
    return Bowl(np.random.default_rng(0).normal([1.0, -2.0, 0.5], 0.05, (10, 3)))


@EVERY
def test_the_minimum_is_found(name):
    bowl = _bowl()
    found = OPTIMIZERS[name](bowl, np.zeros(3), 400, 0.1, np.random.default_rng(1))
    np.testing.assert_allclose(found, bowl.centres.mean(axis=0), atol=0.06)


@EVERY
def test_the_curve_goes_down_and_ends_at_the_last_step(name):
    bowl = _bowl()
    OPTIMIZERS[name](bowl, np.zeros(3), 100, 0.05, np.random.default_rng(1))
    steps, losses, norms = zip(*bowl.curve, strict=True)
    assert list(steps) == sorted(set(steps))
    assert steps[-1] <= 100
    assert losses[-1] < losses[0]
    assert norms[-1] < norms[0]


@EVERY
def test_the_same_seed_gives_the_same_answer_and_the_start_is_left_alone(name):
    start = np.zeros(3)
    first, second = (OPTIMIZERS[name](_bowl(), start, 20, 0.05, np.random.default_rng(4)) for _ in range(2))
    assert (first == second).all()
    assert (start == 0).all()


@EVERY
def test_one_step_is_possible(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(OPTIMIZERS[name](_bowl(), np.zeros(3), 1, 0.05, np.random.default_rng(1))).all()


def test_adams_first_step_is_the_learning_rate_against_the_gradients_sign():
    found = adam(_bowl(), np.zeros(3), 1, 0.05, np.random.default_rng(1))
    np.testing.assert_allclose(found, [0.05, -0.05, 0.05], atol=1e-6)


def test_adam_sees_every_row_once_an_epoch():
    bowl = _bowl()
    adam(bowl, np.zeros(3), 6, 0.05, np.random.default_rng(1))
    assert [len(rows) for rows in bowl.seen] == [4, 4, 2, 4, 4, 2]
    assert sorted(np.concatenate(bowl.seen[:3])) == list(range(10))
