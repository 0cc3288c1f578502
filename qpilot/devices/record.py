"""A device as figures: what it costs, when it runs, which gates it has and how well they work."""

from datetime import date, time
from decimal import Decimal
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
    """Many circuits in one task for one task fee: how many, and how many shots over all of them."""

    executables: int = Field(ge=1)
    total_shots: int = Field(ge=1)


class Device(Record):
    """A quantum processor.

    qubits: by physical label (not 0..n-1 on every device). couplings: "a-b" with a < b -> two-qubit gate fidelity,
    usable in both directions. shots: least and most a circuit. windows: none means they are not known.
    synthetic: the figures are medians put on every qubit, not one calibration. notes: what was filtered or added.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    arn: str
    vendor: str
    source: str
    updated: date
    synthetic: bool
    native: NativeSet
    qubits: dict[int, Qubit] = Field(min_length=1)
    couplings: dict[str, float]
    usd_per_task: Decimal = Field(ge=0)
    usd_per_shot: Decimal = Field(ge=0)
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
        return self

    @property
    def edges(self) -> dict[tuple[int, int], float]:
        """Couplings as pairs of labels -> two-qubit gate fidelity."""
        labels = (tuple(map(int, pair.split("-"))) for pair in self.couplings)
        return {(a, b): fidelity for (a, b), fidelity in zip(labels, self.couplings.values(), strict=True)}
