"""The budget gate: will the hardware stage stay within money and time, and is the device good enough to try?"""

from decimal import Decimal

from pydantic import Field

from gates.records import Evidence, Measure, Record


class ForecastPolicy(Record):
    """`usd`, `queue_hours`: the budget. `max_emulated_loss`: accuracy (fraction) the emulated device may lose."""

    usd: Decimal = Field(ge=0)
    queue_hours: float = Field(gt=0)
    max_emulated_loss: float = Field(gt=0, lt=1)


class Spend(Record):
    """Dollars of the hardware stage: expected, median, 90th percentile and worst case (every point measured)."""

    expected: Decimal
    p50: Decimal
    p90: Decimal
    worst: Decimal


class ForecastEvidence(Evidence):
    """Exact quote, simulated spend of the sequential test, queue wait and emulated accuracy on development rows.

    `charged` is what will be billed (0 on an emulator); `device_cost` what the device itself would cost.
    """

    backend: str
    device: str
    points: int
    circuits_per_point: int
    shots: int
    charged: Spend
    device_cost: Spend
    queues: bool
    wait_p50_hours: Measure
    wait_p90_hours: Measure
    simulated_accuracy: Measure
    emulated_accuracy: Measure
    emulated_loss: Measure
    notes: tuple[str, ...]
