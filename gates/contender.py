"""A row of the comparison table: what a model reached, what it costs, how steady it is."""

from typing import Literal

from gates.records import Measure, Record


class Learned(Record):
    """Accuracy, or score of a quantity, on held-out rows after training on that many."""

    rows: int
    accuracy: Measure


class Stress(Record):
    """Accuracy, or score, on held-out rows when something is worse than it was, and its paired change (negative is a loss).

    | kind          | level                                                        |
    |---------------|--------------------------------------------------------------|
    | feature noise | Gaussian noise on every feature, in its standard deviations  |
    | device noise  | infidelities of gates and readout, as multiples of the device's |
    | bits          | bits of every parameter                                      |
    """

    kind: Literal["feature noise", "device noise", "bits"]
    level: float
    accuracy: Measure
    change: Measure


HELD_OUT = Measure.missing("measured for the best of each family and the twin alone")


class Contender(Record):
    """A row of the comparison table. `role` says what it stood for.

    What follows noise_sensitivity is measured on development rows that were held out. calibration: expected calibration
    error. rows_needed: the fewest training rows, of those in `learning`, within one standard error of the accuracy with
    all. depth, two_qubit_gates: native gates on the pilot's device, None without a circuit. inference_usd: a prediction,
    at list price.
    """

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
    calibration: Measure = HELD_OUT
    learning: tuple[Learned, ...] = ()
    rows_needed: Measure = HELD_OUT
    stresses: tuple[Stress, ...] = ()
    depth: int | None = None
    two_qubit_gates: int | None = None
    inference_usd: Measure = HELD_OUT
