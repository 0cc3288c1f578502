"""The prototype gate, check by check."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from gates import prototype
from gates.advantage import Question, judged
from gates.records import Check, Measure, Outcome, Verdict

GO, INCONCLUSIVE, NO_GO = Outcome.GO, Outcome.INCONCLUSIVE, Outcome.NO_GO


def named(verdict: Verdict, name: str) -> Check:
    return next(check for check in verdict.checks if check.name == name)


def test_a_shown_claim_is_go(given: SimpleNamespace) -> None:
    verdict = prototype.decide(given.prototype(), given.prototype_policy())
    assert [check.name for check in verdict.checks] == ["advantage", "majority", "wallet", "power", "device power"]
    assert verdict.outcome == GO
    assert "kernel" in verdict.reason
    assert "+16.7 percentage points" in verdict.reason


@pytest.mark.parametrize(
    ("better", "worse", "outcome", "why"),
    [
        (60, 10, GO, "far above"),
        (42, 26, GO, "z = 1.94 is above z(4 %) = 1.75"),
        (100, 80, INCONCLUSIVE, "z = 1.49 is below it, and ten points are not ruled out"),
        (40, 27, NO_GO, "z(0) = 1.59 is below it, and ten points are ruled out"),
        (10, 60, NO_GO, "far below"),
        (0, 0, NO_GO, "they never differ, so ten points are ruled out"),
    ],
)
def test_advantage(given: SimpleNamespace, better: int, worse: int, outcome: Outcome, why: str) -> None:
    evidence = given.prototype(advantage=given.comparison(300, better, worse))
    assert named(prototype.decide(evidence, given.prototype_policy()), "advantage").outcome == outcome, why


def test_go_is_tested_first_where_many_points_show_a_small_advantage(given: SimpleNamespace) -> None:
    evidence = given.prototype(
        locked=10_000,
        advantage=given.comparison(10_000, 1100, 900),
        majority=given.comparison(10_000, 4000, 900),
    )
    assert evidence.advantage.z("accuracy", 0.1) < -1.76, "ten points are ruled out as well"
    assert prototype.decide(evidence, given.prototype_policy()).outcome == GO


@pytest.mark.parametrize(
    ("better", "worse", "outcome"),
    [(35, 30, GO), (22, 42, INCONCLUSIVE), (15, 80, NO_GO), (10, 40, INCONCLUSIVE)],
)
def test_non_inferiority(given: SimpleNamespace, better: int, worse: int, outcome: Outcome) -> None:
    evidence = given.prototype(advantage=given.comparison(300, better, worse))
    policy = given.prototype_policy(claim=given.non_inferiority())
    assert named(prototype.decide(evidence, policy), "advantage").outcome == outcome


def test_inconclusive_says_how_many_rows_it_takes(given: SimpleNamespace) -> None:
    evidence = given.prototype(advantage=given.comparison(300, 100, 80))
    reason = named(prototype.decide(evidence, given.prototype_policy()), "advantage").reason
    assert "it takes about 906 rows" in reason, "(1.751 sqrt(.6) + .842 sqrt(.6 - .0667^2))^2 / .0667^2"


def test_inconclusive_does_not_promise_what_rows_cannot_show(given: SimpleNamespace) -> None:
    evidence = given.prototype(locked=100, advantage=given.comparison(100, 40, 40))
    check = named(prototype.decide(evidence, given.prototype_policy()), "advantage")
    assert check.outcome == INCONCLUSIVE
    assert "would not show it either" in check.reason


def test_the_share_of_a_later_try_is_smaller(given: SimpleNamespace) -> None:
    advantage = given.comparison(300, 42, 26)
    claim = given.claim(target=0.2)
    first = given.prototype(advantage=advantage)
    second = given.prototype(advantage=advantage, attempt=2, alpha=0.008)
    policy = given.prototype_policy(claim=claim)
    assert named(prototype.decide(first, policy), "advantage").outcome == GO
    assert named(prototype.decide(second, policy), "advantage").outcome != GO


@pytest.mark.parametrize(
    ("attempt", "alpha", "outcome"),
    [
        (1, 0.04, GO),
        (2, 0.008, GO),
        (3, 0.0016, GO),
        (4, 0.00032, INCONCLUSIVE),
        (2, 0.04, INCONCLUSIVE),
        (1, 0.05, INCONCLUSIVE),
        (0, 0.04, INCONCLUSIVE),
        (1, 0.0, INCONCLUSIVE),
        (1, math.nan, INCONCLUSIVE),
    ],
)
def test_wallet(given: SimpleNamespace, attempt: int, alpha: float, outcome: Outcome) -> None:
    verdict = prototype.decide(given.prototype(attempt=attempt, alpha=alpha), given.prototype_policy())
    assert named(verdict, "wallet").outcome == outcome


def test_a_record_that_claims_more_alpha_is_tested_at_the_share_it_has(given: SimpleNamespace) -> None:
    evidence = given.prototype(attempt=2, alpha=0.2, advantage=given.comparison(300, 42, 26))
    assert named(prototype.decide(evidence, given.prototype_policy()), "advantage").outcome != GO


@pytest.mark.parametrize(("locked", "outcome"), [(199, INCONCLUSIVE), (200, GO), (201, GO), (0, INCONCLUSIVE)])
def test_power(given: SimpleNamespace, locked: int, outcome: Outcome) -> None:
    verdict = prototype.decide(given.prototype(locked=locked, required=1), given.prototype_policy())
    assert named(verdict, "power").outcome == outcome


def test_a_refused_design_with_its_set_closed_says_what_it_would_take(given: SimpleNamespace) -> None:
    evidence = given.prototype(locked=60, required=200, advantage=None, twin=None, majority=None)
    verdict = prototype.decide(evidence, given.prototype_policy())
    assert [check.name for check in verdict.checks] == ["wallet", "power", "device power"]
    assert verdict.outcome == INCONCLUSIVE
    assert "cannot show" in verdict.reason
    assert "takes 200" in verdict.reason


def test_a_set_that_should_have_been_read_and_was_not_is_inconclusive(given: SimpleNamespace) -> None:
    verdict = prototype.decide(given.prototype(advantage=None), given.prototype_policy())
    assert verdict.outcome == INCONCLUSIVE


@pytest.mark.parametrize(
    ("better", "worse", "outcome"), [(60, 10, GO), (100, 80, INCONCLUSIVE), (0, 0, NO_GO), (10, 60, NO_GO)]
)
@pytest.mark.parametrize("name", ["entanglement", "majority"])
def test_twin_and_majority_must_be_beaten(
    given: SimpleNamespace, name: str, better: int, worse: int, outcome: Outcome
) -> None:
    field = {"entanglement": "twin", "majority": "majority"}[name]
    evidence = given.prototype(**{field: given.comparison(300, better, worse)})
    verdict = prototype.decide(evidence, given.prototype_policy(claim=given.claim(quantum=True)))
    assert named(verdict, name).outcome == outcome
    assert verdict.outcome == outcome


@pytest.mark.parametrize("field", ["twin", "majority"])
def test_a_missing_comparison_is_inconclusive(given: SimpleNamespace, field: str) -> None:
    policy = given.prototype_policy(claim=given.claim(quantum=True))
    assert prototype.decide(given.prototype(**{field: None}), policy).outcome == INCONCLUSIVE


def test_the_twin_is_no_question_where_quantum_is_not_claimed(given: SimpleNamespace) -> None:
    evidence = given.prototype(twin=given.comparison(300, 10, 60))
    assert prototype.decide(evidence, given.prototype_policy()).outcome == GO


def test_always_naming_the_frequent_class_does_not_pass_as_non_inferior(given: SimpleNamespace) -> None:
    evidence = given.prototype(advantage=given.comparison(300, 3, 9), majority=given.comparison(300, 0, 0))
    assert prototype.decide(evidence, given.prototype_policy(claim=given.non_inferiority())).outcome == NO_GO


@pytest.mark.parametrize("field", ["twin", "majority"])
def test_the_margin_of_a_non_inferiority_claim_is_no_allowance_against_twin_and_majority(
    given: SimpleNamespace, field: str
) -> None:
    level = given.comparison(300, 30, 30)
    policy = given.prototype_policy(claim=given.non_inferiority(quantum=True))
    assert named(prototype.decide(given.prototype(advantage=level), policy), "advantage").outcome == GO
    verdict = prototype.decide(given.prototype(**{field: level}), policy)
    assert verdict.outcome != GO, "within the margin of it is not better than it"


@pytest.mark.parametrize(
    ("ratio", "outcome"),
    [
        ((0.4, 0.4, 0.4), GO),
        ((0.5, 0.5, 0.5), GO),
        ((0.4, 0.3, 0.5), GO),
        ((0.45, 0.4, 0.51), INCONCLUSIVE),
        ((0.6, 0.51, 0.7), NO_GO),
        ((0.51, 0.51, 0.51), NO_GO),
        ((0.4, math.nan, math.nan), INCONCLUSIVE),
        ((math.nan, math.nan, math.nan), INCONCLUSIVE),
        ((0.4, -math.inf, 0.4), INCONCLUSIVE),
        ((0.4, 0.1, 0.2), INCONCLUSIVE),
    ],
)
def test_resource(given: SimpleNamespace, ratio: tuple[float, float, float], outcome: Outcome) -> None:
    value, low, high = ratio
    evidence = given.prototype(resource_ratio=Measure(value=value, low=low, high=high, n=1))
    verdict = prototype.decide(evidence, given.prototype_policy(claim=given.non_inferiority()))
    assert named(verdict, "resource").outcome == outcome


def test_an_unmeasured_resource_is_inconclusive(given: SimpleNamespace) -> None:
    policy = given.prototype_policy(claim=given.non_inferiority())
    assert prototype.decide(given.prototype(resource_ratio=None), policy).outcome == INCONCLUSIVE


@pytest.mark.parametrize(
    "counts",
    [
        {"points": 299},
        {"points": 0, "better": 0, "worse": 0, "by_class": {}},
        {"better": 300},
        {"worse": -1},
        {"by_class": {}},
        {"by_class": {"a": (150, 60, 10), "b": (150, 1, 0)}},
        {"by_class": {"a": (10, 50, 5), "b": (290, 10, 5)}},
    ],
)
@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy"])
def test_a_comparison_that_contradicts_itself_is_inconclusive(
    given: SimpleNamespace, counts: dict[str, Any], metric: str
) -> None:
    broken = given.comparison(300, 60, 10).model_copy(update=counts)
    policy = given.prototype_policy(claim=given.claim(metric=metric))
    check = named(prototype.decide(given.prototype(advantage=broken), policy), "advantage")
    assert check.outcome == INCONCLUSIVE
    assert "cannot be used" in check.reason


@pytest.mark.parametrize(("metric", "outcome"), [("accuracy", GO), ("balanced_accuracy", INCONCLUSIVE)])
def test_a_class_without_rows_leaves_balanced_accuracy_undefined(
    given: SimpleNamespace, metric: str, outcome: Outcome
) -> None:
    absent = given.comparison(300, 60, 10).model_copy(update={"by_class": {"a": (300, 60, 10), "b": (0, 0, 0)}})
    policy = given.prototype_policy(claim=given.claim(metric=metric))
    assert named(prototype.decide(given.prototype(advantage=absent), policy), "advantage").outcome == outcome


def test_balanced_accuracy_does_not_let_the_frequent_class_outvote_the_rare(given: SimpleNamespace) -> None:
    rare_lost = given.comparison(300, 60, 10).model_copy(update={"by_class": {"no": (270, 60, 0), "yes": (30, 0, 10)}})
    wide = given.claim(target=0.3, psi=0.35)
    plain, balanced = (
        named(
            prototype.decide(
                given.prototype(advantage=rare_lost),
                given.prototype_policy(claim=wide.model_copy(update={"metric": metric})),
            ),
            "advantage",
        )
        for metric in ("accuracy", "balanced_accuracy")
    )
    assert (plain.outcome, balanced.outcome) == (GO, NO_GO)
    assert balanced.observed == pytest.approx((60 / 270 - 10 / 30) / 2)


@pytest.mark.parametrize(
    ("device_points", "outcome"),
    [(149, INCONCLUSIVE), (150, GO), (300, GO), (0, INCONCLUSIVE)],
)
def test_the_device_needs_the_points_promotion_takes(
    given: SimpleNamespace, device_points: int, outcome: Outcome
) -> None:
    verdict = prototype.decide(given.prototype(device_points=device_points), given.prototype_policy())
    assert named(verdict, "device power").outcome == outcome


def test_a_number_of_points_never_worked_out_is_not_enough(given: SimpleNamespace) -> None:
    verdict = prototype.decide(given.prototype(required=0), given.prototype_policy())
    assert named(verdict, "device power").outcome == INCONCLUSIVE


@pytest.mark.parametrize(("null", "refuted"), [(math.nan, 0.1), (math.nan, math.nan)])
def test_a_score_that_is_not_a_number_is_never_go(given: SimpleNamespace, null: float, refuted: float) -> None:
    question = Question("advantage", "one", "other", "accuracy", null, refuted, 0.04, 0.8)
    strong = given.comparison(300, 100, 0)
    assert math.isnan(strong.z("accuracy", null))
    assert judged(question, strong, 300).outcome != GO
