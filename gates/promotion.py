"""The promotion gate: does the model, as measured on the device, beat the classical baseline it would replace?"""

from pydantic import Field

from gates.claim import Claim
from gates.prototype import Comparison
from gates.records import Evidence, Measure, Record


class PromotionPolicy(Record):
    """`require_fallback`: a classical model must stand ready to serve when the quantum side cannot."""

    claim: Claim
    alpha: float = Field(gt=0, le=0.2)
    require_fallback: bool


class PromotionEvidence(Evidence):
    """Device against classical on a number of points fixed beforehand (`planned`).

    The promotion test is made only at `advantage.points == planned`; fewer is INCONCLUSIVE, whatever they show.
    """

    planned: int
    advantage: Comparison
    majority: Comparison
    device_accuracy: Measure
    classical_accuracy: Measure
    resource_ratio: Measure | None
    fallback: str | None
    fallback_answers: bool
