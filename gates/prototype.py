"""The prototype gate: does the one finalist show its claim on the locked set?"""

import math
from collections.abc import Iterator

from pydantic import Field

from gates.advantage import Question, judged
from gates.bound import at_most
from gates.claim import Claim
from gates.comparison import Comparison as Comparison  # stands in this gate's evidence, so it is found here too
from gates.contender import Contender as Contender
from gates.records import Check, Evidence, Measure, Outcome, Record, Verdict
from gates.statistics import power, wallet
from gates.wording import observable, percent, plural, points


class PrototypePolicy(Record):
    """`min_alpha`: the smallest wallet alpha a try is still tested at; below it the data set is used up."""

    claim: Claim
    min_alpha: float = Field(gt=0, le=0.2)


class PrototypeEvidence(Evidence):
    """The selection by repeated CV on development rows, and the one reading of the locked set.

    `locked` is the number of locked points fixed for the test before it was opened, `device_points` how many of them the
    device may measure, `required` what the claim takes, `attempt` the wallet's try on this data, `alpha` that try's share.
    Comparisons are None while the set is closed (the wallet or a power check refused it).
    """

    finalist: str
    reference: str
    locked: int
    device_points: int
    required: int
    attempt: int
    alpha: float
    contenders: tuple[Contender, ...]
    advantage: Comparison | None
    twin: Comparison | None
    majority: Comparison | None
    resource_ratio: Measure | None
    optimism: Measure
    importance: dict[str, Measure]
    failures: dict[str, str]


def decide(evidence: PrototypeEvidence, policy: PrototypePolicy) -> Verdict:
    """GO if the finalist shows its claim on the locked set at this try's share of alpha, and nothing speaks against it.

    All checks are needed together, so none needs a smaller alpha for the others' sake. While the set stays closed
    because the wallet or either power check refused it, those three are the verdict.
    """
    asked = design(evidence, policy)
    refused = Outcome.worst(check.outcome for check in asked) != Outcome.GO
    # The claim comes first: its sentence is the verdict's reason.
    answers = [] if refused and evidence.advantage is None else list(_locked_reading(evidence, policy))
    return Verdict.of("prototype", [*answers, *asked], evidence, policy)


def design(evidence: PrototypeEvidence, policy: PrototypePolicy) -> list[Check]:
    """What can be asked before anything is computed: is there alpha left, are there points enough?"""
    return [_wallet(evidence, policy), _power(evidence, policy), _device_power(evidence)]


def _share(evidence: PrototypeEvidence, policy: PrototypePolicy) -> float:
    """The error rate to test at: never more than the wallet gives this try; NaN where the record names none."""
    if evidence.attempt < 1 or not 0 < evidence.alpha < 1:
        return math.nan
    return min(evidence.alpha, wallet.alpha(evidence.attempt, policy.claim.alpha))


def _wallet(evidence: PrototypeEvidence, policy: PrototypePolicy) -> Check:
    share = _share(evidence, policy)
    outcome = Outcome.INCONCLUSIVE
    if math.isnan(share):
        reason = f"Try {evidence.attempt} with an error rate of {evidence.alpha!r} is not one the wallet gives."
    elif evidence.alpha > share * (1 + 1e-9):
        asked = percent(evidence.alpha)
        reason = f"Try {evidence.attempt} asks to be tested at {asked}, but has only {percent(share)} left."
    elif share < policy.min_alpha:
        reason = (
            f"Try {evidence.attempt} on this data would be tested at {percent(share)}, below the limit of"
            f" {percent(policy.min_alpha)}: the data set is used up, and a new one has to be collected."
        )
    else:
        outcome = Outcome.GO
        reason = (
            f"Try {evidence.attempt} on this data is tested at {percent(share)}, its share of the"
            f" {percent(policy.claim.alpha)} that all tries on it may spend."
        )
    return Check(
        name="wallet",
        outcome=outcome,
        observed=observable(share),
        required=f"at least {percent(policy.min_alpha)} left for this try",
        reason=reason,
    )


def _power(evidence: PrototypeEvidence, policy: PrototypePolicy) -> Check:
    claim, share = policy.claim, _share(evidence, policy)
    if math.isnan(share):
        outcome, needed, reason = Outcome.INCONCLUSIVE, evidence.required, "The power of the test cannot be computed."
    else:
        # The number fixed before the set was opened knew the classes' shares; without them this is the least it can be.
        needed = max(evidence.required, power.required_for(claim, share))
        outcome = Outcome.GO if evidence.locked >= needed else Outcome.INCONCLUSIVE
        reason = _power_reason(claim, evidence.locked, needed, share)
    return Check(
        name="power",
        outcome=outcome,
        observed=evidence.locked,
        required=f"at least {plural(needed, 'locked row')}",
        reason=reason,
    )


def _device_power(evidence: PrototypeEvidence) -> Check:
    """Promotion tests the claim again, on the points the device measures."""
    enough = evidence.device_points >= evidence.required > 0
    allowed = plural(evidence.device_points, "point")
    reason = (
        f"The device may measure {allowed}, enough to show the claim there again."
        if enough
        else f"The device may measure {allowed}, and to show the claim there again takes {evidence.required:,}: raise"
        " hardware.max_points, or take more locked rows."
    )
    return Check(
        name="device power",
        outcome=Outcome.GO if enough else Outcome.INCONCLUSIVE,
        observed=evidence.device_points,
        required=f"at least {plural(evidence.required, 'point')}",
        reason=reason,
    )


def _power_reason(claim: Claim, locked: int, needed: int, share: float) -> str:
    sought = (
        f"an advantage of {points(claim.target)}"
        if claim.kind == "superiority"
        else f"that at most {points(-claim.null)} are lost"
    )
    if locked >= needed:
        return f"{plural(locked, 'locked row')} are enough to show {sought} {percent(claim.power)} of the time."
    return (
        f"This pilot cannot show {sought}: it has {plural(locked, 'locked row')}, and to show it"
        f" {percent(claim.power)} of the time takes {needed:,}.{_reach(claim, locked, share)}"
    )


def _reach(claim: Claim, locked: int, share: float) -> str:
    """What the rows there are could show, for a claim of accuracy where anything could be shown at all."""
    reach = power.detectable_for(claim, locked, share)
    if claim.kind != "superiority" or claim.metric != "accuracy" or math.isinf(reach):
        return ""
    return f" These rows could show {points(reach)} or more, if it is there."


def _locked_reading(evidence: PrototypeEvidence, policy: PrototypePolicy) -> Iterator[Check]:
    claim, share = policy.claim, _share(evidence, policy)
    finalist = f"the finalist ({evidence.finalist})"

    def asked(name: str, second: str, null: float, refuted: float) -> Question:
        return Question(name, finalist, second, claim.metric, null, refuted, share, claim.power)

    reference = f"the best classical model ({evidence.reference})"
    advantage = asked("advantage", reference, claim.null, claim.refuted)
    yield judged(advantage, evidence.advantage, evidence.locked)
    if claim.quantum:
        twin = asked("entanglement", "its twin without entanglement", 0.0, claim.target)
        yield judged(twin, evidence.twin, evidence.locked)
    majority = asked("majority", "the majority answer", 0.0, claim.target)
    yield judged(majority, evidence.majority, evidence.locked)
    yield from resource_checks(claim, evidence.resource_ratio)


def resource_checks(claim: Claim, ratio: Measure | None) -> Iterator[Check]:
    """The resource half of a non-inferiority claim; no check for superiority."""
    if claim.kind == "superiority" or claim.max_ratio is None or claim.resource is None:
        return
    wanted = claim.resource.replace("_", " ").replace("usd", "cost")
    finding = f"The candidate's need of {wanted} as a multiple of the classical model's"
    yield at_most("resource", ratio, claim.max_ratio, finding, lambda value: f"{value:.3g}")
