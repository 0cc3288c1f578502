"""The budget gate: will the hardware stage stay within money and time, and is the device good enough to try?"""

import math
from decimal import Decimal
from functools import partial

from pydantic import Field

from gates.bound import at_most
from gates.money import Account, Spend
from gates.queue import Queue, Track
from gates.records import Check, Evidence, Measure, Outcome, Record, Verdict
from gates.trial import Shots, Trial
from gates.wording import observable, plural, points


class ForecastPolicy(Record):
    """`usd`, `queue_hours`: the budget. `max_emulated_loss`: accuracy or score (fraction) the emulated device may lose."""

    usd: Decimal = Field(ge=0)
    queue_hours: float = Field(gt=0)
    max_emulated_loss: float = Field(gt=0, lt=1)


class ForecastEvidence(Evidence):
    """Exact quote, simulated spend of the sequential test, queue wait and emulated accuracy, or score, on development rows.

    `charged` is what will be billed (0 on an emulator), if `price_known`; `device_cost` what the device itself would
    cost; `classical_usd` what this machine's `classical_hours` are taken to cost, which no vendor bills. committed_usd:
    what earlier tries of the pilot have reserved or been billed. mitigation: the technique used, by name. curve: what
    each number of shots would lose and cost, and `shots_loss_limit` the loss allowed.
    """

    backend: str
    device: str
    points: int
    circuits_per_point: int
    shots: int
    mitigation: str
    trials: tuple[Trial, ...]
    curve: tuple[Shots, ...]
    shots_loss_limit: float
    charged: Spend
    device_cost: Spend
    price_known: bool
    committed_usd: Decimal
    account: Account | None
    classical_usd: Decimal
    classical_hours: Measure
    queues: bool
    queue: Queue
    wait_p10_hours: Measure
    wait_p50_hours: Measure
    wait_p90_hours: Measure
    track: Track
    simulated_accuracy: Measure
    emulated_accuracy: Measure
    emulated_loss: Measure
    notes: tuple[str, ...]


def decide(evidence: ForecastEvidence, policy: ForecastPolicy) -> Verdict:
    """GO if 9 in 10 hardware stages would stay within the money and the time, and the emulated device will do."""
    graded = evidence.simulated_accuracy.unit == "score"
    what, shown = "score" if graded else "accuracy", partial(points, graded=graded)
    finding = f"The {what} lost on an emulated {evidence.device} against the simulator"
    checks = [
        _budget(evidence, policy),
        *([] if evidence.account is None else [_account(evidence, evidence.account)]),
        _wait(evidence, policy),
        at_most(f"emulated {what}", evidence.emulated_loss, policy.max_emulated_loss, finding, shown),
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


def _flaw(evidence: ForecastEvidence) -> str:
    """Why no limit can be held against the spend; empty where it can."""
    charged, committed = evidence.charged, evidence.committed_usd
    if not evidence.price_known:
        return f"What {evidence.backend} bills for {evidence.device} is not known, so no budget can be kept."
    amounts = (charged.expected, charged.p50, charged.p90, charged.worst, committed)
    sound = all(amount.is_finite() and amount >= 0 for amount in amounts)
    # The mean may lie above a percentile of a skewed spend, but nothing lies above the worst case.
    sound = sound and charged.p50 <= charged.p90 <= charged.worst and charged.expected <= charged.worst
    return "" if sound else "The forecast of the spend contradicts itself, so the budget cannot be held against it."


def _budget(evidence: ForecastEvidence, policy: ForecastPolicy) -> Check:
    """Whether what earlier tries took and what 9 in 10 runs are billed fit into the pilot's budget together.

    | price known, spend sound | committed + P90 <= usd | answer       |
    |--------------------------|------------------------|--------------|
    | no                       | -                      | INCONCLUSIVE |
    | yes                      | yes                    | GO           |
    | yes                      | no                     | NO_GO        |
    """
    charged, committed, flaw = evidence.charged, evidence.committed_usd, _flaw(evidence)
    taken = f" Earlier tries have taken {_usd(committed)}." if committed else ""
    others = f"(half of them {_usd(charged.p50)}, the worst {_usd(charged.worst)})"
    if flaw:
        outcome, reason = Outcome.INCONCLUSIVE, flaw
    elif committed + charged.p90 <= policy.usd:
        outcome = Outcome.GO
        reason = f"9 in 10 such runs are billed {_usd(charged.p90)} or less {others}; the budget is {_usd(policy.usd)}.{taken}"
    else:
        outcome = Outcome.NO_GO
        left = f"the {_usd(max(policy.usd - committed, Decimal(0)))} left of" if committed else "the budget of"
        reason = (
            f"1 in 10 such runs is billed {_usd(charged.p90)} or more {others}, above {left} {_usd(policy.usd)}.{taken}"
        )
    return Check(
        name="budget",
        outcome=outcome,
        observed=str(committed + charged.p90),
        required=f"at most {_usd(policy.usd)}",
        reason=reason,
    )


def _account(evidence: ForecastEvidence, account: Account) -> Check:
    """Whether what 9 in 10 runs are billed fits into what the shared account has left."""
    p90, left, flaw = evidence.charged.p90, account.left_usd, _flaw(evidence)
    if flaw:
        outcome, reason = Outcome.INCONCLUSIVE, flaw
    elif left is None:
        outcome = Outcome.INCONCLUSIVE if p90 > 0 else Outcome.GO
        reason = f"No limit is set for account {account.name!r}, so nothing can be held against it."
    elif not left.is_finite():
        outcome, reason = Outcome.INCONCLUSIVE, f"What account {account.name!r} has left is not known."
    elif p90 <= left or p90 == 0:
        outcome = Outcome.GO
        reason = f"9 in 10 such runs are billed {_usd(p90)} or less; account {account.name!r} has {_usd(left)} left."
    else:
        outcome = Outcome.NO_GO
        reason = f"1 in 10 such runs is billed {_usd(p90)} or more; account {account.name!r} has {_usd(left)} left."
    required = "a limit" if left is None else f"at most {_usd(left)}"
    return Check(name="account", outcome=outcome, observed=str(p90), required=required, reason=reason)


def _wait(evidence: ForecastEvidence, policy: ForecastPolicy) -> Check:
    """Whether 9 in 10 tasks are answered in time.

    | queues | P90 known | P90 <= limit | more may wait than counted | answer       |
    |--------|-----------|--------------|----------------------------|--------------|
    | no     | -         | -            | -                          | GO           |
    | yes    | no        | -            | -                          | INCONCLUSIVE |
    | yes    | yes       | no           | either                     | NO_GO        |
    | yes    | yes       | yes          | yes                        | INCONCLUSIVE |
    | yes    | yes       | yes          | no                         | GO           |
    """
    wait, limit = evidence.wait_p90_hours, policy.queue_hours
    if not evidence.queues:
        outcome, reason = Outcome.GO, f"{evidence.backend} runs at once; there is no queue."
    elif not (math.isfinite(wait.value) and wait.value >= 0):
        outcome, reason = (
            Outcome.INCONCLUSIVE,
            f"The wait for {evidence.device} is not known: {wait.method or 'no figure'}.",
        )
    elif wait.value > limit:
        outcome = Outcome.NO_GO
        reason = (
            f"1 in 10 such tasks waits {wait.value:.3g} hours or more for {evidence.device}; {limit:.3g} are allowed."
        )
    elif evidence.queue.lower_bound:
        outcome = Outcome.INCONCLUSIVE
        counted = "is not known" if evidence.queue.depth is None else f"is more than {evidence.queue.depth:,}"
        reason = (
            f"The queue at {evidence.device} {counted}: 1 in 10 such tasks waits {wait.value:.3g} hours at least, and"
            f" {limit:.3g} are allowed."
        )
    else:
        outcome = Outcome.GO
        reason = (
            f"9 in 10 such tasks wait {wait.value:.3g} hours or less for {evidence.device}; {limit:.3g} are allowed."
        )
    return Check(
        name="wait",
        outcome=outcome,
        observed=observable(wait.value) if evidence.queues else 0,
        required=f"at most {limit:.3g} hours for 9 in 10 tasks",
        reason=reason,
    )


def _usd(amount: Decimal) -> str:
    return f"${amount:,.2f}"
