"""The prototype gate: is the claim shown on the locked set, or, where that is too small, by nested cross-validation?"""

from collections.abc import Iterator

from gates.advantage import Question, judged
from gates.averaged import Averaged
from gates.comparison import Comparison
from gates.design import design, look_alpha
from gates.graded import Graded
from gates.grading import FEATURELESS
from gates.nested import Nested, Paired
from gates.records import Check, Outcome, Verdict
from gates.resource import resource_checks
from gates.selection import PrototypeEvidence, PrototypePolicy
from gates.wording import unseeded


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


def _answers(evidence: PrototypeEvidence, policy: PrototypePolicy) -> Iterator[Check]:
    claim, rate, nested = policy.claim, look_alpha(evidence, policy), evidence.form == "nested"
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
