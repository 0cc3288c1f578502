"""The forecast gate's limits on money that is spoken for, on shared accounts, and on waits nobody has counted."""

import math
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, example, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from gates import forecast
from gates.forecast import ForecastEvidence
from gates.money import Account
from gates.records import Check, Measure, Outcome

GO, INCONCLUSIVE, NO_GO = Outcome.GO, Outcome.INCONCLUSIVE, Outcome.NO_GO


def check(evidence: ForecastEvidence, policy: forecast.ForecastPolicy, name: str) -> Check:
    return next(one for one in forecast.decide(evidence, policy).checks if one.name == name)


@pytest.mark.parametrize(
    ("committed", "outcome"),
    [
        ("0", GO),
        ("9.99", GO),
        ("10", GO),
        ("10.01", NO_GO),
        ("500", NO_GO),
        ("NaN", INCONCLUSIVE),
        ("-1", INCONCLUSIVE),
    ],
)
def test_what_earlier_tries_took_counts(given: SimpleNamespace, committed: str, outcome: Outcome) -> None:
    """P90 is 90, the budget 100."""
    evidence = given.forecast(charged=given.spend(90)).model_copy(update={"committed_usd": Decimal(committed)})
    assert check(evidence, given.forecast_policy(), "budget").outcome == outcome


def test_the_reason_says_what_is_left_of_the_budget(given: SimpleNamespace) -> None:
    evidence = given.forecast(charged=given.spend(90), committed_usd=Decimal("35.5"))
    assert (
        "above the $64.50 left of $100.00. Earlier tries have taken $35.50."
        in forecast.decide(evidence, given.forecast_policy()).reason
    )


@pytest.mark.parametrize(
    ("left", "outcome"),
    [
        ("1000", GO),
        ("90", GO),
        ("89.99", NO_GO),
        ("0", NO_GO),
        ("-5", NO_GO),
        ("NaN", INCONCLUSIVE),
        ("Infinity", INCONCLUSIVE),
        (None, INCONCLUSIVE),
    ],
)
def test_the_account_has_to_have_it_left(given: SimpleNamespace, left: str | None, outcome: Outcome) -> None:
    account = Account(name="lab", left_usd=None)
    account = account.model_copy(update={"left_usd": None if left is None else Decimal(left)})
    evidence = given.forecast(charged=given.spend(90)).model_copy(update={"account": account})
    assert check(evidence, given.forecast_policy(), "account").outcome == outcome
    free = given.forecast(charged=given.spend(0)).model_copy(update={"account": account})
    expected = INCONCLUSIVE if left in ("NaN", "Infinity") else GO
    assert check(free, given.forecast_policy(), "account").outcome == expected, "what costs nothing takes nothing"


def test_without_an_account_there_is_no_such_check(given: SimpleNamespace) -> None:
    names = [one.name for one in forecast.decide(given.forecast(), given.forecast_policy()).checks]
    assert names == ["budget", "wait", "emulated accuracy", "work"]


@pytest.mark.parametrize("p90", [0, 90, 1000])
def test_a_price_that_is_not_known_is_never_go(given: SimpleNamespace, p90: float) -> None:
    account = Account(name="lab", left_usd=Decimal(5000))
    evidence = given.forecast(charged=given.spend(p90), price_known=False, account=account)
    for name in ("budget", "account"):
        found = check(evidence, given.forecast_policy(), name)
        assert (found.outcome, "is not known" in found.reason) == (INCONCLUSIVE, True)


@pytest.mark.parametrize(
    ("hours", "lower_bound", "outcome"),
    [
        (10, False, GO),
        (24, False, GO),
        (24.01, False, NO_GO),
        (10, True, INCONCLUSIVE),
        (24, True, INCONCLUSIVE),
        (24.01, True, NO_GO),
        (math.nan, True, INCONCLUSIVE),
    ],
)
def test_a_wait_that_is_a_lower_bound_is_never_go(
    given: SimpleNamespace, hours: float, lower_bound: bool, outcome: Outcome
) -> None:
    queue = given.forecast().queue.model_copy(update={"lower_bound": lower_bound, "depth": 4000})
    evidence = given.forecast(queue=queue, wait_p90_hours=Measure(value=hours, method="uncalibrated"))
    assert check(evidence, given.forecast_policy(), "wait").outcome == outcome


def test_the_reason_says_what_is_not_counted(given: SimpleNamespace) -> None:
    queue = given.forecast().queue.model_copy(update={"lower_bound": True, "depth": 4000})
    assert "is more than 4,000" in check(given.forecast(queue=queue), given.forecast_policy(), "wait").reason
    unseen = given.forecast(queue=queue.model_copy(update={"depth": None}))
    assert "The queue at iqm-garnet is not known" in check(unseen, given.forecast_policy(), "wait").reason


def test_evidence_survives_json(given: SimpleNamespace) -> None:
    """NaN is the one value that is not equal to itself; its digest is."""
    account = Account(name="lab", left_usd=Decimal("12.30"))
    curve = (forecast.Shots(shots=100, loss=0.01, usd=Decimal("1.45"), meets=True),)
    evidence = given.forecast(account=account, curve=curve, committed_usd=Decimal("0.30"))
    again = ForecastEvidence.model_validate_json(evidence.model_dump_json())
    assert again.digest == evidence.digest
    assert (again.account, again.curve) == (account, curve)
    assert forecast.decide(again, given.forecast_policy()) == forecast.decide(evidence, given.forecast_policy())


RANK = {GO: 2, INCONCLUSIVE: 1, NO_GO: 0}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(p90=9000, taken=1000, more=1, left=20000)
@drawn(
    p90=st.integers(0, 20_000), taken=st.integers(0, 20_000), more=st.integers(0, 20_000), left=st.integers(0, 20_000)
)
def test_money_that_is_gone_never_helps(given: SimpleNamespace, p90: int, taken: int, more: int, left: int) -> None:
    """Cents; the budget is $100."""

    def answer(committed: int, rest: int) -> list[int]:
        account = Account(name="lab", left_usd=Decimal(rest) / 100)
        evidence = given.forecast(
            charged=given.spend(p90 / 100), committed_usd=Decimal(committed) / 100, account=account
        )
        return [RANK[check(evidence, given.forecast_policy(), name).outcome] for name in ("budget", "account")]

    richer, poorer = answer(taken, left), answer(taken + more, max(left - more, 0))
    assert poorer[0] <= richer[0]
    assert poorer[1] <= richer[1]
    assert (answer(taken, left)[0] == RANK[GO]) == (p90 + taken <= 10_000)
