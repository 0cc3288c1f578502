"""Rows: their weights, how they are varied, and in which order they come."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.class_weight import compute_sample_weight

from qpilot.errors import UsageError
from qpilot.training.augmentation import dropout, jitter, mixup
from qpilot.training.curriculum import easiest_first, pace
from qpilot.training.examples import Batch, class_weights, effective, one_pass


@pytest.fixture
def batch(rows) -> Batch:
    X, targets = rows
    return Batch(X, targets, np.ones(len(X)))


def test_balanced_weights_are_scikit_learns():
    y = np.array([0] * 30 + [1] * 6 + [3] * 4)
    found = class_weights("balanced", np.eye(4)[y], "cross-entropy")
    np.testing.assert_allclose(found, compute_sample_weight("balanced", y))
    assert found.mean() == pytest.approx(1)


@pytest.mark.parametrize("loss", ["squared-error", "alignment"])
def test_weights_of_classes_need_a_loss_of_single_rows_and_classes(loss):
    assert (class_weights("none", np.ones((4, 1)), loss) == 1).all()
    with pytest.raises(UsageError, match=f"not {loss}: leave it out"):
        class_weights("balanced", np.ones((4, 1)), loss)


@pytest.mark.parametrize(("weights", "rows"), [([1, 1, 1], 3), ([2, 2], 2), ([1, 0, 0], 1), ([3, 1], 1.6)])
def test_effective_rows(weights, rows):
    assert effective(np.array(weights, dtype=float)) == pytest.approx(rows)


def test_a_pass_sees_every_row_once_in_an_order_of_its_own():
    rng = np.random.default_rng(0)
    first, second = (list(one_pass(10, 4, rng)) for _ in range(2))
    assert [len(places) for places in first] == [4, 4, 2]
    assert sorted(np.concatenate(first)) == list(range(10))
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))


def test_jitter_is_noise_in_each_features_own_deviations(batch):
    many = Batch(np.repeat(batch.X, 200, axis=0), batch.targets, batch.weights)
    varied = jitter(many, 0.1, np.array([1.0, 5.0]), np.random.default_rng(0))
    np.testing.assert_allclose((varied.X - many.X).std(axis=0), [0.1, 0.5], rtol=0.02)
    assert (varied.targets == many.targets).all()


def test_mixup_mixes_rows_and_targets_by_the_same_share(batch):
    mixed = mixup(batch, 0.4, np.random.default_rng(0))
    np.testing.assert_allclose(mixed.targets.sum(axis=1), 1)
    changed = np.abs(mixed.targets - batch.targets).max(axis=1)
    assert 0 < changed.max() <= 0.5, "a row remains mostly itself"
    shares = np.random.default_rng(0).beta(0.4, 0.4, size=(60, 1))
    shares = np.minimum(shares, 1 - shares)
    others = (mixed.X - (1 - shares) * batch.X) / shares
    assert all(np.abs(batch.X - other).max(axis=1).min() < 1e-6 for other in others[shares[:, 0] > 1e-3])


def test_dropout_leaves_out_rotations_alone_at_its_rate(batch):
    layers = (slice(1, 1001), slice(1001, 2001))
    kept = dropout(batch, 0.3, layers, 2005, np.random.default_rng(0)).kept
    assert kept[0]
    assert kept[2001:].all()
    assert kept[1:2001].mean() == pytest.approx(0.7, abs=0.04)


def test_easy_rows_are_those_that_neighbours_tell(rows):
    X, targets = rows
    order = easiest_first(X, targets)
    assert sorted(order) == list(range(60))
    told = KNeighborsClassifier(6).fit(X, targets[:, 1]).predict(X) == targets[:, 1]
    assert told[order[:20]].all()
    assert told[order[-20:]].mean() < 0.8


def test_the_pace_of_a_curriculum():
    assert [pace(50, progress) for progress in (0, 0.25, 0.5, 0.9, 1.2)] == [20, 35, 50, 50, 50]
    assert pace(1, 0) == 1
