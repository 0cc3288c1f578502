"""The data gate: may these rows carry a pilot?"""

from typing import Literal

from pydantic import Field

from gates.records import Evidence, Measure, Record


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
