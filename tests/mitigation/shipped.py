"""Every circuit the project ships: each encoding alone, inverted onto another row's, and before each ansatz."""

from functools import cache

import numpy as np

from qpilot.circuits import ANSAETZE, ENCODINGS, Circuit
from qpilot.models.classifier import plan
from qpilot.program import Circuits


@cache
def shipped(encoding: str, ansatz: str | None, qubits: int = 4, layers: int = 2, rows: int = 2) -> Circuits:
    """A model's circuits for a few rows; without an ansatz those of a fidelity kernel, which undo another row."""
    circuit = Circuit(encoding, ansatz, layers, qubits)
    rng = np.random.default_rng(3)
    X = rng.uniform(0, np.pi, (rows, qubits))
    if ansatz is None:
        return plan(circuit).fidelity_circuits(X, rng.uniform(0, np.pi, qubits))
    return plan(circuit).circuits(X, rng.uniform(-np.pi, np.pi, circuit.weights), "Z" * qubits)


SHIPPED = [(encoding, ansatz) for encoding in ENCODINGS for ansatz in (None, *ANSAETZE)]
