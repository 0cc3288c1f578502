"""Every circuit the project ships: each encoding alone, inverted onto another row's, and before each ansatz."""

from functools import cache

import numpy as np

from qpilot.circuits import ANSAETZE, ENCODINGS, Circuit, Layered
from qpilot.models.classifier import plan
from qpilot.program import Circuits


@cache
def shipped(encoding: str, ansatz: str | None, qubits: int = 4, layers: int = 2, rows: int = 2) -> Circuits:
    """A model's circuits for a few rows; without an ansatz those of a fidelity kernel, which undo another row."""
    circuit = Circuit(encoding, ansatz, layers if ansatz or ENCODINGS[encoding].repeats else 1, qubits)
    rng = np.random.default_rng(3)
    X = circuit.prepare(rng.uniform(0, np.pi, (rows, circuit.features)))
    if ansatz is None:
        return plan(circuit).fidelity_circuits(X, circuit.prepare(rng.uniform(0, np.pi, (1, circuit.features)))[0])
    return plan(circuit).circuits(X, rng.uniform(-np.pi, np.pi, circuit.weights), "Z" * qubits)


SHIPPED = [
    (encoding, ansatz)
    for encoding, how in ENCODINGS.items()
    for ansatz in (None, *ANSAETZE)
    if not how.scaled or isinstance(ANSAETZE.get(ansatz or ""), Layered)
]
