"""What can be asked of a try before anything is computed: is there alpha left, are there points enough?"""

import math

from gates.claim import Claim
from gates.records import Check, Outcome
from gates.selection import PrototypeEvidence, PrototypePolicy
from gates.statistics import power, wallet
from gates.wording import observable, percent, plural, points


def design(evidence: PrototypeEvidence, policy: PrototypePolicy) -> list[Check]:
    """What can be asked before anything is computed: is there alpha left, are there points enough?"""
    asked = [_wallet(evidence, policy), _power(evidence, policy), _device_power(evidence, policy)]
    if policy.claim.kind == "non-inferiority" and policy.claim.metric == "accuracy":
        asked.append(_skew(evidence))
    return asked


SKEWED = 0.8
"""From this share of one class on, non-inferiority is asked in balanced accuracy: where 3 % are positive, a model that always
says no passed a margin of 5 points in accuracy in each of 4,000 simulated runs."""


def _skew(evidence: PrototypeEvidence) -> Check:
    largest = evidence.largest_class
    even = largest < SKEWED
    if math.isnan(largest):
        reason = "How frequent the classes are is not known."
    elif even:
        reason = f"The most frequent class has {percent(largest)} of the rows: accuracy speaks of the others too."
    else:
        reason = (
            f"The most frequent class has {percent(largest)} of the rows, so that hardly anything is lost in accuracy by naming"
            ' it always: set claim.metric = "balanced_accuracy" for this claim.'
        )
    return Check(
        name="classes",
        outcome=Outcome.GO if even else Outcome.INCONCLUSIVE,
        observed=observable(largest),
        required=f"no class with {percent(SKEWED)} of the rows or more, or balanced accuracy",
        reason=reason,
    )


def try_alpha(evidence: PrototypeEvidence, policy: PrototypePolicy) -> float:
    """The error rate to test at: never more than the wallet gives this try; NaN where the record names none."""
    if evidence.attempt < 1 or not 0 < evidence.alpha < 1:
        return math.nan
    return min(evidence.alpha, wallet.alpha(evidence.attempt, policy.claim.alpha))


def look_alpha(evidence: PrototypeEvidence, policy: PrototypePolicy) -> float:
    """The error rate of this look: of two at the locked set each has half."""
    return try_alpha(evidence, policy) / (1 if evidence.form == "nested" else policy.looks)


def _wallet(evidence: PrototypeEvidence, policy: PrototypePolicy) -> Check:
    share = try_alpha(evidence, policy)
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
        reason = _wallet_reason(evidence, policy, share)
    return Check(
        name="wallet",
        outcome=outcome,
        observed=observable(share),
        required=f"at least {percent(policy.min_alpha)} left for this try",
        reason=reason,
    )


def _wallet_reason(evidence: PrototypeEvidence, policy: PrototypePolicy, share: float) -> str:
    total = policy.claim.alpha
    after = wallet.left(evidence.attempt, total)
    if wallet.alpha(evidence.attempt + 1, total) < policy.min_alpha:
        then = f"{percent(after)} is left after it, less than another try takes: the data set is used up"
    else:
        then = f"{percent(after)} is left for tries after it"
    looks = f", {percent(look_alpha(evidence, policy))} at each of its two looks" if policy.looks == 2 else ""
    return (
        f"Try {evidence.attempt} on this data is tested at {percent(share)}{looks}, its share of the {percent(total)} that all"
        f" tries on it may spend; {then}."
    )


def _power(evidence: PrototypeEvidence, policy: PrototypePolicy) -> Check:
    claim, rate, nested = policy.claim, look_alpha(evidence, policy), evidence.form == "nested"
    outcome, needed = Outcome.INCONCLUSIVE, evidence.required
    noun = "development row" if nested else "locked row"
    if math.isnan(rate):
        reason = "The power of the test cannot be computed."
    elif nested and not policy.frozen:
        reason = "Nested cross-validation speaks of a procedure fixed beforehand, and search.frozen does not say it is."
    else:
        # The number fixed before anything was opened knew the classes' shares; without them this is the least it can be.
        least = (
            power.required_nested(claim, rate, policy.outer_folds, policy.outer_repeats)
            if nested
            else power.required_for(claim, rate)
        )
        needed = max(needed, least)
        outcome = Outcome.GO if evidence.rows >= needed else Outcome.INCONCLUSIVE
        reason = _power_reason(claim, plural(evidence.rows, noun), outcome is Outcome.GO, needed)
        reason += "" if nested or outcome is Outcome.GO else _reach(claim, evidence.locked, rate)
    return Check(
        name="power",
        outcome=outcome,
        observed=evidence.rows,
        required=f"at least {plural(needed, noun)}",
        reason=reason,
    )


def _device_power(evidence: PrototypeEvidence, policy: PrototypePolicy) -> Check:
    """Promotion tests the claim again, on the points the device measures."""
    share, needed = try_alpha(evidence, policy), evidence.planned_points
    if evidence.device_required is not None and not math.isnan(share):
        needed = max(needed, power.required_for(policy.device_claim, share))
    enough = evidence.device_points >= needed > 0
    allowed, chance = plural(evidence.device_points, "point"), percent(policy.device_claim.power)
    reason = f"The device may measure {allowed}, enough to show the claim there again."
    if not enough:
        reason = (
            f"The device may measure {allowed}, and to show the claim there again {chance} of the time takes {needed:,}: raise"
            " hardware.max_points, take more locked rows, or say in hardware.power with which lesser chance you are content."
        )
    return Check(
        name="device power",
        outcome=Outcome.GO if enough else Outcome.INCONCLUSIVE,
        observed=evidence.device_points,
        required=f"at least {plural(needed, 'point')}",
        reason=reason,
    )


def _power_reason(claim: Claim, rows: str, enough: bool, needed: int) -> str:
    sought = (
        f"an advantage of {points(claim.target, claim.quantity)}"
        if claim.kind == "superiority"
        else f"that at most {points(-claim.null, claim.quantity)} are lost"
    )
    if enough:
        return f"{rows} are enough to show {sought} {percent(claim.power)} of the time."
    return (
        f"This pilot cannot show {sought}: it has {rows}, and to show it"
        f" {percent(claim.power)} of the time takes {needed:,}."
    )


def _reach(claim: Claim, locked: int, share: float) -> str:
    """What the rows there are could show, where anything could be shown at all; of balanced accuracy classes decide."""
    if claim.kind != "superiority" or claim.metric == "balanced_accuracy":
        return ""
    reach = power.detectable_for(claim, locked, share)
    if math.isinf(reach):
        return ""
    return f" These rows could show {points(reach, claim.quantity)} or more, if it is there."
