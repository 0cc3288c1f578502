"""The data gate, check by check."""

from types import SimpleNamespace
from typing import Any

import pytest

from gates import data
from gates.records import Check, Measure, Outcome, Verdict
from gates.wording import MINUS

GO, INCONCLUSIVE, NO_GO = Outcome.GO, Outcome.INCONCLUSIVE, Outcome.NO_GO


def named(verdict: Verdict, name: str) -> Check:
    return next(check for check in verdict.checks if check.name == name)


def test_sound_rows_are_go(given: SimpleNamespace) -> None:
    verdict = data.decide(given.data(), given.data_policy())
    assert [check.name for check in verdict.checks] == ["rows", "classes", "split", "missing values", "class balance"]
    assert verdict.outcome == GO


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"rows": 501}, GO),
        ({"rows": 500}, GO),
        ({"rows": 499}, NO_GO),
        ({"features": 0}, NO_GO),
        ({"classes": {}}, NO_GO),
        ({"classes": {"no": 500}}, NO_GO),
        ({"classes": {"no": 0, "yes": 0}}, NO_GO),
        ({"classes": {"no": 450, "yes": 50}}, GO),
        ({"classes": {"no": 451, "yes": 49}}, NO_GO),
        ({"development": 0}, INCONCLUSIVE),
        ({"locked": 0}, INCONCLUSIVE),
        ({"development": 400, "locked": 200}, INCONCLUSIVE),
    ],
)
def test_rows_classes_and_split(given: SimpleNamespace, changes: dict[str, Any], outcome: Outcome) -> None:
    evidence = given.data(**({"development": 300, "locked": 150} | changes))
    assert data.decide(evidence, given.data_policy(min_rows=500)).outcome == outcome


def test_a_sound_quantity_is_go_and_says_how_it_lies(given: SimpleNamespace) -> None:
    verdict = data.decide(given.quantity(), given.quantity_policy())
    names = ["rows", "spread", "worst error", "split", "missing values", "class balance"]
    assert [check.name for check in verdict.checks] == names
    assert verdict.outcome == GO
    assert named(verdict, "spread").reason == (
        "The target has 320 distinct values, 25 to 346, half of the rows 87 to 211.5, median 140.5."
    )


NAN = float("nan")


@pytest.mark.parametrize(
    ("changes", "outcome", "said"),
    [
        ({"values": 10}, GO, "10 distinct values"),
        ({"values": 9}, NO_GO, "these look like classes"),
        ({"values": 1, "most": 25.0}, NO_GO, "does not vary"),
        ({"commonest_share": 0.49}, GO, ""),
        ({"commonest_share": 0.5}, GO, ""),
        ({"commonest_share": 0.51}, NO_GO, "51 % of the rows hold the value 72; 50 % may"),
        ({"commonest_share": NAN}, NO_GO, ""),
        ({"least": NAN}, NO_GO, "does not vary"),
        ({"most": float("inf")}, NO_GO, "does not vary"),
        ({"least": -3.25, "lower": -0.000125}, GO, f"{MINUS}3.25 to 346, half of the rows {MINUS}0.000125 to"),
        ({"heavy": 0.49}, GO, "median 140.5."),
        ({"heavy": 0.5}, GO, "Warning: one row in a hundred holds 50 % of its variance"),
        ({"heavy": NAN}, GO, "Warning"),
    ],
)
def test_the_spread_of_a_quantity(given: SimpleNamespace, changes: dict[str, Any], outcome: Outcome, said: str) -> None:
    evidence = given.quantity(target=given.spread(**changes))
    check = named(data.decide(evidence, given.quantity_policy()), "spread")
    assert (check.outcome, said in check.reason) == (outcome, True), check.reason
    assert ("Warning" in check.reason) == (not changes.get("heavy", 0) < 0.5)


@pytest.mark.parametrize(
    ("score", "outcome", "said"),
    [
        (0.53, GO, "leaves room"),
        (0.01, GO, ""),
        (0.99, GO, ""),
        (0.009, INCONCLUSIVE, "far below the target's own spread"),
        (0.991, INCONCLUSIVE, "far above the target's own spread"),
        (NAN, INCONCLUSIVE, ""),
    ],
)
def test_a_worst_error_of_another_unit_tells_no_models_apart(
    given: SimpleNamespace, score: float, outcome: Outcome, said: str
) -> None:
    evidence = given.quantity(majority=Measure(value=score, unit="score"))
    check = named(data.decide(evidence, given.quantity_policy()), "worst error")
    assert (check.outcome, said in check.reason) == (outcome, True), check.reason


def test_a_policy_for_the_other_kind_of_target_decides_nothing(given: SimpleNamespace) -> None:
    for evidence, policy, name in (
        (given.quantity(), given.data_policy(), "spread"),
        (given.data(), given.quantity_policy(), "classes"),
    ):
        check = named(data.decide(evidence, policy), name)
        assert check.outcome == INCONCLUSIVE
        assert "another kind of target" in check.reason


@pytest.mark.parametrize(
    ("severity", "success", "evaluated", "outcome"),
    [
        ("critical", True, True, GO),
        ("critical", False, True, NO_GO),
        ("critical", False, False, INCONCLUSIVE),
        ("critical", True, False, INCONCLUSIVE),
        ("warning", False, True, GO),
        ("warning", False, False, GO),
        ("info", False, True, GO),
    ],
)
def test_critical_stops_and_warning_shows(
    given: SimpleNamespace, severity: str, success: bool, evaluated: bool, outcome: Outcome
) -> None:
    one = given.expectation(
        name="range", severity=severity, success=success, evaluated=evaluated, reason="column 'a' reaches 1e9"
    )
    evidence = given.data(expectations=(given.expectation(), one))
    check = named(data.decide(evidence, given.data_policy()), "range")
    assert check.outcome == outcome
    assert ("Warning" in check.reason) == (severity != "critical")


def test_no_critical_expectation_is_inconclusive(given: SimpleNamespace) -> None:
    for expectations in ((), (given.expectation(severity="warning"),)):
        verdict = data.decide(given.data(expectations=expectations), given.data_policy())
        assert verdict.outcome == INCONCLUSIVE


def test_columns_of_one_expectation_share_a_check(given: SimpleNamespace) -> None:
    held = tuple(given.expectation(column=f"c{number}") for number in range(63))
    failed = given.expectation(column="b", success=False, reason="column 'b': 7 % missing")
    check = named(data.decide(given.data(expectations=held), given.data_policy()), "missing values")
    assert (check.outcome, check.observed) == (GO, "63 of 63 hold")
    verdict = data.decide(given.data(expectations=(*held, failed)), given.data_policy())
    check = named(verdict, "missing values")
    assert (check.outcome, check.observed, check.reason) == (NO_GO, "63 of 64 hold", "Column 'b': 7 % missing.")


def test_an_infinite_figure_is_shown_as_text(given: SimpleNamespace) -> None:
    one = given.expectation(observed=float("nan"))
    verdict = data.decide(given.data(expectations=(one,)), given.data_policy())
    assert type(verdict).model_validate_json(verdict.model_dump_json()) == verdict
