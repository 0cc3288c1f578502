"""The prototype gate: does the one finalist show its claim on the locked set?"""

from typing import Literal

from pydantic import Field

from gates.claim import Claim
from gates.records import Evidence, Measure, Record


class PrototypePolicy(Record):
    """`min_alpha`: the smallest wallet alpha a try is still tested at; below it the data set is used up."""

    claim: Claim
    min_alpha: float = Field(gt=0, le=0.2)


class Comparison(Record):
    """Paired correctness of two models on the same points: `better` = first right, second wrong; `worse` the reverse.

    `by_class` holds (points, better, worse) of each true class, for balanced accuracy; its sums equal the totals.
    """

    points: int
    better: int
    worse: int
    by_class: dict[str, tuple[int, int, int]]


class Contender(Record):
    """A row of the comparison table. `role` says what it stood for; `quantum` whether it uses a circuit."""

    name: str
    role: Literal["finalist", "reference", "twin", "majority", "candidate", "baseline"]
    family: Literal["classical", "qnn", "kernel", "hybrid"]
    features: Literal["raw", "reduced"]
    cv_accuracy: Measure
    locked_accuracy: Measure
    parameters: int
    training_seconds: float
    inference_seconds: float
    noise_sensitivity: Measure


class PrototypeEvidence(Evidence):
    """The selection by repeated CV on development rows, and the one reading of the locked set.

    `locked` is the number of locked points fixed for the test before it was opened, `attempt` the wallet's try on this
    data, `alpha` that try's share. Comparisons are None while the set is closed (power refused it).
    """

    finalist: str
    reference: str
    locked: int
    required: int
    attempt: int
    alpha: float
    contenders: tuple[Contender, ...]
    advantage: Comparison | None
    twin: Comparison | None
    majority: Comparison | None
    resource_ratio: Measure | None
    optimism: Measure
    importance: dict[str, Measure]
    failures: dict[str, str]
