"""The hardware gate: is accuracy on the device at least accuracy on the simulator minus the margin?"""

from decimal import Decimal

from pydantic import Field

from gates.records import Evidence, Measure, Record


class HardwarePolicy(Record):
    """`margin`: accuracy (fraction) the device may lose against the simulator; `alpha` one-sided."""

    margin: float = Field(gt=0, lt=1)
    alpha: float = Field(gt=0, le=0.2)


class HardwareEvidence(Evidence):
    """The sequential comparison of device and simulator, point by point, in the random order the points were drawn.

    `differences`: one of -1, 0, 1 a point, [device correct] - [simulator correct]; `population` points could be drawn.
    `path` is what the plot shows: (points, log10 E for GO, log10 E for NO_GO) after each batch.
    """

    backend: str
    device: str
    shots: int
    mitigation: str
    population: int
    planned: int
    differences: tuple[int, ...]
    path: tuple[tuple[int, float, float], ...]
    stopped: str
    device_accuracy: Measure
    simulator_accuracy: Measure
    gap: Measure
    charged_usd: Decimal
    device_usd: Decimal
    calibrations: tuple[str, ...]
    batches: int
