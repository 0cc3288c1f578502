"""Early stopping: what counts as an improvement, and the rows it is judged on."""

import numpy as np
import pytest
from scipy.stats import sem

from qpilot.errors import RowsError
from qpilot.training.stopping import Stopper, parted, standard_error

POINT = np.zeros(1)


def test_an_improvement_within_its_own_error_does_not_count():
    rng = np.random.default_rng(0)
    base = rng.normal(1, 0.5, 40)
    noise = rng.normal(0, 0.2, 40)
    noise -= noise.mean()
    error = standard_error(noise)
    for gain, counts in [(0.9 * error, False), (1.1 * error, True), (-1.0, False)]:
        stopper = Stopper(1)
        assert not stopper.enough(POINT, base)
        assert stopper.enough(POINT + 1, base + noise - gain) == (not counts)
        assert (stopper.parameters == POINT + counts).all()


def test_the_standard_error_is_scipys():
    values = np.random.default_rng(0).normal(size=9)
    assert standard_error(values) == pytest.approx(sem(values), abs=1e-15)


def test_rows_that_are_hard_all_along_do_not_hide_a_steady_gain():
    losses = np.array([0.1, 5.0, 0.2, 7.0])
    stopper = Stopper(1)
    stopper.enough(POINT, losses)
    assert not stopper.enough(POINT + 1, losses - [0.01, 0.011, 0.009, 0.01])


def test_small_gains_add_up():
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.05, 30)
    stopper = Stopper(4)
    stopped = [stopper.enough(POINT + k, 1 - 0.004 * k + (noise if k % 2 else -noise)) for k in range(40)]
    assert not any(stopped)
    assert stopper.parameters[0] > 30


def test_patience_is_how_many_epochs_bring_nothing():
    stopper = Stopper(3)
    losses = np.random.default_rng(0).normal(1, 0.3, 20)
    assert [stopper.enough(POINT, losses) for _ in range(5)] == [False, False, False, True, True]
    stopper.again()
    assert [stopper.enough(POINT, losses) for _ in range(3)] == [False, False, True]


def test_the_validation_rows_are_stratified_and_their_share():
    X, y = np.random.default_rng(0).normal(size=(100, 2)), np.array([0] * 80 + [1] * 20)
    train, validation = parted(X, np.eye(2)[y], None, 0.2, True, 3)
    assert sorted([*train, *validation]) == list(range(100))
    assert (len(validation), y[validation].sum()) == (20, 4)


@pytest.mark.parametrize("classes", [True, False])
def test_groups_and_equal_rows_stay_together(classes):
    rng = np.random.default_rng(0)
    X, groups = rng.normal(size=(60, 2)), np.arange(60) // 3
    targets = np.eye(2)[np.arange(60) % 2] if classes else rng.normal(size=(60, 1))
    train, validation = parted(X, targets, groups, 0.25, classes, 0)
    assert set(groups[train]) & set(groups[validation]) == set()
    train, validation = parted(np.repeat(X[:20], 3, axis=0), targets, None, 0.25, classes, 0)
    assert set(train // 3) & set(validation // 3) == set()
    assert len(validation) == pytest.approx(15, abs=3)


def test_the_class_that_groups_hold_together_is_named():
    X, y, groups = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2, np.arange(40)
    groups[y == 1] = 99
    with pytest.raises(RowsError, match="class 1 has only 1 that may be parted"):
        parted(X, np.eye(2)[y], groups, 0.2, True, 0)


@pytest.mark.parametrize("y", [[0, 1, 1, 1, 1], [0, 0, 1]])
def test_too_few_rows_are_named(y):
    with pytest.raises(RowsError, match="leave out patience"):
        parted(np.random.default_rng(0).normal(size=(len(y), 2)), np.eye(2)[y], None, 0.2, True, 0)
