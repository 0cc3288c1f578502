"""The circuits the project ships: each encoding alone, inverted onto another row's, and each ansatz."""

from functools import cache

import numpy as np

from qpilot.circuits import ANSAETZE, ENCODINGS, Circuit
from qpilot.models.compiled import simulator
from qpilot.program import Circuits


@cache
def shipped(encoding: str, ansatz: str | None, qubits: int = 4, layers: int = 2, rows: int = 2) -> Circuits:
    """A model's circuits for a few rows; without an ansatz those of a fidelity kernel, which undo another row."""
    circuit = Circuit(encoding, ansatz, layers if ansatz or ENCODINGS[encoding].repeats else 1, qubits)
    rng = np.random.default_rng(3)
    X = circuit.prepare(rng.uniform(0, np.pi, (rows, circuit.features)))
    if ansatz is None:
        return simulator(circuit).fidelity_circuits(X, circuit.prepare(rng.uniform(0, np.pi, (1, circuit.features)))[0])
    return simulator(circuit).circuits(X, rng.uniform(-np.pi, np.pi, circuit.weights), "Z" * qubits)


SHIPPED = [
    *((encoding, "local" if how.scaled else None) for encoding, how in ENCODINGS.items()),
    *(("angle", ansatz) for ansatz in ANSAETZE),
]
"""Every encoding, alone where it can be, and every ansatz."""
