"""The gates that hold a measure against a limit: reduction and forecast."""

import math
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from gates import forecast, reduction
from gates.records import Check, Measure, Outcome, Verdict

GO, INCONCLUSIVE, NO_GO = Outcome.GO, Outcome.INCONCLUSIVE, Outcome.NO_GO

LOSSES = [
    ("below", (0.01, 0.0, 0.02), 100, GO),
    ("a gain", (-0.02, -0.04, -0.01), 100, GO),
    ("at", (0.02, 0.01, 0.03), 100, GO),
    ("straddling", (0.02, 0.01, 0.04), 100, INCONCLUSIVE),
    ("straddling from above", (0.04, 0.03, 0.05), 100, INCONCLUSIVE),
    ("above", (0.05, 0.04, 0.06), 100, NO_GO),
    ("NaN", (math.nan, math.nan, math.nan), 100, INCONCLUSIVE),
    ("no interval", (0.01, math.nan, math.nan), 100, INCONCLUSIVE),
    ("no upper end", (0.01, 0.0, math.inf), 100, INCONCLUSIVE),
    ("no lower end", (0.01, -math.inf, 0.02), 100, INCONCLUSIVE),
    ("outside its interval", (0.05, 0.0, 0.02), 100, INCONCLUSIVE),
    ("of nothing", (0.01, 0.0, 0.02), 0, INCONCLUSIVE),
]
CASES = pytest.mark.parametrize(("loss", "n", "outcome"), [row[1:] for row in LOSSES], ids=[row[0] for row in LOSSES])


def named(verdict: Verdict, name: str) -> Check:
    return next(check for check in verdict.checks if check.name == name)


@CASES
def test_reduction(given: SimpleNamespace, loss: tuple[float, float, float], n: int, outcome: Outcome) -> None:
    value, low, high = loss
    change = Measure(value=-value, low=-high, high=-low, n=n)
    verdict = reduction.decide(given.reduction(change), given.reduction_policy)
    assert (verdict.gate, verdict.outcome) == ("reduction", outcome)


@CASES
def test_emulated_accuracy(given: SimpleNamespace, loss: tuple[float, float, float], n: int, outcome: Outcome) -> None:
    value, low, high = loss
    evidence = given.forecast(emulated_loss=Measure(value=value, low=low, high=high, n=n))
    verdict = forecast.decide(evidence, given.forecast_policy(max_emulated_loss=0.03))
    assert (verdict.gate, verdict.outcome) == ("forecast", outcome)


def test_a_refused_reduction_says_its_figures(given: SimpleNamespace) -> None:
    reason = reduction.decide(given.reduction(given.measure(-0.078)), given.reduction_policy).reason
    assert "4 reduced features (pca) against the 20 raw ones" in reason
    assert "7.8 percentage points (6.8 to 8.8 percentage points)" in reason
    assert "above the 3.0 percentage points allowed" in reason


@pytest.mark.parametrize(("p90", "outcome"), [(0, GO), (99.99, GO), (100, GO), (100.01, NO_GO), (1000, NO_GO)])
def test_budget(given: SimpleNamespace, p90: float, outcome: Outcome) -> None:
    verdict = forecast.decide(given.forecast(charged=given.spend(p90)), given.forecast_policy())
    assert named(verdict, "budget").outcome == verdict.outcome == outcome


def test_the_budget_reads_what_is_charged_not_what_the_device_would_cost(given: SimpleNamespace) -> None:
    evidence = given.forecast(charged=given.spend(0, 0), device_cost=given.spend(900))
    assert forecast.decide(evidence, given.forecast_policy(usd=Decimal(0))).outcome == GO


@pytest.mark.parametrize(
    "changes",
    [
        {"p90": Decimal(-1)},
        {"p90": Decimal("NaN")},
        {"worst": Decimal("Infinity")},
        {"p50": Decimal(91)},
        {"worst": Decimal(89)},
        {"expected": Decimal(1001)},
    ],
    ids=["negative", "NaN", "infinite", "P50 above P90", "P90 above the worst", "mean above the worst"],
)
def test_a_spend_that_contradicts_itself_is_inconclusive(given: SimpleNamespace, changes: dict[str, Decimal]) -> None:
    evidence = given.forecast(charged=given.spend(90).model_copy(update=changes))
    assert named(forecast.decide(evidence, given.forecast_policy()), "budget").outcome == INCONCLUSIVE


@pytest.mark.parametrize(
    ("hours", "outcome"),
    [(0, GO), (24, GO), (24.1, NO_GO), (math.nan, INCONCLUSIVE), (math.inf, INCONCLUSIVE), (-1, INCONCLUSIVE)],
)
def test_wait(given: SimpleNamespace, hours: float, outcome: Outcome) -> None:
    evidence = given.forecast(wait_p90_hours=Measure(value=hours, method="uncalibrated"))
    assert named(forecast.decide(evidence, given.forecast_policy()), "wait").outcome == outcome


def test_without_a_queue_the_wait_is_no_question(given: SimpleNamespace) -> None:
    evidence = given.forecast(queues=False, wait_p90_hours=Measure.missing("no queue"))
    assert forecast.decide(evidence, given.forecast_policy()).outcome == GO


@pytest.mark.parametrize("changes", [{"points": 0}, {"shots": 0}, {"circuits_per_point": 0}])
def test_nothing_to_run_is_inconclusive(given: SimpleNamespace, changes: dict[str, Any]) -> None:
    assert forecast.decide(given.forecast(**changes), given.forecast_policy()).outcome == INCONCLUSIVE
