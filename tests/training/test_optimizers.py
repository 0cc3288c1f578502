"""The contract of every registered optimizer, on problems whose answer is known."""

import warnings
from dataclasses import dataclass, field

import numpy as np
import pytest

from qpilot.training.moments import share
from qpilot.training.optimizers import OPTIMIZERS, adam
from qpilot.training.problem import Enough
from qpilot.training.settings import GRADIENT_FREE

EVERY = pytest.mark.parametrize("name", OPTIMIZERS)


@dataclass
class Bowl:
    """Mean over rows of |parameters - centre|^2 / 2, whose minimum is the mean of the centres."""

    centres: np.ndarray
    batch: int = 4
    curve: list[tuple[int, float]] = field(default_factory=list)
    seen: list[np.ndarray] = field(default_factory=list)
    gradients: int = 0
    patience: int = 10_000

    @property
    def epoch(self):
        return -(-len(self.centres) // self.batch)

    def batches(self, rng):
        while True:
            order = rng.permutation(len(self.centres))
            for start in range(0, len(order), self.batch):
                yield order[start : start + self.batch]

    def draw(self, rng, batches):
        return rng.permutation(len(self.centres))[: batches * self.batch]

    def loss(self, parameters, rows):
        self.seen.append(rows)
        return float(((parameters - self.centres[rows]) ** 2).sum(axis=1).mean() / 2)

    def loss_and_gradient(self, parameters, rows):
        self.gradients += 1
        return self.loss(parameters, rows), parameters - self.centres[rows].mean(axis=0)

    def metric(self, parameters, rows):
        return {(0, 2): np.array([[2.0, 0.5], [0.5, 1.0]])}

    def record(self, step, parameters):
        self.curve.append((step, float(((parameters - self.centres.mean(axis=0)) ** 2).sum())))
        if len(self.curve) >= self.patience:
            raise Enough


def _bowl(patience: int = 10_000) -> Bowl:
    return Bowl(np.random.default_rng(0).normal([1.0, -2.0, 0.5], 0.05, (10, 3)), patience=patience)


@EVERY
def test_the_minimum_is_found(name):
    bowl = _bowl()
    found = OPTIMIZERS[name](bowl, np.zeros(3), 400, 0.1, np.random.default_rng(1))
    np.testing.assert_allclose(found, bowl.centres.mean(axis=0), atol=0.06)


@EVERY
def test_the_curve_goes_down_and_ends_at_the_last_step(name):
    bowl = _bowl()
    OPTIMIZERS[name](bowl, np.zeros(3), 100, 0.05, np.random.default_rng(1))
    steps, distances = zip(*bowl.curve, strict=True)
    assert list(steps) == sorted(set(steps))
    assert steps[-1] <= 100
    assert distances[-1] < distances[0]


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


@EVERY
def test_a_problem_that_has_enough_ends_the_optimizer(name):
    bowl = _bowl(patience=2)
    with pytest.raises(Enough):
        OPTIMIZERS[name](bowl, np.zeros(3), 400, 0.05, np.random.default_rng(1))
    assert len(bowl.curve) == 2


@EVERY
def test_who_is_named_gradient_free_takes_no_gradient(name):
    bowl = _bowl()
    OPTIMIZERS[name](bowl, np.zeros(3), 20, 0.05, np.random.default_rng(1))
    assert (bowl.gradients == 0) == (name in GRADIENT_FREE)


def test_adams_first_step_is_the_learning_rate_against_the_gradients_sign():
    found = adam(_bowl(), np.zeros(3), 1, 0.05, np.random.default_rng(1))
    np.testing.assert_allclose(found, [0.05, -0.05, 0.05], atol=1e-6)


def test_adam_sees_every_row_once_an_epoch():
    bowl = _bowl()
    adam(bowl, np.zeros(3), 6, 0.05, np.random.default_rng(1))
    assert [len(rows) for rows in bowl.seen] == [4, 4, 2, 4, 4, 2]
    assert sorted(np.concatenate(bowl.seen[:3])) == list(range(10))


def test_cobyla_answers_the_best_point_it_tried():
    class Noting(Bowl):
        def loss(self, parameters, rows):
            found.append((super().loss(parameters, rows), parameters.copy()))
            return found[-1][0]

    found = []
    answer = OPTIMIZERS["cobyla"](Noting(_bowl().centres), np.zeros(3), 12, 0.05, np.random.default_rng(1))
    best, point = min(found, key=lambda each: each[0])
    assert found[-1][0] > best
    assert (answer == point).all()


def test_a_natural_step_divides_by_the_metric_where_there_is_one_and_is_adams_elsewhere():
    bowl = Bowl(np.array([[1.0, -2.0, 0.5]]))
    found = OPTIMIZERS["natural-gradient"](bowl, np.zeros(3), 1, 0.05, np.random.default_rng(1))
    expected = 0.05 * np.linalg.inv([[2.01, 0.5], [0.5, 1.01]]) @ [1.0, 0.5]
    np.testing.assert_allclose(found, [expected[0], -0.05, expected[1]], atol=1e-8)


def test_the_rate_falls_in_the_second_half():
    assert [share(step, 8) for step in range(1, 9)] == [1, 1, 1, 1, 1, 0.75, 0.5, 0.25]
    assert share(1, 1) == 1


@pytest.mark.parametrize("name", ["adam", "natural-gradient"])
def test_the_answer_is_not_where_the_last_batches_pushed(name):
    """Rows that pull to either side: the answers of many seeds lie closer together than the steps that led there."""
    bowl = Bowl(np.random.default_rng(0).normal(0, 1, (40, 3)), batch=2)
    middle = bowl.centres.mean(axis=0)
    far = [
        np.abs(OPTIMIZERS[name](bowl, middle.copy(), 200, 0.1, np.random.default_rng(seed)) - middle).mean()
        for seed in range(10)
    ]
    assert np.mean(far) < 0.03  # at a constant rate 0.047 and 0.059
