"""Circuits as PennyLane tapes, and what a device answers to them as counts."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from qpilot.errors import QpilotError
from qpilot.program import Circuits, Counts

Tape = Any  # a pennylane.tape.QuantumScript


def tapes(circuits: Circuits, shots: int) -> list[Tape]:
    """One tape a circuit, folded as `scale` says, all wires counted, wire 0 first."""
    import pennylane as qml

    operations = _operations()
    made = []
    for row in circuits.angles:
        forth = [
            operations[gate.name](*(float(row[column]) for column in gate.angles), wires=gate.wires)
            for gate in circuits.gates
        ]
        back = [qml.adjoint(operation, lazy=False) for operation in reversed(forth)]
        folded = forth + (back + forth) * (circuits.scale // 2)
        made.append(qml.tape.QuantumScript(folded, [qml.counts(wires=range(circuits.qubits))], shots=shots))
    return made


def counts(answers: tuple[Mapping[str, int], ...], qubits: int, shots: int, device: str) -> Counts:
    """(n_circuits, 2**qubits) from bit strings with wire 0 first.

    Raises QpilotError where a device answered with other strings or with another number of shots than it was asked for.
    """
    rows = np.zeros((len(answers), 2**qubits), dtype=np.int64)
    for row, answer in zip(rows, answers, strict=True):
        for bits, times in answer.items():
            if len(bits) != qubits or set(bits) - {"0", "1"}:
                raise QpilotError(f"PennyLane device {device!r} answered {bits!r} where {qubits} bits were asked for")
            row[int(bits, 2)] += int(times)
        if row.sum() != shots:
            raise QpilotError(f"PennyLane device {device!r} answered {row.sum()} shots where {shots} were asked for")
    return rows


def _operations() -> dict[str, Callable[..., Any]]:
    import pennylane as qml

    return {
        "h": qml.Hadamard,
        "x": qml.X,
        "y": qml.Y,
        "z": qml.Z,
        "s": qml.S,
        "sdg": lambda wires: qml.adjoint(qml.S(wires)),
        "rx": qml.RX,
        "ry": qml.RY,
        "rz": qml.RZ,
        "cnot": qml.CNOT,
        "cz": qml.CZ,
    }
