"""The data gate: may these rows carry a pilot?"""

import math
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from gates.records import Check, Evidence, Measure, Outcome, Record, Verdict
from gates.wording import observable, percent, plural, sentence, value

LEAST_VALUES = 10
"""Distinct values of a quantity; fewer are classes."""

HEAVY = 0.5
"""Share of a quantity's variance in the farthest hundredth of the rows from which a warning is given; of normal ones 0.09."""


class DataPolicy(Record):
    """Thresholds of the generated expectation suite; every one is written out in the pilot file.

    min_class_share belongs to classification, max_value_share to regression: the share of the rows that may hold the
    commonest value.
    """

    min_rows: int = Field(ge=10)
    max_null_fraction: float = Field(ge=0, le=1)
    min_class_share: float | None = Field(default=None, ge=0, le=0.5)
    max_value_share: float | None = Field(default=None, gt=0, le=1)
    max_duplicate_fraction: float = Field(ge=0, le=1)
    max_correlation: float = Field(gt=0, le=1)
    max_leakage: float = Field(gt=0.5, le=1)
    max_overlap_fraction: float = Field(ge=0, le=1)


class Expectation(Record):
    """One expectation's result. `evaluated` is False where it could not be evaluated (`success` is False then)."""

    name: str
    column: str | None
    severity: Literal["critical", "warning", "info"]
    success: bool
    evaluated: bool
    observed: float | int | str | None
    required: str
    reason: str


class Spread(Record):
    """How the values of a quantity lie over the rows that are used, in the target's units.

    `values`: how many distinct ones. `lower`, `median`, `upper`: quartiles. `commonest_share`: share of the rows that hold
    the commonest value. `heavy`: share of the variance that lies in the hundredth of the rows (one at least) farthest from
    the mean.
    """

    values: int
    least: float
    lower: float
    median: float
    upper: float
    most: float
    commonest: float
    commonest_share: float
    heavy: float


class DataEvidence(Evidence):
    """What Great Expectations found, and how the rows were split.

    Of a quantity there are no `classes`, and `target` says how it is spread. `majority`: the score of the answer that looks
    at no feature, the largest class, or the development rows' median or mean.
    """

    rows: int
    features: int
    classes: dict[str, int]
    target: Spread | None = None
    majority: Measure
    development: int
    locked: int
    dropped: int
    notes: tuple[str, ...]
    expectations: tuple[Expectation, ...]


def decide(evidence: DataEvidence, policy: DataPolicy) -> Verdict:
    """GO if there are rows enough of every class, or values enough, split in two, and no critical expectation failed or was
    left open.
    """
    if evidence.target is None:
        target = [_classes(evidence, policy)]
    else:
        target = [_spread(evidence.target, policy), _scale(evidence.majority)]
    checks = [_rows(evidence, policy), *target, _split(evidence), *_expectations(evidence)]
    return Verdict.of("data", checks, evidence, policy)


def _rows(evidence: DataEvidence, policy: DataPolicy) -> Check:
    enough = evidence.rows >= policy.min_rows and evidence.features >= 1
    return Check(
        name="rows",
        outcome=Outcome.GO if enough else Outcome.NO_GO,
        observed=evidence.rows,
        required=f"at least {plural(policy.min_rows, 'row')} and one feature",
        reason=f"There are {plural(evidence.rows, 'row')} with {plural(evidence.features, 'feature')};"
        f" {policy.min_rows:,} rows are needed.",
    )


def _classes(evidence: DataEvidence, policy: DataPolicy) -> Check:
    if policy.min_class_share is None:
        return _unasked("classes", "min_class_share")
    total, least = sum(evidence.classes.values()), policy.min_class_share
    if len(evidence.classes) < 2 or total < 1:
        outcome, share = Outcome.NO_GO, None
        reason = f"Two classes are needed; the target has {len(evidence.classes)}."
    else:
        rarest = min(evidence.classes, key=lambda name: evidence.classes[name])
        share = evidence.classes[rarest] / total
        outcome = Outcome.GO if share >= least and share > 0 else Outcome.NO_GO
        reason = (
            f"The rarest of {len(evidence.classes)} classes, {rarest!r}, has {percent(share)} of the rows;"
            f" {percent(least)} are needed."
        )
    return Check(
        name="classes",
        outcome=outcome,
        observed=share,
        required=f"two classes or more, each with at least {percent(least)} of the rows",
        reason=reason,
    )


def _spread(target: Spread, policy: DataPolicy) -> Check:
    """Whether there is a quantity to predict. That a few rows hold its variance is a warning: they may be the point of it."""
    most = policy.max_value_share
    if most is None:
        return _unasked("spread", "max_value_share")
    even = target.commonest_share <= most  # NaN is not
    spread = target.least < target.most and math.isfinite(target.least) and math.isfinite(target.most)
    sound = even and spread and target.values >= LEAST_VALUES
    if not spread:
        reason = "The target does not vary: there is nothing to predict."
    elif target.values < LEAST_VALUES:
        reason = f"The target has {plural(target.values, 'distinct value')}: these look like classes."
    elif not even:
        reason = (
            f"{percent(target.commonest_share)} of the rows hold the value {value(target.commonest)}; {percent(most)} may:"
            " whether a row holds it is a question for a classification."
        )
    else:
        reason = (
            f"The target has {target.values:,} distinct values, {value(target.least)} to {value(target.most)}, half of"
            f" the rows {value(target.lower)} to {value(target.upper)}, median {value(target.median)}."
        )
        if not target.heavy < HEAVY:
            reason += (
                f" Warning: one row in a hundred holds {percent(target.heavy)} of its variance; what is learned is about those"
                " rows, and a logarithm, or absolute_error, may say more."
            )
    return Check(
        name="spread",
        outcome=Outcome.GO if sound else Outcome.NO_GO,
        observed=target.values,
        required=f"{LEAST_VALUES} distinct values or more, none in more than {percent(most)} of the rows",
        reason=reason,
    )


def _unasked(name: str, threshold: str) -> Check:
    return Check(
        name=name,
        outcome=Outcome.INCONCLUSIVE,
        observed=None,
        required=f"a threshold, gates.data.{threshold}",
        reason=f"The policy is one for another kind of target: it has no {threshold}.",
    )


TELLING = (0.01, 0.99)
"""The score an answer without features may have, for scores to tell models apart at all."""


def _scale(featureless: Measure) -> Check:
    """Whether the claim's worst error is of the target's own size: a slip of the unit grades every answer alike."""
    score, (least, most) = featureless.value, TELLING
    telling = least <= score <= most  # NaN is not
    if telling:
        reason = (
            f"An answer that looks at no feature scores {percent(score)}, which leaves room to be better and worse."
        )
    elif score > most:
        reason = (
            f"An answer that looks at no feature scores {percent(score)} already: claim.worst_error is far above the target's own"
            " spread, and no model can be told from another. State it in the target's units."
        )
    else:
        reason = (
            f"An answer that looks at no feature scores {percent(score)}: claim.worst_error is far below the target's own spread,"
            " and hardly any answer is worth anything. State it in the target's units."
        )
    return Check(
        name="worst error",
        outcome=Outcome.GO if telling else Outcome.INCONCLUSIVE,
        observed=observable(score),
        required=f"a score between {percent(least)} and {percent(most)} without looking at a feature",
        reason=reason,
    )


def _split(evidence: DataEvidence) -> Check:
    sound = evidence.development >= 1 and evidence.locked >= 1
    sound = sound and evidence.development + evidence.locked <= evidence.rows
    split = f"{plural(evidence.development, 'row')} for development, {evidence.locked:,} locked away for the test"
    return Check(
        name="split",
        outcome=Outcome.GO if sound else Outcome.INCONCLUSIVE,
        observed=evidence.locked,
        required="rows for development and rows locked away, none in both",
        reason=f"{split}." if sound else f"{split}, of {evidence.rows:,} in all: that is no split to test on.",
    )


def _expectations(evidence: DataEvidence) -> Iterator[Check]:
    """One check an expectation and severity, over all its columns; INCONCLUSIVE if none was made.

    | severity | all held | one failed           | one could not be evaluated, none failed |
    |----------|----------|----------------------|-----------------------------------------|
    | critical | GO       | NO_GO                | INCONCLUSIVE                            |
    | other    | GO       | GO, with the warning | GO, with the warning                    |
    """
    groups: dict[tuple[str, str], list[Expectation]] = {}
    for expectation in evidence.expectations:
        groups.setdefault((expectation.name, expectation.severity), []).append(expectation)
    if not any(severity == "critical" for _, severity in groups):
        yield Check(
            name="expectations",
            outcome=Outcome.INCONCLUSIVE,
            observed=len(evidence.expectations),
            required="at least one critical expectation",
            reason="No critical expectation was held against the data, so nothing is known about them.",
        )
    for (name, severity), group in groups.items():
        yield _expectation(name, severity == "critical", group)


def _expectation(name: str, critical: bool, group: list[Expectation]) -> Check:
    failed = [one for one in group if one.evaluated and not one.success]
    unevaluated = [one for one in group if not one.evaluated]
    worst = [*failed, *unevaluated]
    outcome = Outcome.GO
    if worst and critical:
        outcome = Outcome.NO_GO if failed else Outcome.INCONCLUSIVE
    shown = worst[0] if worst else group[0]
    observed = shown.observed if len(group) == 1 else f"{len(group) - len(worst)} of {len(group)} hold"
    reason = f"It holds for {plural(len(group), 'column')}." if len(group) > 1 else shown.reason
    if worst:
        others = f" ({len(worst) - 1:,} more like it)" if len(worst) > 1 else ""
        reason = f"{'' if critical else 'Warning: '}{shown.reason}{others}"
    reason = sentence(reason) if reason.endswith(".") else f"{sentence(reason)}."
    # NaN and infinity have no place in JSON numbers: a check shows them as text.
    observed = str(observed) if isinstance(observed, float) and not math.isfinite(observed) else observed
    return Check(name=name, outcome=outcome, observed=observed, required=shown.required, reason=reason)
