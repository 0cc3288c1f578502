"""What runs circuits: quote, submit, collect. The emulator and Braket each implement it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from gates.records import Record
from qpilot.devices.record import Device
from qpilot.program import Circuits, Counts


@dataclass(frozen=True)
class Batch:
    """One submission: the settings of some points, then the mitigation's calibration circuits.

    settings: each holds one circuit a point, rows aligned with the points. calibration: circuits shared by the batch.
    `shots` is per circuit.
    """

    settings: tuple[Circuits, ...]
    calibration: tuple[Circuits, ...]
    shots: int

    @property
    def executables(self) -> int:
        """Circuits in the batch, calibration included."""
        return sum(map(len, self.settings)) + sum(map(len, self.calibration))


class Quote(Record):
    """What a batch costs on the device (`device_usd`), what will be billed (`charged_usd`), and how that adds up.

    known: whether these are the vendor's prices; where they are not, no budget can be kept and the notes say why.
    """

    device_usd: Decimal
    charged_usd: Decimal
    tasks: int
    executables: int
    shots: int
    notes: tuple[str, ...] = ()
    known: bool = True


@dataclass(frozen=True)
class Handle:
    """A submitted batch, found again from any process by its key."""

    backend: str
    key: str
    batch: Batch


@dataclass(frozen=True)
class Outcomes:
    """Raw counts, in the batch's order, with the figures the device had then and what was billed.

    tasks: how the vendor names what ran (ARNs on Amazon Braket); none where nothing left this process.
    """

    settings: tuple[Counts, ...]
    calibration: tuple[Counts, ...]
    device: Device
    quote: Quote
    tasks: tuple[str, ...] = ()


class Backend(Protocol):
    """Runs batches. The same key always answers with the same counts and is never billed twice."""

    name: str

    def figures(self) -> Device:
        """The device's price, windows and calibration as they are now."""
        ...

    def quote(self, executables: int, shots: int) -> Quote:
        """The exact price of a batch of `executables` circuits with `shots` shots each."""
        ...

    def submit(self, batch: Batch, key: str) -> Handle:
        """Starts `batch` under `key`. Raises QpilotError where the device cannot run it."""
        ...

    def collect(self, handle: Handle) -> Outcomes:
        """Waits for a submitted batch and answers its counts."""
        ...
