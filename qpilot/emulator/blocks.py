"""A compiled circuit as few blocks for the Pauli-transfer simulation: one-qubit layers between signed permutations.

CZ and constant Clifford runs (the Hadamards of a CNOT) only permute Pauli words and change signs, and depolarizing
noise only scales them: any number of them is one permutation with one factor a word.
"""

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qpilot.devices import Device
from qpilot.emulator.compile import Compiled, Turn
from qpilot.emulator.unitaries import PAULIS, TOLERANCE, transfer

Transfer = NDArray[np.float64]  # (n, 4, 4) or shared (1, 4, 4)


@dataclass
class Block:
    """A layer of one-qubit transfers by slot, then `permutation` of words: new = factor * old[permutation]."""

    turns: dict[int, Transfer] = field(default_factory=dict)
    permutation: NDArray[np.intp] | None = None
    factor: NDArray[np.float64] | None = None

    def permute(self, source: NDArray[np.intp], sign: NDArray[np.float64], slots: tuple[int, ...], size: int) -> None:
        """Follows the block by a signed permutation of the words of `slots` (arrays of 4**len(slots))."""
        if self.permutation is None or self.factor is None:
            self.permutation, self.factor = np.arange(4**size), np.ones(4**size)
        self.permutation = _gather(self.permutation, source, slots, size)
        self.factor = _gather(self.factor, source, slots, size)
        front = tuple(range(len(slots)))
        words = np.moveaxis(self.factor.reshape((4,) * size), slots, front)  # a view: scales the factor itself
        words *= sign.reshape((4,) * len(slots) + (1,) * (size - len(slots)))


_T = TypeVar("_T", np.intp, np.float64)


def _gather(values: NDArray[_T], source: NDArray[np.intp], slots: tuple[int, ...], size: int) -> NDArray[_T]:
    """`values` of all words (4**size,), re-read so that the words of `slots` come from `source`."""
    front = tuple(range(len(slots)))
    grid = np.moveaxis(values.reshape((4,) * size), slots, front)
    moved = grid.reshape(len(source), -1)[source].reshape(grid.shape)
    return np.ascontiguousarray(np.moveaxis(moved, front, slots)).reshape(-1)


def depolarizing_1q(fidelity: float) -> float:
    """What is left of X, Y, Z after depolarizing noise of a gate with this average fidelity.

    LocalEmulator takes Depolarizing(p = 3/2 (1 - F)), which keeps 1 - 4 p / 3.
    """
    return 1 - 2 * (1 - fidelity)


def depolarizing_2q(fidelity: float) -> float:
    """What is left of the 15 words of a pair: TwoQubitDepolarizing(p = 5/4 (1 - F)) keeps 1 - 16 p / 15."""
    return 1 - 4 / 3 * (1 - fidelity)


def _signed_permutation(matrix: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    source = np.argmax(np.abs(matrix), axis=1)
    return source, matrix[np.arange(len(matrix)), source].round()


def _cz() -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    cz = np.diag([1, 1, 1, -1]).astype(np.complex128)
    words = np.einsum("iab,jcd->ijacbd", PAULIS, PAULIS).reshape(16, 4, 4)
    matrix = np.einsum("iab,jba->ij", words, cz @ words @ cz).real / 4
    return _signed_permutation(matrix)


def blocks(compiled: Compiled, device: Device, noisy: bool) -> list[Block]:
    """The blocks in order. A step goes into the earliest block that keeps the order on its slots."""
    size = len(compiled.labels)
    level, permuted = [0] * size, [False] * size
    found: list[Block] = [Block()]
    edges = device.edges
    cz_source, cz_sign = _cz()

    def block(number: int) -> Block:
        while len(found) <= number:
            found.append(Block())
        return found[number]

    for step in compiled.steps:
        if isinstance(step, Turn):
            slot = step.slot
            keep = depolarizing_1q(device.qubits[compiled.labels[slot]].gate) ** step.noisy if noisy else 1.0
            matrix = transfer(step.matrices)
            if len(matrix) == 1 and np.all(np.abs(np.abs(matrix) - np.abs(matrix).round()) < TOLERANCE):
                source, sign = _signed_permutation(matrix[0])
                block(level[slot]).permute(source, sign * np.array([1, keep, keep, keep]), (slot,), size)
                permuted[slot] = True
                continue
            if permuted[slot]:
                level[slot], permuted[slot] = level[slot] + 1, False
            scaled = matrix * np.array([1, keep, keep, keep])[:, None]
            turns = block(level[slot]).turns
            turns[slot] = scaled @ turns[slot] if slot in turns else scaled
            continue
        a, b = step.slots
        pair = (min(compiled.labels[a], compiled.labels[b]), max(compiled.labels[a], compiled.labels[b]))
        keep = depolarizing_2q(edges[pair]) if noisy else 1.0
        level[a] = level[b] = max(level[a], level[b])
        permuted[a] = permuted[b] = True
        block(level[a]).permute(cz_source, cz_sign * np.array([1.0] + [keep] * 15), (a, b), size)
    return found
