"""The reduction gate: is what the target needs still there after the dimensions are reduced?"""

from functools import partial

from pydantic import Field

from gates.bound import at_most
from gates.records import Evidence, Measure, Record, Verdict
from gates.wording import points


class ReductionPolicy(Record):
    """`max_accuracy_loss`: accuracy or score (fraction) a classical model may lose on reduced against raw features."""

    max_accuracy_loss: float = Field(ge=0, lt=1)


class ReductionEvidence(Evidence):
    """Information kept by the reduction, measured inside training folds of the development rows.

    `information` is explained variance (PCA), 1 - normalised reconstruction error (autoencoder) or NaN (selection,
    none); `spectrum` the explained-variance ratio of each component where the method has one. `accuracy_change` is
    reduced - raw, paired; of a quantity the accuracies are scores, as their unit says.
    """

    method: str
    components: int
    raw_features: int
    information: Measure
    accuracy_raw: Measure
    accuracy_reduced: Measure
    accuracy_change: Measure
    spectrum: tuple[float, ...]


def decide(evidence: ReductionEvidence, policy: ReductionPolicy) -> Verdict:
    """GO if a classical model provably loses no more accuracy, or score, on the reduced features than the policy allows."""
    change = evidence.accuracy_change
    loss = change.model_copy(update={"value": -change.value, "low": -change.high, "high": -change.low})
    graded = evidence.accuracy_reduced.unit == "score"
    what = "score" if graded else "accuracy"
    finding = (
        f"The {what} a classical model loses on {evidence.components:,} reduced features ({evidence.method}) against"
        f" the {evidence.raw_features:,} raw ones"
    )
    shown = partial(points, graded=graded)
    check = at_most(f"{what} kept", loss, policy.max_accuracy_loss, finding, shown)
    return Verdict.of("reduction", [check], evidence, policy)
