"""Intervals against scipy and against how often they hold the truth."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from gates.statistics import intervals


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


def test_counted_values_are_their_own_interval() -> None:
    measure = intervals.exact(0.4, "ratio")
    assert (measure.low, measure.value, measure.high, measure.n) == (0.4, 0.4, 0.4, 1)
