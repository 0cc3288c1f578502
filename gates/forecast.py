"""The budget gate: will the hardware stage stay within money and time, and is the device good enough to try?"""

import math
from decimal import Decimal

from pydantic import Field

from gates.bound import at_most
from gates.records import Check, Evidence, Measure, Outcome, Record, Verdict
from gates.wording import observable, plural, points


class ForecastPolicy(Record):
    """`usd`, `queue_hours`: the budget. `max_emulated_loss`: accuracy (fraction) the emulated device may lose."""

    usd: Decimal = Field(ge=0)
    queue_hours: float = Field(gt=0)
    max_emulated_loss: float = Field(gt=0, lt=1)


class Spend(Record):
    """Dollars of the hardware stage: expected, median, 90th percentile and worst case (every point measured)."""

    expected: Decimal
    p50: Decimal
    p90: Decimal
    worst: Decimal


class ForecastEvidence(Evidence):
    """Exact quote, simulated spend of the sequential test, queue wait and emulated accuracy on development rows.

    `charged` is what will be billed (0 on an emulator); `device_cost` what the device itself would cost.
    """

    backend: str
    device: str
    points: int
    circuits_per_point: int
    shots: int
    charged: Spend
    device_cost: Spend
    queues: bool
    wait_p50_hours: Measure
    wait_p90_hours: Measure
    simulated_accuracy: Measure
    emulated_accuracy: Measure
    emulated_loss: Measure
    notes: tuple[str, ...]


def decide(evidence: ForecastEvidence, policy: ForecastPolicy) -> Verdict:
    """GO if 9 in 10 hardware stages would stay within the money and the time, and the emulated device will do."""
    finding = f"The accuracy lost on an emulated {evidence.device} against the simulator"
    checks = [
        _budget(evidence.charged, policy),
        _wait(evidence, policy),
        at_most("emulated accuracy", evidence.emulated_loss, policy.max_emulated_loss, finding, points),
        _work(evidence),
    ]
    return Verdict.of("forecast", checks, evidence, policy)


def _work(evidence: ForecastEvidence) -> Check:
    planned = min(evidence.points, evidence.circuits_per_point, evidence.shots) >= 1
    reason = (
        f"{plural(evidence.points, 'row')} with {plural(evidence.circuits_per_point, 'circuit')} each and"
        f" {plural(evidence.shots, 'shot')} a circuit were forecast for {evidence.device}."
    )
    return Check(
        name="work",
        outcome=Outcome.GO if planned else Outcome.INCONCLUSIVE,
        observed=evidence.points * evidence.circuits_per_point,
        required="at least one row, circuit and shot",
        reason=reason if planned else f"There is nothing to forecast: {reason}",
    )


def _budget(charged: Spend, policy: ForecastPolicy) -> Check:
    spends = (charged.expected, charged.p50, charged.p90, charged.worst)
    sound = all(spend.is_finite() and spend >= 0 for spend in spends)
    # The mean may lie above a percentile of a skewed spend, but nothing lies above the worst case.
    sound = sound and charged.p50 <= charged.p90 <= charged.worst and charged.expected <= charged.worst
    if not sound:
        outcome = Outcome.INCONCLUSIVE
        reason = "The forecast of the spend contradicts itself, so the budget cannot be held against it."
    elif charged.p90 <= policy.usd:
        outcome = Outcome.GO
        reason = (
            f"9 in 10 such runs are billed {_usd(charged.p90)} or less (half of them {_usd(charged.p50)}, the worst"
            f" {_usd(charged.worst)}); the budget is {_usd(policy.usd)}."
        )
    else:
        outcome = Outcome.NO_GO
        reason = (
            f"1 in 10 such runs is billed {_usd(charged.p90)} or more (half of them {_usd(charged.p50)}, the worst"
            f" {_usd(charged.worst)}), above the budget of {_usd(policy.usd)}."
        )
    return Check(
        name="budget", outcome=outcome, observed=str(charged.p90), required=f"at most {_usd(policy.usd)}", reason=reason
    )


def _wait(evidence: ForecastEvidence, policy: ForecastPolicy) -> Check:
    wait, limit = evidence.wait_p90_hours, policy.queue_hours
    if not evidence.queues:
        outcome, reason = Outcome.GO, f"{evidence.backend} runs at once; there is no queue."
    elif not (math.isfinite(wait.value) and wait.value >= 0):
        outcome, reason = (
            Outcome.INCONCLUSIVE,
            f"The wait for {evidence.device} is not known: {wait.method or 'no figure'}.",
        )
    elif wait.value <= limit:
        outcome = Outcome.GO
        reason = (
            f"9 in 10 such runs wait {wait.value:.3g} hours or less for {evidence.device}; {limit:.3g} are allowed."
        )
    else:
        outcome = Outcome.NO_GO
        reason = (
            f"1 in 10 such runs waits {wait.value:.3g} hours or more for {evidence.device}; {limit:.3g} are allowed."
        )
    return Check(
        name="wait",
        outcome=outcome,
        observed=observable(wait.value) if evidence.queues else 0,
        required=f"at most {limit:.3g} hours for 9 in 10 runs",
        reason=reason,
    )


def _usd(amount: Decimal) -> str:
    return f"${amount:,.2f}"
