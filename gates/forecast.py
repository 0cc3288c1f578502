"""The budget gate: will the hardware stage stay within money and time, and is the device good enough to try?"""

import math
from decimal import Decimal
from functools import partial

from pydantic import Field

from gates.bound import at_most
from gates.records import Check, Evidence, Measure, Outcome, Record, Verdict
from gates.wording import observable, plural, points


class ForecastPolicy(Record):
    """`usd`, `queue_hours`: the budget. `max_emulated_loss`: accuracy or score (fraction) the emulated device may lose."""

    usd: Decimal = Field(ge=0)
    queue_hours: float = Field(gt=0)
    max_emulated_loss: float = Field(gt=0, lt=1)


class Spend(Record):
    """Dollars of the hardware stage: expected, median, 90th percentile and worst case.

    The worst: every point measured, every task failed and billed as often as it is retried, the calibration changed
    before every batch.
    """

    expected: Decimal
    p50: Decimal
    p90: Decimal
    worst: Decimal


class Shots(Record):
    """What a number of shots a circuit would lose (accuracy or score, fraction) and cost, all points measured.

    `meets`: the loss is at most a fifth of the hardware margin.
    """

    shots: int
    loss: float
    usd: Decimal
    meets: bool


class Trial(Record):
    """How a mitigation did against none at equal dollars.

    shots: a circuit, 0 where the dollars of none do not suffice. device_usd, none_usd: a batch of either on the device.
    points: rows drawn, with replacement, and answered by both with fresh shots; gained, lost: answers the mitigation set
    right, and wrong; of a quantity, answers it brought nearer the truth, and farther off, and `graded` its mean gain in
    score. log10_evidence: the most there was for "there is a gain". error, none_error: mean difference of class
    probabilities, or of values (in the target's units), from the exact simulator's, NaN without points. reason: the
    outcome in a sentence.
    """

    mitigation: str
    outcome: Outcome
    shots: int
    device_usd: Decimal
    none_usd: Decimal
    points: int = 0
    gained: int = 0
    lost: int = 0
    graded: float | None = None
    log10_evidence: float = 0.0
    error: float = math.nan
    none_error: float = math.nan
    reason: str = ""

    @property
    def gain(self) -> float:
        """Accuracy or score (fraction) gained over none; 0 where nothing was compared."""
        if self.graded is not None:
            return self.graded
        return (self.gained - self.lost) / self.points if self.points else 0.0


class Queue(Record):
    """What a forecast of the wait rests on.

    depth: jobs in front, None where nobody counts them. lower_bound: more may wait than was counted. rate: where
    `jobs_per_open_hour` comes from. scored: earlier jobs of the device; `calibrated` once there are enough of them.
    level: share of jobs the interval is set to miss now.
    """

    depth: int | None
    lower_bound: bool
    jobs_per_open_hour: float
    rate: str
    scored: int
    calibrated: bool
    level: float


class Track(Record):
    """How earlier forecasts turned out; NaN where there is nothing to score.

    waits: jobs scored, `calibrated` of them by calibrated forecasts; covered: share inside their 80 % interval; pinball
    losses and CRPS in hours. runs: ended runs; within_p50, within_p90: share that cost no more than that.
    """

    waits: int
    calibrated: int
    covered: float
    pinball_p10: float
    pinball_p50: float
    pinball_p90: float
    crps: float
    runs: int
    within_p50: float
    within_p90: float


class Account(Record):
    """An account that several pilots share. `left_usd`: what its limit leaves, None where no limit was set."""

    name: str
    left_usd: Decimal | None


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
