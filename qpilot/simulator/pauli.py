"""Pauli words such as "ZIII" (wire 0 first) as permutations and phases of the basis states."""

from dataclasses import dataclass

import numpy as np

from qpilot.errors import UsageError
from qpilot.simulator.steps import Floats, Indices, Precision, States

_DOUBLE = np.dtype(np.complex128)


@dataclass(frozen=True)
class _Flip:
    """The words that flip the same wires: (P_w psi)[z] = phases[z, w] psi[partner[z]]; partner None flips nothing."""

    positions: Indices
    partner: Indices | None
    phases: Floats | States


@dataclass(frozen=True)
class Words:
    """Pauli words to measure together, by the wires they flip."""

    names: tuple[str, ...]
    flips: tuple[_Flip, ...]

    @property
    def diagonal(self) -> bool:
        """Whether only Z and I occur, so that phases of the state do not matter."""
        return all(flip.partner is None for flip in self.flips)

    def before(self, inverse: Indices | None) -> "Words":
        """Diagonal words on the states before a permutation of the basis states."""
        if inverse is None:
            return self
        return Words(self.names, tuple(_Flip(flip.positions, None, flip.phases[inverse]) for flip in self.flips))

    def expectations(self, states: States, scratch: States) -> Floats:
        """(n_rows, n_words) from states (2**qubits, n_rows); `scratch` is overwritten."""
        rows = states.shape[1]
        out = np.empty((rows, len(self.names)))
        for flip in self.flips:
            if flip.partner is None:
                parts = states.view(states.real.dtype)
                squares = np.multiply(parts, parts, out=scratch.view(parts.dtype))  # re^2 and im^2 by turns
                out[:, flip.positions] = (squares.T @ flip.phases).reshape(rows, 2, -1).sum(axis=1)
            else:
                np.take(states, flip.partner, axis=0, out=scratch, mode="clip")
                np.multiply(states.conj(), scratch, out=scratch)
                out[:, flip.positions] = (scratch.T @ flip.phases).real
        return out

    def weighted(self, states: States, upstream: Floats, out: States, scratch: States) -> None:
        """sum_w upstream[b, w] P_w |state_b> into `out`; `scratch` is overwritten. upstream: (n_rows, n_words)."""
        for place, flip in enumerate(self.flips):
            target = scratch if place else out
            scale = flip.phases @ upstream[:, flip.positions].T.astype(flip.phases.real.dtype)
            if flip.partner is None:
                np.multiply(states, scale, out=target)
            else:
                np.take(states, flip.partner, axis=0, out=target, mode="clip")
                np.multiply(target, scale, out=target)
            if place:
                np.add(out, scratch, out=out)


def parse(words: tuple[str, ...], qubits: int, precision: Precision = _DOUBLE) -> Words:
    """The words on `qubits` wires, for states of `precision`. Raises UsageError for what is no word, and for none."""
    if not words:
        raise UsageError("give at least one Pauli word to measure")
    states = np.arange(2**qubits)
    found: dict[int, list[tuple[int, States]]] = {}
    for position, word in enumerate(words):
        if len(word) != qubits or set(word) - set("IXYZ"):
            raise UsageError(f"Pauli word {word!r} is not {qubits} letters of I, X, Y, Z, one a qubit")
        mask, phases = 0, np.ones(2**qubits, dtype=np.complex128)
        for wire, letter in enumerate(word):
            place = qubits - 1 - wire
            mask |= (letter in "XY") << place
            if letter in "YZ":
                phases = phases * (1 - 2 * ((states >> place) & 1)) * (-1j if letter == "Y" else 1)
        found.setdefault(mask, []).append((position, phases))
    flips = []
    for mask, members in found.items():
        phases = np.stack([phases for _, phases in members], axis=1).astype(precision)
        positions = np.array([position for position, _ in members])
        flips.append(_Flip(positions, states ^ mask if mask else None, phases if mask else phases.real.copy()))
    return Words(words, tuple(flips))
