"""The prototype gate in its other forms: nested cross-validation, means over seeds, and the looks of a top-up."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from gates import prototype
from gates.averaged import Averaged
from gates.nested import Nested
from gates.records import Check, Outcome, Verdict

GO, INCONCLUSIVE, NO_GO = Outcome.GO, Outcome.INCONCLUSIVE, Outcome.NO_GO


def named(verdict: Verdict, name: str) -> Check:
    return next(check for check in verdict.checks if check.name == name)


def folds(given: SimpleNamespace, better: int, worse: int) -> Nested:
    """Ten folds of 30 rows."""
    return Nested(repeats=1, folds=tuple(given.comparison(30, better, worse) for _ in range(10)), trained=(270,) * 10)


def nested(given: SimpleNamespace, **changes: Any) -> Any:
    strong = folds(given, 7, 1)
    fields = {"advantage": strong, "twin": strong, "majority": strong, "locked": 90, "development": 300}
    fixed = {"form": "nested", "required": 280, "device_points": 90, "device_required": 80}
    return given.prototype(**(fields | fixed | changes))


def policy(given: SimpleNamespace, **changes: Any) -> Any:
    claim = given.claim(target=0.15)
    fixed = {"claim": claim, "frozen": True, "outer_folds": 10, "outer_repeats": 1, "device_power": 0.5}
    return given.prototype_policy(**(fixed | changes))


@pytest.mark.parametrize(
    ("odd", "even", "outcome"),
    [((7, 1), (6, 2), GO), ((6, 1), (1, 4), INCONCLUSIVE), ((1, 4), (0, 2), NO_GO), ((0, 0), (0, 0), NO_GO)],
)
def test_nested(given: SimpleNamespace, odd: tuple[int, int], even: tuple[int, int], outcome: Outcome) -> None:
    both = (given.comparison(30, *odd), given.comparison(30, *even))
    found = Nested(repeats=1, folds=both * 5, trained=(270,) * 10)
    verdict = prototype.decide(nested(given, advantage=found), policy(given))
    assert named(verdict, "advantage").outcome == outcome, named(verdict, "advantage").reason
    assert "procedure" in named(verdict, "advantage").reason


def test_nested_is_go_and_says_how_it_was_shown(given: SimpleNamespace) -> None:
    verdict = prototype.decide(nested(given), policy(given))
    assert [check.name for check in verdict.checks] == ["advantage", "majority", "wallet", "power", "device power"]
    assert verdict.outcome == GO
    assert "10 outer folds over 300 rows" in verdict.reason


@pytest.mark.parametrize(
    ("changes", "policies", "check"),
    [
        ({}, {"frozen": False}, "power"),
        ({"development": 200}, {}, "power"),
        ({"device_points": 70}, {}, "device power"),
        ({"device_points": 85}, {"device_power": None}, "device power"),
        ({}, {"outer_repeats": 2}, "advantage"),
        ({}, {"averaged": True}, "advantage"),
        ({"form": "locked", "locked": 300}, {}, "advantage"),
        ({"development": 301}, {}, "advantage"),
    ],
)
def test_nested_evidence_that_is_not_what_the_policy_asks_for(
    given: SimpleNamespace, changes: dict[str, Any], policies: dict[str, Any], check: str
) -> None:
    verdict = prototype.decide(nested(given, **changes), policy(given, **policies))
    assert verdict.outcome == INCONCLUSIVE
    assert named(verdict, check).outcome == INCONCLUSIVE


def test_a_plain_comparison_is_no_nested_one(given: SimpleNamespace) -> None:
    verdict = prototype.decide(nested(given, advantage=given.comparison(300, 70, 10)), policy(given))
    assert named(verdict, "advantage").outcome == INCONCLUSIVE


@pytest.mark.parametrize(("better", "outcome"), [(80, GO), (55, INCONCLUSIVE), (0, NO_GO)])
def test_means_over_seeds(given: SimpleNamespace, better: int, outcome: Outcome) -> None:
    # three seeds: D from -1 to 1 in thirds
    found = Averaged(seeds=3, by_class={"a": (40, 0, 0, 260 - better, 0, 0, better)})
    strong = Averaged(seeds=3, by_class={"a": (0, 0, 0, 200, 0, 0, 100)})
    evidence = given.prototype(advantage=found, twin=strong, majority=strong)
    verdict = prototype.decide(evidence, given.prototype_policy(averaged=True))
    assert named(verdict, "advantage").outcome == outcome, named(verdict, "advantage").reason
    assert prototype.decide(evidence, given.prototype_policy()).outcome == INCONCLUSIVE, "not what the policy asks for"


def test_each_of_two_looks_is_tested_at_half(given: SimpleNamespace) -> None:
    evidence = given.prototype(required=290, advantage=given.comparison(300, 42, 26))  # z = 1.94, between 1.75 and 2.05
    one, two = (prototype.decide(evidence, given.prototype_policy(looks=looks)) for looks in (1, 2))
    assert (named(one, "advantage").outcome, named(two, "advantage").outcome) == (GO, INCONCLUSIVE)
    assert "2 % at each of its two looks" in named(two, "wallet").reason


def test_the_wallet_says_what_is_left(given: SimpleNamespace) -> None:
    reason = named(prototype.decide(given.prototype(), given.prototype_policy()), "wallet").reason
    assert "1 % is left for tries after it" in reason
    last = given.prototype(attempt=3, alpha=0.0016)
    reason = named(prototype.decide(last, given.prototype_policy()), "wallet").reason
    assert "0.04 % is left after it, less than another try takes" in reason


def test_more_power_asked_of_the_device_never_helps(given: SimpleNamespace) -> None:
    outcomes = [
        named(prototype.decide(nested(given), policy(given, device_power=chance)), "device power").outcome
        for chance in (0.5, 0.6, 0.8, 0.95)
    ]
    assert outcomes == sorted(outcomes, key=[GO, INCONCLUSIVE].index)


@pytest.mark.parametrize(
    ("largest", "outcome"), [(0.5, GO), (0.79, GO), (0.8, INCONCLUSIVE), (0.97, INCONCLUSIVE), (math.nan, INCONCLUSIVE)]
)
def test_non_inferiority_in_accuracy_is_not_asked_of_skewed_classes(
    given: SimpleNamespace, largest: float, outcome: Outcome
) -> None:
    evidence = given.prototype(largest_class=largest)
    verdict = prototype.decide(evidence, given.prototype_policy(claim=given.non_inferiority()))
    assert named(verdict, "classes").outcome == outcome
    balanced = given.prototype_policy(claim=given.non_inferiority(metric="balanced_accuracy"))
    assert "classes" not in {check.name for check in prototype.decide(evidence, balanced).checks}
    assert "classes" not in {check.name for check in prototype.decide(evidence, given.prototype_policy()).checks}
