"""What a trained circuit is asked: Pauli words of Z, their expectations from measured probabilities."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from qpilot.models.scaling import Floats
from qpilot.program import Probabilities


def word(pauli: str, wire: int, qubits: int) -> str:
    """The Pauli word with `pauli` on `wire` and the identity elsewhere."""
    return "I" * wire + pauli + "I" * (qubits - wire - 1)


def local(reads: Sequence[int], qubits: int) -> tuple[str, ...]:
    """Z of each wire that is read: costs of few wires keep gradients at shallow depth (Cerezo et al. 2021)."""
    return tuple(word("Z", wire, qubits) for wire in reads)


def whole(reads: Sequence[int], qubits: int) -> tuple[str, ...]:
    """One word, the parity of all wires that are read: a global cost, whose gradients vanish with width."""
    return ("".join("Z" if wire in reads else "I" for wire in range(qubits)),)


OBSERVABLES: Mapping[str, Callable[[Sequence[int], int], tuple[str, ...]]] = {"local": local, "global": whole}
"""(wires read, qubits) -> words. arXiv 2001.00550 says what the choice does to a gradient."""


def expectations(probabilities: Probabilities, wires: Iterable[int]) -> Floats:
    """<Z> on each of `wires`: (n_samples, n_wires), from (n_samples, 2**qubits), wire 0 the most significant bit."""
    qubits = probabilities.shape[1].bit_length() - 1
    return parities(probabilities, local(tuple(wires), qubits))


def parities(probabilities: Probabilities, words: Sequence[str]) -> Floats:
    """<word> of each word of Z and I: (n_samples, n_words), from (n_samples, 2**qubits)."""
    qubits = probabilities.shape[1].bit_length() - 1
    bits = np.arange(probabilities.shape[1]) >> (qubits - 1 - np.arange(qubits))[:, None] & 1
    read = np.array([[letter == "Z" for letter in word] for word in words], dtype=np.int64)
    return np.asarray(probabilities @ (1.0 - 2 * (read @ bits & 1)).T)
