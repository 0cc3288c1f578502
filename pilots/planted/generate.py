"""Makes rows.csv: labels from a hidden observable of an embedded quantum state, which classical models cannot learn.

The positive control: four angles, uniform in [0, 2 pi), enter a ZZ feature map (Havlicek et al. 2019, arXiv 1804.11326)
on a ring with two repetitions; the label is the side of its median on which a random linear functional of the twelve
single-qubit Pauli expectations falls. Rows within 0.15 standard deviations of that boundary are dropped. NumPy alone
writes the state down, so that the project's own circuits are tested against it.

Run: python pilots/planted/generate.py
"""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SEED = 7
ROWS = 900
QUBITS = 4
REPETITIONS = 2
GAP = 0.15  # standard deviations of the functional


def states(x: NDArray[np.float64]) -> NDArray[np.complex128]:
    """The embedded states (n_rows, 2**QUBITS) of angles `x` (n_rows, QUBITS), radians; qubit 0 is the leading bit.

    A repetition is H on every qubit, RZ(2 x_i), then RZZ(2 (pi - x_i)(pi - x_j)) on the ring's edges: all diagonal.
    """
    bits = np.arange(2**QUBITS)[:, None] >> np.arange(QUBITS)[::-1] & 1
    spins = 1 - 2 * bits
    ring = [(i, (i + 1) % QUBITS) for i in range(QUBITS)]
    energy = x @ spins.T
    energy += sum(np.outer((np.pi - x[:, i]) * (np.pi - x[:, j]), spins[:, i] * spins[:, j]) for i, j in ring)
    hadamards = (1.0 - 2.0 * (bits @ bits.T % 2)) / 2 ** (QUBITS / 2)
    state = np.zeros((len(x), 2**QUBITS), dtype=np.complex128)
    state[:, 0] = 1
    for _ in range(REPETITIONS):
        state = state @ hadamards * np.exp(-1j * energy)
    return state


def paulis(state: NDArray[np.complex128]) -> NDArray[np.float64]:
    """<X>, <Y>, <Z> of each qubit: (n_rows, 3 QUBITS), qubit by qubit."""
    found = []
    for qubit in range(QUBITS):
        halves = state.reshape(len(state), 2**qubit, 2, -1)
        zero, one = halves[:, :, 0], halves[:, :, 1]
        coherence = 2 * np.sum(zero.conj() * one, axis=(1, 2))
        population = np.sum(abs(zero) ** 2 - abs(one) ** 2, axis=(1, 2))
        found += [coherence.real, coherence.imag, population]
    return np.stack(found, axis=1)


def rows(seed: int = SEED, count: int = ROWS) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Angles (count, QUBITS), rounded as in the file, and their labels (count,), 0 or 1."""
    rng = np.random.default_rng(seed)
    x = np.round(rng.uniform(0, 2 * np.pi, (2 * count, QUBITS)), 4)
    functional = rng.normal(size=3 * QUBITS)
    hidden = paulis(states(x)) @ functional
    distance = (hidden - np.median(hidden)) / np.std(hidden)
    kept = np.flatnonzero(abs(distance) > GAP)[:count]
    return x[kept], (distance[kept] > 0).astype(np.int64)


def main() -> None:
    """Writes rows.csv beside this file."""
    x, label = rows()
    with (Path(__file__).parent / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*(f"angle_{i}" for i in range(QUBITS)), "label"])
        writer.writerows([*(f"{value:.4f}" for value in angles), y] for angles, y in zip(x, label, strict=True))
    print(f"{len(label)} rows, {label.mean():.1%} of class 1, seed {SEED}")


if __name__ == "__main__":
    main()
