"""What a person approves: this run's circuits on this device, at these prices. Any change of it has to be approved anew."""

from decimal import ROUND_UP, Decimal

from gates.records import Record
from qpilot.devices.price import SIMULATOR_SECONDS
from qpilot.devices.record import Device

_MICRODOLLAR = Decimal("0.000001")


class Prices(Record):
    """What the device asks, in dollars: for a task, a shot, and, where it is a simulator, a minute."""

    usd_per_task: Decimal
    usd_per_shot: Decimal
    usd_per_minute: Decimal

    @classmethod
    def of(cls, device: Device) -> "Prices":
        """The device's prices as its figures hold them."""
        return cls(
            usd_per_task=device.usd_per_task, usd_per_shot=device.usd_per_shot, usd_per_minute=device.usd_per_minute
        )

    def most(self, tasks: int, shots: int) -> Decimal:
        """The most that so many tasks, of `shots` shots in all, are quoted at these prices."""
        timed = (self.usd_per_minute * SIMULATOR_SECONDS / 60).quantize(_MICRODOLLAR, rounding=ROUND_UP)
        return tasks * (self.usd_per_task + timed) + shots * self.usd_per_shot


class Payload(Record):
    """The work of a hardware stage, bound to the bit.

    pilot: the pilot file's digest. circuits: sha256 over the fitted model and every circuit that would be run, see
    `qpilot.approval.circuits`. points: at most so many. device: as the pilot names it; `arn`: as the vendor does.
    usd_p50, usd_p90, usd_worst: the forecast of what will be charged.
    """

    run: str
    pilot: str
    circuits: str
    points: int
    circuits_per_point: int
    shots: int
    mitigation: str
    backend: str
    device: str
    arn: str
    usd_p50: Decimal
    usd_p90: Decimal
    usd_worst: Decimal
    prices: Prices
