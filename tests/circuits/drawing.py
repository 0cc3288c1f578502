"""Every circuit that the registries allow, values for it, and its state by PennyLane's default.qubit."""

import itertools
from collections.abc import Iterable

import numpy as np
import pennylane as qml

from qpilot.circuits import ANSAETZE, ENCODINGS, Circuit
from qpilot.errors import UsageError


def circuits(qubits: Iterable[int], layers: int = 2) -> list[Circuit]:
    """Every encoding alone and before every ansatz, and its twin; with one layer where it takes no more."""
    found = []
    for encoding, ansatz, width, entangled in itertools.product(ENCODINGS, [None, *ANSAETZE], qubits, (True, False)):
        for depth in (layers, 1):
            try:
                found.append(Circuit(encoding, ansatz, depth, width, entangled))
            except UsageError:
                continue
            break
    return found


def drawn(circuit: Circuit, rows: int = 1, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Scaled features (rows, features) and weights (weights,)."""
    rng = np.random.default_rng(seed)
    return rng.uniform(0, np.pi, (rows, circuit.features)), rng.uniform(-np.pi, np.pi, circuit.weights)


def state(circuit: Circuit, inputs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The amplitudes for one row of inputs."""

    def run() -> object:
        circuit.function(inputs, weights)
        return qml.state()

    return np.asarray(qml.QNode(run, qml.device("default.qubit", wires=circuit.qubits))())
