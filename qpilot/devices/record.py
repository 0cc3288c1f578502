"""A device as figures: what it costs, when it runs, which gates it has and how well they work."""

from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal
from statistics import median
from typing import Literal, Self

from pydantic import Field, model_validator

from gates.records import Record

Day = Literal[
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Everyday", "Weekdays", "Weekend"
]
NativeSet = Literal["prx-cz", "rx-rz-cz", "gpi-zz"]


class Qubit(Record):
    """Fidelities (fractions) of one-qubit gates (randomized benchmarking) and readout; T1, T2 in microseconds."""

    gate: float = Field(gt=0.5, le=1)
    readout: float = Field(gt=0.5, le=1)
    t1_us: float | None = Field(default=None, gt=0)
    t2_us: float | None = Field(default=None, gt=0)


class Window(Record):
    """When the device executes, UTC. `end` at or before `start` means the window ends on the next day."""

    day: Day
    start: time
    end: time


class ProgramSets(Record):
    """Many circuits in one task for one task fee: how many at most, and how many shots over all of them."""

    executables: int = Field(ge=1)
    total_shots: int = Field(ge=1)
    least_shots: int = Field(default=1, ge=1)


class Device(Record):
    """A quantum processor, or a simulator that a vendor runs.

    qubit_count: qubits the vendor counts, those without usable figures among them; None for as many as `qubits` has.
    qubits: by physical label (not 0..n-1 on every device). couplings: "a-b" with a < b -> two-qubit gate fidelity,
    usable in both directions. turned: couplings the vendor lists from the larger label, the order its gates name them in.
    shots: least and most a circuit. usd_per_minute: a simulator's, whose tasks are billed by their time. windows: none
    means they are not known. synthetic: the figures are medians put on every qubit, not one calibration. notes: what was
    filtered or added.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    arn: str
    vendor: str
    source: str
    updated: date
    synthetic: bool
    native: NativeSet
    qubit_count: int | None = None
    qubits: dict[int, Qubit] = Field(min_length=1)
    couplings: dict[str, float]
    turned: tuple[str, ...] = ()
    usd_per_task: Decimal = Field(ge=0)
    usd_per_shot: Decimal = Field(ge=0)
    usd_per_minute: Decimal = Field(default=Decimal(0), ge=0)
    shots: tuple[int, int]
    program_sets: ProgramSets | None
    windows: tuple[Window, ...]
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _couplings_join_qubits(self) -> Self:
        for pair, fidelity in self.couplings.items():
            a, b = map(int, pair.split("-"))
            if a >= b or a not in self.qubits or b not in self.qubits:
                raise ValueError(f"coupling {pair!r} must join two qubits of the device, the smaller label first")
            if not 0.5 < fidelity <= 1:
                raise ValueError(f"coupling {pair!r} has fidelity {fidelity}: above 0.5 and at most 1 is required")
        if unknown := set(self.turned) - set(self.couplings):
            raise ValueError(f"turned names {', '.join(sorted(unknown))}, which couplings does not")
        return self

    @property
    def simulator(self) -> bool:
        """Whether it is a simulator: ordinary gates, no physical qubits, no noise, billed by time."""
        return "simulator/" in self.arn

    @property
    def edges(self) -> dict[tuple[int, int], float]:
        """Couplings as pairs of labels -> two-qubit gate fidelity."""
        labels = (tuple(map(int, pair.split("-"))) for pair in self.couplings)
        return {(a, b): fidelity for (a, b), fidelity in zip(labels, self.couplings.values(), strict=True)}

    @property
    def median_gate(self) -> float:
        """The median fidelity of one-qubit gates."""
        return median(qubit.gate for qubit in self.qubits.values())

    @property
    def median_readout(self) -> float:
        """The median readout fidelity."""
        return median(qubit.readout for qubit in self.qubits.values())

    @property
    def median_coupling(self) -> float | None:
        """The median fidelity of two-qubit gates; None where no two qubits are joined."""
        return median(self.couplings.values()) if self.couplings else None

    @property
    def median_t1_us(self) -> float | None:
        """The median T1 of the qubits that have one, in microseconds."""
        return _median(qubit.t1_us for qubit in self.qubits.values())

    @property
    def median_t2_us(self) -> float | None:
        """The median T2 of the qubits that have one, in microseconds."""
        return _median(qubit.t2_us for qubit in self.qubits.values())


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
