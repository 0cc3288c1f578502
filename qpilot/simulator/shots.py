"""Expectations of Pauli words from a finite number of shots, words that agree letter by letter measured together."""

from dataclasses import dataclass

import numpy as np

from qpilot.errors import UsageError
from qpilot.simulator.steps import Floats, States

_TURNS = {
    "X": np.array([[1, 1], [1, -1]]) / np.sqrt(2),
    "Y": np.array([[1, -1j], [1, 1j]]) / np.sqrt(2),
}
"""What takes a letter's eigenstates (+1 first) to |0> and |1>."""


@dataclass(frozen=True)
class Setting:
    """A basis such as "XZZ" and the positions of the words that it answers."""

    basis: str
    words: tuple[int, ...]


def settings(words: tuple[str, ...]) -> tuple[Setting, ...]:
    """As few bases as a greedy pass finds; a wire that no word of a setting reads is measured in Z."""
    bases: list[tuple[str, list[int]]] = []
    for position, word in enumerate(words):
        for at, (basis, members) in enumerate(bases):
            if all("I" in pair or pair[0] == pair[1] for pair in zip(basis, word, strict=True)):
                merged = "".join(b if w == "I" else w for b, w in zip(basis, word, strict=True))
                bases[at] = (merged, [*members, position])
                break
        else:
            bases.append((word, [position]))
    return tuple(Setting(basis.replace("I", "Z"), tuple(members)) for basis, members in bases)


def sample(states: States, words: tuple[str, ...], shots: int, rng: np.random.Generator) -> Floats:
    """Means of `shots` outcomes a row and setting, (n_rows, n_words). states: (n_rows, 2**qubits)."""
    if shots < 1:
        raise UsageError(f"an expectation needs at least 1 shot, got {shots}")
    qubits = len(words[0])
    bits = np.arange(2**qubits) >> (qubits - 1 - np.arange(qubits))[:, None] & 1
    out = np.empty((len(states), len(words)))
    for setting in settings(words):
        likely = np.abs(_turned(states, setting.basis)) ** 2
        likely = likely.astype(np.float64)
        counts = rng.multinomial(shots, likely / likely.sum(axis=1, keepdims=True))
        for position in setting.words:
            read = [wire for wire, letter in enumerate(words[position]) if letter != "I"]
            out[:, position] = counts @ (1.0 - 2 * (bits[read].sum(axis=0) & 1)) / shots
    return out


def _turned(states: States, basis: str) -> States:
    """The states as a measurement in `basis` sees them."""
    for wire, letter in enumerate(basis):
        if letter in _TURNS:
            split = states.reshape(len(states), 2**wire, 2, -1)
            states = np.einsum("ij,najz->naiz", _TURNS[letter], split).reshape(len(states), -1)
    return states
