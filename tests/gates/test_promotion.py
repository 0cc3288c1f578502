"""The promotion gate, check by check."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from gates import promotion
from gates.records import Measure, Outcome

GO, INCONCLUSIVE, NO_GO = Outcome.GO, Outcome.INCONCLUSIVE, Outcome.NO_GO


def test_a_shown_claim_with_its_fallback_is_go(given: SimpleNamespace) -> None:
    verdict = promotion.decide(given.promotion(), given.promotion_policy())
    names = ["advantage on the device", "majority on the device", "planned rows", "fallback"]
    assert [check.name for check in verdict.checks] == names
    assert verdict.outcome == GO


@pytest.mark.parametrize(
    ("better", "worse", "outcome"), [(50, 10, GO), (60, 45, INCONCLUSIVE), (20, 20, NO_GO), (10, 50, NO_GO)]
)
@pytest.mark.parametrize("field", ["advantage", "majority"])
def test_classical_model_and_majority_must_be_beaten(
    given: SimpleNamespace, field: str, better: int, worse: int, outcome: Outcome
) -> None:
    evidence = given.promotion(**{field: given.comparison(200, better, worse)})
    assert promotion.decide(evidence, given.promotion_policy()).outcome == outcome


def test_the_margin_of_a_non_inferiority_claim_is_no_allowance_against_the_majority(given: SimpleNamespace) -> None:
    policy = given.promotion_policy(claim=given.non_inferiority())
    level = given.comparison(200, 10, 10)
    assert promotion.decide(given.promotion(advantage=level), policy).outcome == GO
    assert promotion.decide(given.promotion(majority=level), policy).outcome != GO


@pytest.mark.parametrize("points", [0, 150, 199, 201])
def test_the_test_is_made_at_the_planned_number_only(given: SimpleNamespace, points: int) -> None:
    measured = given.comparison(points, points // 2, 0)
    verdict = promotion.decide(given.promotion(advantage=measured, majority=measured), given.promotion_policy())
    assert {check.name for check in verdict.checks if check.outcome == GO} == {"fallback"}
    assert verdict.outcome == INCONCLUSIVE
    assert "fixed beforehand" in verdict.reason


def test_nothing_planned_is_inconclusive(given: SimpleNamespace) -> None:
    nothing = given.comparison(0, 0, 0)
    evidence = given.promotion(planned=0, advantage=nothing, majority=nothing)
    assert promotion.decide(evidence, given.promotion_policy()).outcome == INCONCLUSIVE


@pytest.mark.parametrize(
    ("changes", "required", "outcome"),
    [
        ({}, True, GO),
        ({"fallback": None}, True, NO_GO),
        ({"fallback": ""}, True, NO_GO),
        ({"fallback_answers": False}, True, NO_GO),
        ({"fallback": None, "fallback_answers": False}, False, GO),
    ],
)
def test_fallback(given: SimpleNamespace, changes: dict[str, Any], required: bool, outcome: Outcome) -> None:
    verdict = promotion.decide(given.promotion(**changes), given.promotion_policy(require_fallback=required))
    assert verdict.outcome == outcome


@pytest.mark.parametrize(
    ("ratio", "outcome"),
    [(0.5, GO), (0.51, NO_GO), (math.nan, INCONCLUSIVE)],
)
def test_resource(given: SimpleNamespace, ratio: float, outcome: Outcome) -> None:
    evidence = given.promotion(resource_ratio=Measure(value=ratio, low=ratio, high=ratio, n=1))
    policy = given.promotion_policy(claim=given.non_inferiority())
    assert promotion.decide(evidence, policy).outcome == outcome
    missing = given.promotion(resource_ratio=None)
    assert promotion.decide(missing, policy).outcome == INCONCLUSIVE


def test_a_smaller_alpha_asks_for_more(given: SimpleNamespace) -> None:
    evidence = given.promotion(advantage=given.comparison(200, 31, 18))
    policy = given.promotion_policy(claim=given.claim(target=0.2))
    assert promotion.decide(evidence, policy).outcome == GO
    stricter = given.promotion_policy(claim=given.claim(target=0.2), alpha=0.008)
    assert promotion.decide(evidence, stricter).outcome != GO
