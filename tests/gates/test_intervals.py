"""Intervals against scipy and against how often they hold the truth."""

import math

import numpy as np
import pytest
from scipy.stats import binom, binomtest
from sklearn.metrics import recall_score

from gates.statistics import intervals, tango


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (10, 10), (3, 20), (180, 200), (1, 1)])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_wilson_is_scipys(successes: int, n: int, confidence: float) -> None:
    expected = binomtest(successes, n).proportion_ci(confidence, method="wilson")
    assert intervals.wilson(successes, n, confidence) == pytest.approx((expected.low, expected.high))


def test_wilson_is_never_certain_of_a_small_sample() -> None:
    low, high = intervals.wilson(20, 20)
    assert low < 0.85
    assert high == 1


@pytest.mark.parametrize(("successes", "n"), [(5, 4), (-1, 4)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="impossible"):
        intervals.wilson(successes, n)


def test_nothing_measured_is_missing() -> None:
    nothing = np.array([], dtype=bool)
    for measure in (intervals.accuracy(nothing), intervals.difference(nothing, nothing)):
        assert math.isnan(measure.value)
        assert (measure.n, measure.method != "") == (0, True)


def test_accuracy_counts_what_was_right() -> None:
    measure = intervals.accuracy(np.array([True, True, False, True]))
    assert (measure.value, measure.n, measure.method) == (0.75, 4, "Wilson 95%")
    assert measure.low < 0.75 < measure.high


@pytest.mark.parametrize("flags", [[1.9, 0.1], [1, 0], [math.nan]])
def test_probabilities_are_not_correctness(flags: list[float]) -> None:
    with pytest.raises(ValueError, match=r"true or false|between 0 and 1"):
        intervals.accuracy(np.array(flags))


def test_difference_is_paired() -> None:
    first, second = np.array([True, True, False, True]), np.array([True, False, True, False])
    measure = intervals.difference(first, second)
    assert measure == intervals.paired(better=2, worse=1, points=4)
    assert measure.value == 0.25
    assert measure.low < 0.25 < measure.high


def test_difference_needs_the_same_points() -> None:
    with pytest.raises(ValueError, match="3 against 2"):
        intervals.difference(np.ones(3, dtype=bool), np.ones(2, dtype=bool))


@pytest.mark.parametrize(("right", "of"), [((9, 40), (10, 50)), ((3, 2, 7), (4, 4, 30)), ((5,), (8,))])
def test_balanced_accuracy_is_scikit_learns_and_of_one_class_wilsons(
    right: tuple[int, ...], of: tuple[int, ...]
) -> None:
    flags = np.concatenate([np.arange(n) < k for k, n in zip(right, of, strict=True)])
    classes = np.repeat(np.arange(len(of)), of)
    named = np.where(flags, classes, (classes + 1) % max(len(of), 2))
    found = intervals.balanced(flags, classes)
    assert found.value == pytest.approx(recall_score(classes, named, average="macro", labels=range(len(of))))
    assert (found.n, found.unit) == (sum(of), "balanced accuracy")
    assert found.low < found.value < found.high
    if len(of) == 1:
        assert (found.low, found.high) == pytest.approx(intervals.wilson(right[0], of[0]))


@pytest.mark.parametrize("rates", [(0.7, 0.9), (0.5, 0.99), (0.97, 0.97)])
def test_the_interval_of_balanced_accuracy_holds_it_as_often_as_it_says(rates: tuple[float, float]) -> None:
    """Every outcome of 12 and 60 points with its probability."""
    sizes, held = (12, 60), 0.0
    chances = [binom.pmf(np.arange(n + 1), n, rate) for n, rate in zip(sizes, rates, strict=True)]
    for few, many in np.ndindex(*(n + 1 for n in sizes)):
        chance = chances[0][few] * chances[1][many]
        if chance > 1e-5:
            flags = np.concatenate([np.arange(12) < few, np.arange(60) < many])
            found = intervals.balanced(flags, np.repeat([0, 1], sizes))
            held += chance * (found.low <= np.mean(rates) <= found.high)
    assert held > 0.93


def test_balanced_accuracy_is_not_certain_where_everything_was_right() -> None:
    found = intervals.balanced(np.ones(44, dtype=bool), np.repeat([0, 1], [4, 40]))
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low < 0.78, "four points say little of their class"


def test_a_balanced_difference_weighs_classes_alike() -> None:
    classes = np.repeat([0, 1], [10, 90])
    before, after = np.ones(100, dtype=bool), np.ones(100, dtype=bool)
    after[:5] = False
    found, plain = intervals.balanced_difference(after, before, classes), intervals.difference(after, before)
    assert (found.value, plain.value) == (-0.25, -0.05)
    assert (found.low, found.high) == pytest.approx(tango.stratified_interval([0, 0], [5, 0], [10, 90], 0.95))
    assert found.low < -0.25 < found.high < 0


def test_balanced_measures_need_a_class_a_point() -> None:
    some = np.ones(3, dtype=bool)
    assert math.isnan(intervals.balanced(some[:0], []).value)
    assert math.isnan(intervals.balanced_difference(some[:0], some[:0], []).value)
    with pytest.raises(ValueError, match="one class a point"):
        intervals.balanced(some, [0, 1])
    with pytest.raises(ValueError, match="same points"):
        intervals.balanced_difference(some, some, [0, 1])


def test_counted_values_are_their_own_interval() -> None:
    measure = intervals.exact(0.4, "ratio")
    assert (measure.low, measure.value, measure.high, measure.n) == (0.4, 0.4, 0.4, 1)
