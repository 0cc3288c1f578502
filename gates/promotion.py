"""The promotion gate: does the model, as measured on the device, beat the classical baseline it would replace?"""

from pydantic import Field

from gates.advantage import Question, judged
from gates.claim import Claim
from gates.comparison import Comparison
from gates.graded import Graded
from gates.grading import FEATURELESS
from gates.records import Check, Evidence, Measure, Outcome, Record, Verdict
from gates.resource import resource_checks
from gates.wording import plural


class PromotionPolicy(Record):
    """`require_fallback`: a classical model must stand ready to serve when the quantum side cannot."""

    claim: Claim
    alpha: float = Field(gt=0, le=0.2)
    require_fallback: bool


class PromotionEvidence(Evidence):
    """Device against classical on a number of points fixed beforehand (`planned`).

    majority: against the best answer that looks at no feature. The accuracies are scores of a quantity.
    The promotion test is made only at `advantage.points == planned`; fewer is INCONCLUSIVE, whatever they show.
    """

    planned: int
    advantage: Comparison | Graded
    majority: Comparison | Graded
    device_accuracy: Measure
    classical_accuracy: Measure
    resource_ratio: Measure | None
    fallback: str | None
    fallback_answers: bool


def decide(evidence: PromotionEvidence, policy: PromotionPolicy) -> Verdict:
    """GO if the model as measured on the device shows the claim against the classical baseline, which stands ready."""
    claim = policy.claim

    def asked(name: str, second: str, null: float, refuted: float, found: Comparison | Graded) -> Check:
        question = Question(name, "the device", second, claim.metric, null, refuted, policy.alpha, claim.power)
        # Another kind of record is another test.
        return judged(question, found if isinstance(found, Graded) == claim.quantity else None, evidence.planned)

    checks = [
        asked("advantage on the device", "the classical model", claim.null, claim.refuted, evidence.advantage),
        asked("majority on the device", FEATURELESS[claim.metric], 0.0, claim.target, evidence.majority),
        *resource_checks(claim, evidence.resource_ratio),
        _planned(evidence),
        _fallback(evidence, policy),
    ]
    return Verdict.of("promotion", checks, evidence, policy)


def _planned(evidence: PromotionEvidence) -> Check:
    measured, planned = evidence.advantage.points, evidence.planned
    reached = measured == planned >= 1
    reason = (
        f"All {plural(planned, 'row')} fixed beforehand were measured on the device."
        if reached
        else f"{plural(measured, 'row')} were measured on the device where {planned:,} were fixed beforehand; the test"
        " against the classical model is made at that number only."
    )
    return Check(
        name="planned rows",
        outcome=Outcome.GO if reached else Outcome.INCONCLUSIVE,
        observed=measured,
        required=f"exactly {plural(planned, 'row')}",
        reason=reason,
    )


def _fallback(evidence: PromotionEvidence, policy: PromotionPolicy) -> Check:
    ready = bool(evidence.fallback) and evidence.fallback_answers
    if ready:
        reason = f"The classical model {evidence.fallback} answers whenever the quantum side cannot."
    elif evidence.fallback:
        reason = f"The classical model {evidence.fallback} was to stand ready but did not answer."
    else:
        reason = "No classical model stands ready to answer when the quantum side cannot."
    return Check(
        name="fallback",
        outcome=Outcome.GO if ready or not policy.require_fallback else Outcome.NO_GO,
        observed=evidence.fallback,
        required="a classical model that answers" if policy.require_fallback else "none",
        reason=reason,
    )
