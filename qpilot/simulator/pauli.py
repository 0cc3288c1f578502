"""Pauli words such as "ZIII" (wire 0 first) as a permutation and phases of the basis states."""

from dataclasses import dataclass

import numpy as np

from qpilot.errors import UsageError
from qpilot.simulator.steps import Floats, Indices, States


@dataclass(frozen=True)
class Words:
    """Pauli words, those of Z and I alone apart from the others.

    diagonal: positions of the first kind, eigenvalues: (2**qubits, n_diagonal). mixed: (position, partner, phases), where
    (P psi)[z] = phases[z] psi[partner[z]].
    """

    count: int
    diagonal: Indices
    eigenvalues: Floats
    mixed: tuple[tuple[int, Indices, States], ...]

    def expectations(self, states: States) -> Floats:
        """(n_rows, n_words) from states (2**qubits, n_rows)."""
        out = np.empty((states.shape[1], self.count))
        if len(self.diagonal):
            out[:, self.diagonal] = (states.real**2 + states.imag**2).T @ self.eigenvalues
        for position, partner, phases in self.mixed:
            out[:, position] = np.einsum("zb,zb->b", states.conj(), phases[:, None] * states[partner]).real
        return out

    def weighted(self, states: States, upstream: Floats) -> States:
        """sum_w upstream[b, w] P_w |state_b>. upstream: (n_rows, n_words)."""
        out: States = states * (self.eigenvalues @ upstream[:, self.diagonal].T)
        for position, partner, phases in self.mixed:
            out += phases[:, None] * states[partner] * upstream[:, position]
        return out


def parse(words: tuple[str, ...], qubits: int) -> Words:
    """The words on `qubits` wires. Raises UsageError for a word that is none."""
    states = np.arange(2**qubits)
    diagonal: list[int] = []
    eigenvalues: list[Floats] = []
    mixed: list[tuple[int, Indices, States]] = []
    for position, word in enumerate(words):
        if len(word) != qubits or set(word) - set("IXYZ"):
            raise UsageError(f"Pauli word {word!r} is not {qubits} letters of I, X, Y, Z (one a qubit)")
        partner, phases = states, np.ones(2**qubits, dtype=complex)
        for wire, letter in enumerate(word):
            place = qubits - 1 - wire
            sign = 1 - 2 * ((states >> place) & 1)
            if letter in "XY":
                partner = partner ^ (1 << place)
            if letter in "YZ":
                phases = phases * sign * (-1j if letter == "Y" else 1)
        if set(word) <= set("IZ"):
            diagonal.append(position)
            eigenvalues.append(phases.real)
        else:
            mixed.append((position, partner, phases))
    values = np.array(eigenvalues).reshape(-1, 2**qubits).T
    return Words(len(words), np.array(diagonal, dtype=np.intp), np.ascontiguousarray(values), tuple(mixed))
