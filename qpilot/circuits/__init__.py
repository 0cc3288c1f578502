"""The circuits a pilot can name. A new encoding or ansatz is one function and one line here."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from qpilot.circuits import ansaetze, encodings
from qpilot.errors import UsageError, unknown

Encoding = Callable[[Any, int, int, bool], None]
"""(x, layers, qubits, entangled) queues the gates; one feature a qubit."""


@dataclass(frozen=True)
class Ansatz:
    """Trainable layers; each takes weights of shape (qubits, *shape)."""

    function: Callable[[Any, int, bool], None]
    shape: tuple[int, ...] = ()


ENCODINGS: dict[str, Encoding] = {
    "angle": encodings.angle,
    "zz": encodings.zz,
    "iqp": encodings.iqp,
}

ANSAETZE: dict[str, Ansatz] = {
    "strongly-entangling": Ansatz(ansaetze.strongly_entangling, (3,)),
    "basic-entangling": Ansatz(ansaetze.basic_entangling),
    "hardware-efficient-ring": Ansatz(ansaetze.hardware_efficient_ring, (2,)),
    "real-amplitudes": Ansatz(ansaetze.real_amplitudes),
}


@dataclass(frozen=True)
class Circuit:
    """An encoding, followed by an ansatz or alone.

    `layers` counts the ansatz's layers, and the encoding's repetitions where there is no ansatz (with one, the encoding
    comes once). `entangled=False` is the entanglement-free twin, with the same weights. Raises UsageError for unknown
    names.
    """

    encoding: str
    ansatz: str | None
    layers: int
    qubits: int
    entangled: bool = True

    def __post_init__(self) -> None:
        if self.encoding not in ENCODINGS:
            raise UsageError(unknown("encoding", self.encoding, ENCODINGS))
        if self.ansatz is not None and self.ansatz not in ANSAETZE:
            raise UsageError(unknown("ansatz", self.ansatz, ANSAETZE))
        if self.layers < 1 or self.qubits < 1:
            raise UsageError(f"a circuit needs at least 1 layer and 1 qubit, got {self.layers} and {self.qubits}")

    @property
    def features(self) -> int:
        """How many features a row must have."""
        return self.qubits

    @property
    def inputs(self) -> int:
        """How many values of a row its gates take."""
        return self.qubits

    @property
    def weights(self) -> int:
        """How many trainable angles there are, 0 without an ansatz."""
        return 0 if self.ansatz is None else prod(self._shape)

    @property
    def _shape(self) -> tuple[int, ...]:
        assert self.ansatz is not None
        return (self.layers, self.qubits, *ANSAETZE[self.ansatz].shape)

    def function(self, x: Any, weights: Any = None) -> None:
        """Queues the circuit's PennyLane operations. x: (inputs,) or (n, inputs); weights: (weights,), radians."""
        repetitions = self.layers if self.ansatz is None else 1
        ENCODINGS[self.encoding](x, repetitions, self.qubits, self.entangled)
        if self.ansatz is not None:
            ANSAETZE[self.ansatz].function(weights.reshape(self._shape), self.qubits, self.entangled)
