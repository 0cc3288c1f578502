"""What belongs together stays together, classes keep their shares, time goes forward."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qpilot.data.sample import sample
from qpilot.data.split import allot, folds, split, together
from qpilot.data.strata import BINS, strata
from qpilot.errors import QpilotError


@st.composite
def grouped(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray | None, int]:
    """Labels of 2 to 4 classes, some rows in groups, and a seed."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    classes, n = draw(st.integers(2, 4)), draw(st.integers(60, 300))
    y = np.concatenate([np.repeat(np.arange(classes), 8), rng.integers(0, classes, n)])
    kind = draw(st.sampled_from(["none", "pairs", "large"]))
    units = {"none": None, "pairs": rng.integers(0, 4 * len(y), len(y)), "large": rng.integers(0, 40, len(y))}[kind]
    return y, None if units is None else np.unique(units, return_inverse=True)[1].astype(np.int64), seed


@settings(max_examples=80, deadline=None)
@given(grouped())
def test_groups_never_straddle_and_shares_are_kept(case: tuple[np.ndarray, np.ndarray | None, int]) -> None:
    y, groups, seed = case
    development, locked = split(y, groups, None, 0.3, seed)
    assert sorted([*development, *locked]) == list(range(len(y)))
    if groups is not None:
        assert not set(groups[development]) & set(groups[locked])
    slack = 1 if groups is None else np.bincount(groups).max() + 2
    for label in np.unique(y):
        assert abs((y[locked] == label).sum() - 0.3 * (y == label).sum()) <= slack
    for fold in folds(y, groups, None, 4, 2, seed):
        assert sorted([*fold.train, *fold.test]) == list(range(len(y)))
        if groups is not None:
            assert not set(groups[fold.train]) & set(groups[fold.test])


def test_folds_of_single_rows_differ_by_one_row_of_a_class_at_most() -> None:
    y = np.repeat([0, 1, 2], [37, 22, 11])
    made = folds(y, None, None, 5, 3, seed=1)
    assert len(made) == 15
    for label in range(3):
        counts = [(y[fold.test] == label).sum() for fold in made]
        assert max(counts) - min(counts) <= 1
    sizes = [len(fold.test) for fold in made]
    assert max(sizes) - min(sizes) <= 2
    assert not np.array_equal(made[0].test, made[5].test), "repeats are different splits"


def test_the_same_seed_gives_the_same_split() -> None:
    y = np.arange(100) % 2
    assert np.array_equal(split(y, None, None, 0.3, 5)[1], split(y, None, None, 0.3, 5)[1])
    assert not np.array_equal(split(y, None, None, 0.3, 5)[1], split(y, None, None, 0.3, 6)[1])


def test_every_row_is_as_likely_as_any_other_to_be_locked() -> None:
    y = np.arange(50) % 2
    locked = np.zeros(50)
    for seed in range(400):
        locked[split(y, None, None, 0.3, seed)[1]] += 1
    # 400 draws at 0.3: the standard deviation is 9.2, so six of them on either side
    assert np.abs(locked - 120).max() < 55


def test_time_goes_forward_and_equal_times_stay_together() -> None:
    rng = np.random.default_rng(0)
    times = rng.integers(0, 30, 200).astype(float)
    y = rng.integers(0, 2, 200)
    development, locked = split(y, None, times, 0.3, 0)
    assert times[development].max() < times[locked].min()
    assert abs(len(locked) - 60) <= 10
    assert split(y, None, np.arange(200.0), 0.3, 0)[1].tolist() == list(range(140, 200))
    made = folds(y, None, times, 4, 3, 0)
    assert len(made) == 4, "an expanding window has one repeat"
    for fold in made:
        assert times[fold.train].max() < times[fold.test].min()
    assert sum(len(fold.test) for fold in made) == len(np.unique(np.concatenate([fold.test for fold in made])))


def test_a_class_that_comes_late_cannot_be_trained_on() -> None:
    y = np.repeat([0, 1], [90, 10])
    with pytest.raises(QpilotError, match="1 of 2 classes would have no row in the development rows"):
        split(y, None, np.arange(100.0), 0.3, 0)
    with pytest.raises(QpilotError, match="training part of 5-fold"):
        folds(y, None, np.arange(100.0), 5, 1, 0)


def test_equal_rows_and_rows_of_a_group_are_joined_through_each_other() -> None:
    hashes = np.array([1, 2, 2, 3, 4, 5], dtype=np.uint64)
    groups = np.array([0, 0, 1, 1, 2, 3])
    joined = together(hashes, groups)
    assert joined is not None
    assert len(set(joined[:4])) == 1
    assert len(set(joined.tolist())) == 3
    assert together(np.arange(5, dtype=np.uint64), None) is None
    assert together(np.arange(3, dtype=np.uint64), np.arange(3)) is None


def test_parts_take_their_weights() -> None:
    y = np.repeat([0, 1], [700, 300])
    parts = allot(y, None, np.array([0.5, 0.3, 0.2]), np.random.default_rng(0))
    assert np.bincount(parts[y == 0]).tolist() == [350, 210, 140]
    assert np.bincount(parts[y == 1]).tolist() == [150, 90, 60]


@settings(max_examples=60, deadline=None)
@given(grouped())
def test_a_quantity_keeps_its_range_in_every_part_and_its_groups_whole(
    case: tuple[np.ndarray, np.ndarray | None, int],
) -> None:
    labels, groups, seed = case
    y = labels + np.random.default_rng(seed).normal(size=len(labels))
    bins = strata(y)
    development, locked = split(y, groups, None, 0.3, seed)
    assert sorted([*development, *locked]) == list(range(len(y)))
    if groups is not None:
        assert not set(groups[development]) & set(groups[locked])
    slack = 1 if groups is None else np.bincount(groups).max() + 2
    for number in range(BINS):
        assert abs((bins[locked] == number).sum() - 0.3 * (bins == number).sum()) <= slack
    for fold in folds(y, groups, None, 4, 2, seed):
        assert sorted([*fold.train, *fold.test]) == list(range(len(y)))
        if groups is not None:
            assert not set(groups[fold.train]) & set(groups[fold.test])
        else:
            counts = [(bins[fold.test] == number).sum() - (bins == number).sum() / 4 for number in range(BINS)]
            assert np.abs(counts).max() <= 1


def test_folds_of_a_quantity_that_rises_with_time_go_forward() -> None:
    made = folds(np.arange(100.0), None, np.arange(100.0), 5, 1, 0)
    assert [int(fold.train.max()) < int(fold.test.min()) for fold in made] == [True] * 5
    with pytest.raises(QpilotError, match="the target would not vary over the 17 rows of a training part of 5-fold"):
        folds(np.repeat([0.0, 1.0], 50), None, np.arange(100.0), 5, 1, 0)


def test_a_sample_of_a_quantity_has_its_range() -> None:
    y = np.random.default_rng(0).normal(size=300)
    for size in (10, 20):
        kept = sample(y, size, np.random.default_rng(1))
        assert len(kept) == size
        assert np.bincount(strata(y)[kept], minlength=BINS).min() >= 2
