"""The data gate: may these rows carry a pilot?"""

from pydantic import Field

from gates.expectation import Expectation, held
from gates.records import Check, Evidence, Measure, Outcome, Record, Verdict
from gates.target import Spread, classes, scale, spread
from gates.wording import plural


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
        target = [classes(evidence.classes, policy.min_class_share)]
    else:
        target = [spread(evidence.target, policy.max_value_share), scale(evidence.majority)]
    checks = [_rows(evidence, policy), *target, _split(evidence), *held(evidence.expectations)]
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
