"""Answers graded between 0 and 1: the grades, the test of their difference, and how many rows it takes."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from gates.advantage import Question, judged
from gates.averaged import Averaged
from gates.claim import Claim, Metric
from gates.comparison import Comparison
from gates.graded import Graded
from gates.grading import featureless, grades, score
from gates.nested import Nested
from gates.pairing import paired
from gates.records import Outcome
from gates.statistics import intervals, power

ALPHA = 0.05


def claim(metric: Metric = "absolute_error", **fields: object) -> Claim:
    stated: dict[str, object] = {
        "kind": "superiority",
        "metric": metric,
        "worst_error": 10.0,
        "target": 0.1,
        "psi": 0.05,
        "alpha": ALPHA,
        "power": 0.8,
        "quantum": False,
    }
    return Claim.model_validate(stated | fields)


def asked(metric: Metric = "absolute_error", null: float = 0.0) -> Question:
    return Question("advantage", "the finalist", "ridge", metric, null, 0.1, ALPHA, 0.8)


def normal(rng: np.random.Generator, mean: float, count: int) -> NDArray[np.float64]:
    return np.clip(rng.normal(mean, 0.15, count), -1, 1)


def record(differences: NDArray[np.float64]) -> Graded:
    """A comparison with just these differences."""
    return Graded.of(np.maximum(differences, 0)[None], np.maximum(-differences, 0)[None])


@pytest.mark.parametrize(
    ("answer", "absolute", "squared"),
    [
        (50.0, 1.0, 1.0),
        (45.0, 0.5, 0.75),
        (55.0, 0.5, 0.75),
        (60.0, 0.0, 0.0),
        (99.0, 0.0, 0.0),
        (math.nan, 0.0, 0.0),
        (math.inf, 0.0, 0.0),
    ],
)
def test_a_grade_falls_with_the_error_and_is_nothing_from_the_worst_on(
    answer: float, absolute: float, squared: float
) -> None:
    assert grades(claim(), [answer], [50.0]).tolist() == [absolute]
    assert grades(claim("squared_error"), [answer], [50.0]).tolist() == [squared]


def test_classes_are_right_or_wrong() -> None:
    found = grades(claim("accuracy", worst_error=None, target=0.04), [[0, 1], [1, 1]], [0, 1])
    assert (found.dtype, found.tolist()) == (np.bool_, [[True, True], [False, True]])
    assert score(np.array([True, False, True]), [0, 0, 1], "balanced_accuracy") == 0.75


def test_the_featureless_answer_is_the_best_constant() -> None:
    truth = [0.0, 1.0, 8.0]
    assert featureless(claim(), truth) == 1.0
    assert featureless(claim("squared_error"), truth) == 3.0
    assert featureless(claim("accuracy", worst_error=None, target=0.04), [2, 2, 1]) == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"worst_error": None}, "needs worst_error"),
        ({"metric": "accuracy"}, "grades classes"),
        ({"worst_error": 0.0}, "greater than 0"),
        ({"worst_error": math.inf}, "finite"),
        ({"psi": 0.005}, "mean square"),
    ],
)
def test_a_claim_that_cannot_be_graded_is_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        claim(**fields)


@pytest.mark.parametrize(
    ("mean", "expected"), [(0.12, Outcome.GO), (0.06, Outcome.INCONCLUSIVE), (-0.05, Outcome.NO_GO)]
)
def test_the_three_answers(mean: float, expected: Outcome) -> None:
    found = record(normal(np.random.default_rng(1), mean, 60))
    assert judged(asked(), found, 60).outcome is expected


@pytest.mark.parametrize(
    ("found", "planned", "said"),
    [
        (Graded(seeds=1, differences=(0.1,) * 5), 6, "holds 5 rows where 6"),
        (Graded(seeds=1, differences=(0.1, 1.5)), 2, "impossible"),
        (Graded(seeds=1, differences=(0.1, math.nan)), 2, "impossible"),
        (Graded(seeds=0, differences=(0.1, 0.2)), 2, "impossible"),
        (Graded(seeds=1, differences=()), 0, "fixed beforehand"),
    ],
)
def test_an_unfit_record_is_inconclusive(found: Graded, planned: int, said: str) -> None:
    check = judged(asked(), found, planned)
    assert check.outcome is Outcome.INCONCLUSIVE
    assert said in check.reason


def test_grades_say_nothing_of_accuracy() -> None:
    check = judged(asked("accuracy"), Graded(seeds=1, differences=(0.5,) * 99), 99)
    assert (check.outcome, "say nothing of accuracy" in check.reason) == (Outcome.INCONCLUSIVE, True)


def test_rare_large_losses_are_not_called_an_advantage() -> None:
    """A mean of 0 in which one row in fifty loses everything: a t-test at 5 % says GO in 13 % of such samples of 100."""
    rng, share = np.random.default_rng(2), 0.02
    runs = [np.where(rng.random(100) < share, -1.0, share / (1 - share)) for _ in range(400)]
    assert np.mean([judged(asked(), record(one), 100).outcome is Outcome.GO for one in runs]) <= ALPHA


@pytest.mark.parametrize("spread", [0.05, 0.3, 0.9])
def test_a_true_null_is_rarely_called_go(spread: float) -> None:
    rng = np.random.default_rng(3)
    runs = [rng.uniform(-spread, spread, 80) for _ in range(400)]
    assert np.mean([judged(asked(), record(one), 80).outcome is Outcome.GO for one in runs]) <= ALPHA


@pytest.mark.parametrize(
    ("target", "psi", "null"), [(0.05, 0.01, 0.0), (0.1, 0.05, 0.0), (0.1, 0.3, 0.0), (0.0, 0.02, -0.1)]
)
def test_the_rows_required_give_the_power_asked_for(target: float, psi: float, null: float) -> None:
    rng, needed = np.random.default_rng(4), power.required_graded(null, target, psi, 0.04, 0.8)
    spread = math.sqrt(psi - target**2)
    limit = Graded(seeds=1, differences=(0.0,)).limit("absolute_error", 0.04)
    shown = [
        record(np.clip(rng.normal(target, spread, needed), -1, 1)).z("absolute_error", null) > limit for _ in range(600)
    ]
    assert 0.74 < np.mean(shown) < 0.9


def test_what_no_number_of_rows_shows_is_refused() -> None:
    with pytest.raises(ValueError, match="within the null hypothesis"):
        power.required_graded(0.0, 0.0, 0.1, ALPHA, 0.8)
    with pytest.raises(ValueError, match="less than the square"):
        power.required_graded(0.0, 0.5, 0.1, ALPHA, 0.8)


def test_the_smallest_advantage_takes_the_rows_there_are() -> None:
    stated = claim()
    reach = power.detectable_for(stated, 150, ALPHA)
    assert power.required_graded(0.0, reach * 1.001, stated.psi, ALPHA, 0.8) <= 150
    assert power.required_graded(0.0, reach * 0.98, stated.psi, ALPHA, 0.8) > 150
    assert power.detectable_for(stated, 2, ALPHA) == math.inf


def test_the_interval_holds_the_mean_and_inverts_the_test() -> None:
    rng = np.random.default_rng(5)
    found = record(normal(rng, 0.1, 100))
    low, high = found.interval("absolute_error", 0.9)
    assert low < found.advantage("absolute_error") < high
    assert found.z("absolute_error", low - 1e-6) > found.limit("absolute_error", 0.05)
    assert found.z("absolute_error", low + 1e-6) < found.limit("absolute_error", 0.05)
    assert found.z("absolute_error", high + 1e-6) < -found.limit("absolute_error", 0.05)
    held = [
        one.interval("absolute_error", 0.9)[0] <= 0.1 <= one.interval("absolute_error", 0.9)[1]
        for one in (record(normal(rng, 0.1, 60)) for _ in range(100))
    ]
    assert np.mean(held) >= 0.9


def test_pairing_follows_the_grades() -> None:
    right, half = np.array([[True, False], [True, True]]), np.array([[0.5, 0.25], [1.0, 0.75]])
    assert paired(right, right[:1], ["a", "b"], ("a", "b"), averaged=False) == Comparison.of(
        right[0], right[0], ["a", "b"], ("a", "b")
    )
    assert isinstance(paired(right, right[:1], ["a", "b"], ("a", "b"), averaged=True), Averaged)
    assert paired(half, half[:1], (), (), averaged=False).advantage("absolute_error") == 0.0
    averaged = paired(half, half[:1], (), (), averaged=True)
    assert averaged == Graded(seeds=2, differences=(0.25, 0.25))


def test_measures_of_grades_say_score_and_hold_its_mean() -> None:
    found = intervals.accuracy(np.array([0.25, 0.5, 1.0, 0.75] * 20))
    assert (found.unit, found.value, found.n) == ("score", 0.625, 80)
    assert 0.45 < found.low < 0.625 < found.high < 0.8
    apart = intervals.difference(np.full(50, 0.6), np.full(50, 0.5))
    assert (apart.unit, apart.value) == ("score difference", pytest.approx(0.1))
    with pytest.raises(ValueError, match="between 0 and 1"):
        intervals.accuracy(np.array([0.5, 1.5]))


def folds(rng: np.random.Generator, mean: float, spread: float) -> Nested:
    """Five times ten folds of 20 rows, every fold's mean its own."""
    made = [record(np.clip(rng.normal(mean, spread, 20), -1, 1)) for _ in range(50)]
    return Nested(repeats=5, folds=tuple(made), trained=(180,) * 50)


def test_nested_folds_of_grades_are_judged() -> None:
    rng = np.random.default_rng(6)
    question = asked()
    assert judged(question, folds(rng, 0.15, 0.2), 200).outcome is Outcome.GO
    assert judged(question, folds(rng, -0.05, 0.2), 200).outcome is Outcome.NO_GO
    assert judged(question, folds(rng, 0.06, 0.4), 200).outcome is Outcome.INCONCLUSIVE


def test_nested_folds_without_their_rare_losses_are_not_trusted() -> None:
    """Gains of 0.01 on all 200 rows, as two in fifteen such samples show where one in a hundred would lose everything."""
    found = Nested(repeats=5, folds=(Graded(seeds=1, differences=(0.01,) * 20),) * 50, trained=(180,) * 50)
    assert judged(asked(), found, 200).outcome is not Outcome.GO


def test_a_claim_next_to_nothing_takes_more_rows_than_are_counted() -> None:
    assert power.required_graded(0.0, 1e-5, 0.04, ALPHA, 0.8) == power.MOST_POINTS
    check = judged(asked(), record(np.array([1.0] * 51 + [-1.0] * 50)), 101)
    assert (check.outcome, "more rows than can be had" in check.reason) == (Outcome.INCONCLUSIVE, True)


def test_a_mean_square_that_equals_the_squared_mean_is_possible() -> None:
    assert claim(target=0.1, psi=0.01).psi == 0.01
    assert power.required_graded(0.0, 0.1, 0.01, ALPHA, 0.8) > 1
