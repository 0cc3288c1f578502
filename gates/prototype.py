"""The prototype gate: is the claim shown on the locked set, or, where that is too small, by nested cross-validation?"""

import math
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from gates.advantage import Question, judged
from gates.averaged import Averaged
from gates.bound import at_most
from gates.claim import Claim
from gates.comparison import Comparison as Comparison  # stands in this gate's evidence, so it is found here too
from gates.contender import Contender as Contender
from gates.graded import Graded
from gates.grading import FEATURELESS
from gates.nested import Nested, Paired
from gates.records import Check, Evidence, Measure, Outcome, Record, Verdict
from gates.search import Ladder
from gates.statistics import power, wallet
from gates.wording import observable, percent, plural, points, unseeded

Form = Literal["locked", "nested"]


class PrototypePolicy(Record):
    """`min_alpha`: the smallest wallet alpha a try is still tested at; below it the data set is used up.

    frozen: the candidates were fixed in the pilot file, so nested cross-validation of `outer_folds` x `outer_repeats` may
    stand in for a locked set that is too small. looks: at the locked set, fixed beforehand (2 with a top-up).
    device_power: the chance to show the claim on the device that is asked for. averaged: over seeds.
    """

    claim: Claim
    min_alpha: float = Field(gt=0, le=0.2)
    frozen: bool = False
    outer_folds: int = Field(default=10, ge=3)
    outer_repeats: int = Field(default=5, ge=1)
    looks: int = Field(default=1, ge=1, le=2)
    device_power: float | None = Field(default=None, ge=0.5, lt=1)
    averaged: bool = False

    @property
    def device_claim(self) -> Claim:
        """The claim as promotion tests it on the device."""
        return self.claim if self.device_power is None else self.claim.model_copy(update={"power": self.device_power})


class PrototypeEvidence(Evidence):
    """The selection by repeated CV on development rows, and what the finalist then showed.

    form: "locked", one reading of the locked set by one finalist; "nested", the whole selection redone in each outer fold
    over the development rows, the locked rows kept for the device. `locked` is the number of locked rows fixed before
    anything was opened, `development` the others, `largest_class` the share of the most frequent class among those,
    `device_points` how many locked rows the device may measure, `required` the rows the claim takes in this form and
    `device_required` those it takes on the device (None: the same), `attempt` the wallet's try on this data, `alpha` that
    try's share, `look` which of its looks this is, `added` the locked rows that came with a top-up. Comparisons are None
    while nothing was opened (the wallet or a power check refused it). `chosen`: of the outer folds, how many chose which
    finalist, and which reference. `ladder`: what a search under a budget did; None where everybody was read on all rows.
    """

    finalist: str
    reference: str
    locked: int
    device_points: int
    required: int
    attempt: int
    alpha: float
    contenders: tuple[Contender, ...]
    advantage: Paired | None
    twin: Paired | None
    majority: Paired | None
    resource_ratio: Measure | None
    optimism: Measure
    importance: dict[str, Measure]
    failures: dict[str, str]
    form: Form = "locked"
    development: int = 0
    device_required: int | None = None
    look: int = 1
    added: int = 0
    chosen: dict[str, dict[str, int]] = Field(default_factory=dict)
    largest_class: float = math.nan
    ladder: Ladder | None = None

    @property
    def rows(self) -> int:
        """The rows this form tests the claim on."""
        return self.development if self.form == "nested" else self.locked

    @property
    def planned_points(self) -> int:
        """Points that promotion is planned on."""
        return self.required if self.device_required is None else self.device_required


def decide(evidence: PrototypeEvidence, policy: PrototypePolicy) -> Verdict:
    """GO if the claim is shown at this try's share of alpha, and nothing speaks against it.

    All checks are needed together, so none needs a smaller alpha for the others' sake. While nothing was opened
    because the wallet or either power check refused it, those three are the verdict.
    """
    asked = design(evidence, policy)
    refused = Outcome.worst(check.outcome for check in asked) != Outcome.GO
    # The claim comes first: its sentence is the verdict's reason.
    answers = [] if refused and evidence.advantage is None else list(_answers(evidence, policy))
    return Verdict.of("prototype", [*answers, *asked], evidence, policy)


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


def _share(evidence: PrototypeEvidence, policy: PrototypePolicy) -> float:
    """The error rate to test at: never more than the wallet gives this try; NaN where the record names none."""
    if evidence.attempt < 1 or not 0 < evidence.alpha < 1:
        return math.nan
    return min(evidence.alpha, wallet.alpha(evidence.attempt, policy.claim.alpha))


def _rate(evidence: PrototypeEvidence, policy: PrototypePolicy) -> float:
    """What this look of the try is tested at."""
    return _share(evidence, policy) / (1 if evidence.form == "nested" else policy.looks)


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
    looks = f", {percent(_rate(evidence, policy))} at each of its two looks" if policy.looks == 2 else ""
    return (
        f"Try {evidence.attempt} on this data is tested at {percent(share)}{looks}, its share of the {percent(total)} that all"
        f" tries on it may spend; {then}."
    )


def _power(evidence: PrototypeEvidence, policy: PrototypePolicy) -> Check:
    claim, rate, nested = policy.claim, _rate(evidence, policy), evidence.form == "nested"
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
    share, needed = _share(evidence, policy), evidence.planned_points
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
        f"an advantage of {points(claim.target)}"
        if claim.kind == "superiority"
        else f"that at most {points(-claim.null)} are lost"
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
    return f" These rows could show {points(reach)} or more, if it is there."


def _answers(evidence: PrototypeEvidence, policy: PrototypePolicy) -> Iterator[Check]:
    claim, rate, nested = policy.claim, _rate(evidence, policy), evidence.form == "nested"
    called = unseeded(evidence.finalist) if policy.averaged else evidence.finalist
    finalist = "the procedure's choice" if nested else f"the finalist ({called})"

    def asked(name: str, second: str, null: float, refuted: float, found: Paired | None) -> Check:
        question = Question(name, finalist, second, claim.metric, null, refuted, rate, claim.power)
        return judged(question, found if _fitting(found, evidence, policy) else None, evidence.rows)

    reference = "the best classical model of its fold" if nested else f"the best classical model ({evidence.reference})"
    yield asked("advantage", reference, claim.null, claim.refuted, evidence.advantage)
    if claim.quantum:
        yield asked("entanglement", "its twin without entanglement", 0.0, claim.target, evidence.twin)
    yield asked("majority", FEATURELESS[claim.metric], 0.0, claim.target, evidence.majority)
    yield from resource_checks(claim, evidence.resource_ratio)


def _fitting(found: Paired | None, evidence: PrototypeEvidence, policy: PrototypePolicy) -> bool:
    """Whether the comparison is of the kind that this form and policy ask for: another kind is another test."""
    kind = Graded if policy.claim.quantity else Averaged if policy.averaged else Comparison
    if evidence.form == "locked":
        return isinstance(found, kind)
    return (
        isinstance(found, Nested)
        and found.repeats == policy.outer_repeats
        and len(found.folds) == policy.outer_repeats * policy.outer_folds
        and all(isinstance(fold, kind) for fold in found.folds)
    )


def resource_checks(claim: Claim, ratio: Measure | None) -> Iterator[Check]:
    """The resource half of a non-inferiority claim; no check for superiority."""
    if claim.kind == "superiority" or claim.max_ratio is None or claim.resource is None:
        return
    wanted = claim.resource.replace("_", " ").replace("usd", "cost")
    finding = f"The candidate's need of {wanted} as a multiple of the classical model's"
    yield at_most("resource", ratio, claim.max_ratio, finding, lambda value: f"{value:.3g}")
