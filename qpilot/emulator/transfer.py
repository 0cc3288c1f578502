"""Exact noisy simulation of many circuits of one shape: the state as Pauli words, (n_circuits, 4**slots) float64.

Agrees with a density-matrix simulation to rounding; real numbers, noise for free. Memory and time grow as 4**slots.
"""

import numpy as np
from numpy.typing import NDArray

from qpilot.devices import Device
from qpilot.emulator.blocks import Block, Transfer, blocks
from qpilot.emulator.compile import Compiled
from qpilot.program import Probabilities

State = NDArray[np.float64]
_CACHE_WORDS = 2**18  # about what stays in a core's cache: circuits are simulated in chunks of this many words
_TAIL = 3  # the last slots are turned together: one matrix product instead of many tiny ones


def probabilities(compiled: Compiled, device: Device, noisy: bool = True, readout: bool = True) -> Probabilities:
    """(n_circuits, 2**qubits): gate noise if `noisy`, readout flips if `readout` as well; wire 0 most significant."""
    size = len(compiled.labels)
    schedule = blocks(compiled, device, noisy)
    if schedule[-1].permutation is not None:
        schedule.append(Block())
    flips = np.ones(size)
    if noisy and readout:
        flips = np.array([1 - 2 * (1 - device.qubits[label].readout) for label in compiled.labels])
    chunk = max(1, _CACHE_WORDS // 4**size)
    rows = range(0, compiled.circuits, chunk)
    parts = [_run(schedule, slice(row, min(row + chunk, compiled.circuits)), size, flips) for row in rows]
    # Slots to wires: axis w of the answer is the slot that wire w is read from.
    grid = np.concatenate(parts).reshape((compiled.circuits,) + (2,) * size)
    ordered = grid.transpose((0, *(slot + 1 for slot in compiled.measured))).reshape(compiled.circuits, -1)
    clipped = np.maximum(ordered, 0.0)  # rounding leaves -1e-17
    return np.asarray(clipped / clipped.sum(axis=1, keepdims=True))


def _run(schedule: list[Block], rows: slice, size: int, flips: NDArray[np.float64]) -> State:
    """Probabilities of a chunk of circuits, axes in slot order."""
    count = rows.stop - rows.start
    # A single block is also the last: the product state is built from identity turns, then read out through it.
    begun = {} if len(schedule) == 1 else _pick(schedule[0].turns, rows)
    state = product(begun, size, count)
    for number, block in enumerate(schedule[:-1]):
        if number:
            state = turned(state, _pick(block.turns, rows), size)
        if block.permutation is not None and block.factor is not None:
            state = state[:, block.permutation]
            state *= block.factor
    return _read(state, _pick(schedule[-1].turns, rows), size, flips)


def _pick(turns: dict[int, Transfer], rows: slice) -> dict[int, Transfer]:
    return {slot: matrix if len(matrix) == 1 else matrix[rows] for slot, matrix in turns.items()}


def product(turns: dict[int, Transfer], size: int, count: int) -> State:
    """The state after a first layer on |0...0>, whose words are I and Z on every slot."""
    state = np.ones((count, 1))
    for slot in range(size):
        vector = turns[slot][:, :, 0] + turns[slot][:, :, 3] if slot in turns else np.array([[1.0, 0, 0, 1]])
        state = (state[:, :, None] * vector[:, None, :]).reshape(count, -1)
    return state


def _kron(matrices: list[Transfer]) -> Transfer:
    product = matrices[0]
    for matrix in matrices[1:]:
        n = max(len(product), len(matrix))
        rows, columns = product.shape[1] * matrix.shape[1], product.shape[2] * matrix.shape[2]
        product = (product[:, :, None, :, None] * matrix[:, None, :, None, :]).reshape(n, rows, columns)
    return product


def _groups(active: set[int], size: int) -> list[range]:
    """Slots to turn together: up to three neighbours at a time; the tail as one, reaching to the last slot."""
    tail = max(0, size - _TAIL)
    groups = [range(tail, size)] if any(slot >= tail for slot in active) else []
    slot = 0
    while slot < tail:
        if slot in active:
            end = slot + 1
            while end < tail and end in active and end - slot < _TAIL:
                end += 1
            groups.append(range(slot, end))
            slot = end
        else:
            slot += 1
    return groups


def turned(state: State, turns: dict[int, Transfer], size: int) -> State:
    """The state (n, 4**size) after one-qubit transfers on some slots."""
    identity = np.eye(4)[None]
    count = len(state)
    for group in _groups(set(turns), size):
        matrix = _kron([turns.get(slot, identity) for slot in group])
        width = matrix.shape[1]
        if group.stop == size:
            state = np.matmul(state.reshape(count, -1, width), matrix.transpose(0, 2, 1)).reshape(count, -1)
        else:
            behind = 4 ** (size - group.stop)
            state = np.matmul(matrix[:, None], state.reshape(count, -1, width, behind)).reshape(count, -1)
    return state


def _read(state: State, turns: dict[int, Transfer], size: int, flips: NDArray[np.float64]) -> State:
    """Probabilities after the last layer: only I and Z of every slot are needed; a flip shrinks Z."""
    count = len(state)
    hadamard = np.array([[0.5, 0.5], [0.5, -0.5]])
    for slot in reversed(range(size)):
        matrix = turns.get(slot, np.eye(4)[None])[:, [0, 3], :] * np.array([1.0, flips[slot]])[:, None]
        read = hadamard @ matrix  # (n or 1, 2, 4): the slot's two outcomes from its four words
        # The slots behind are outcomes already and have moved to the front, so this slot's words are the last axis.
        state = np.matmul(state.reshape(count, -1, 4), read.transpose(0, 2, 1))
        state = state.transpose(0, 2, 1).reshape(count, -1)
    return state
