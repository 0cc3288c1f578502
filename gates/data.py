"""The data gate: may these rows carry a pilot?"""

import math
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from gates.records import Check, Evidence, Measure, Outcome, Record, Verdict
from gates.wording import percent, plural, sentence


class DataPolicy(Record):
    """Thresholds of the generated expectation suite; every one is written out in the pilot file."""

    min_rows: int = Field(ge=10)
    max_null_fraction: float = Field(ge=0, le=1)
    min_class_share: float = Field(ge=0, le=0.5)
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


class DataEvidence(Evidence):
    """What Great Expectations found, and how the rows were split."""

    rows: int
    features: int
    classes: dict[str, int]
    majority: Measure
    development: int
    locked: int
    dropped: int
    notes: tuple[str, ...]
    expectations: tuple[Expectation, ...]


def decide(evidence: DataEvidence, policy: DataPolicy) -> Verdict:
    """GO if there are rows enough of every class, split in two, and no critical expectation failed or was left open."""
    checks = [_rows(evidence, policy), _classes(evidence, policy), _split(evidence), *_expectations(evidence)]
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
    total = sum(evidence.classes.values())
    if len(evidence.classes) < 2 or total < 1:
        outcome, share = Outcome.NO_GO, None
        reason = f"Two classes are needed; the target has {len(evidence.classes)}."
    else:
        rarest = min(evidence.classes, key=lambda name: evidence.classes[name])
        share = evidence.classes[rarest] / total
        outcome = Outcome.GO if share >= policy.min_class_share and share > 0 else Outcome.NO_GO
        reason = (
            f"The rarest of {len(evidence.classes)} classes, {rarest!r}, has {percent(share)} of the rows;"
            f" {percent(policy.min_class_share)} are needed."
        )
    return Check(
        name="classes",
        outcome=outcome,
        observed=share,
        required=f"two classes or more, each with at least {percent(policy.min_class_share)} of the rows",
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
