"""A row of the comparison table: what a model reached, what it costs, how steady it is."""

from typing import Literal

from gates.records import Measure, Record


class Contender(Record):
    """A row of the comparison table. `role` says what it stood for."""

    name: str
    role: Literal["finalist", "reference", "twin", "majority", "candidate", "baseline"]
    family: Literal["classical", "qnn", "kernel", "hybrid"]
    features: Literal["raw", "reduced"]
    cv_accuracy: Measure
    locked_accuracy: Measure
    parameters: int | None
    training_seconds: float
    inference_seconds: float
    noise_sensitivity: Measure
