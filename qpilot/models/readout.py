"""Expectations of Pauli Z from measured probabilities, and the words that ask the simulator for the same."""

from collections.abc import Iterable

import numpy as np

from qpilot.models.scaling import Floats
from qpilot.program import Probabilities


def word(pauli: str, wire: int, qubits: int) -> str:
    """The Pauli word with `pauli` on `wire` and the identity elsewhere."""
    return "I" * wire + pauli + "I" * (qubits - wire - 1)


def expectations(probabilities: Probabilities, wires: Iterable[int]) -> Floats:
    """<Z> on each of `wires`: (n_samples, n_wires), from (n_samples, 2**qubits), wire 0 the most significant bit."""
    outcomes = np.arange(probabilities.shape[1])
    qubits = probabilities.shape[1].bit_length() - 1
    signs = [1 - 2 * (outcomes >> (qubits - 1 - wire) & 1) for wire in wires]
    return np.asarray(probabilities @ np.array(signs, dtype=float).T)
