"""Amplitude encoding: a row as the amplitudes of a state, prepared by a tree of multiplexed RY (Mottonen et al. 2005).

Level k turns wire k by one angle for each value of the wires before it: 2**k RY and, for k > 0, 2**k CNOTs (arXiv
quant-ph/0407010, figure 2). In all 2**qubits - 1 rotations and 2**qubits - 2 CNOTs, so depth grows as the row does.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PADDING = 1.0  # radians; a constant, so that rows that differ in length alone stay apart


def prepare(X: Floats, qubits: int) -> Floats:
    """The angles of the tree's gates, (n_rows, 2**qubits - 1), for rows (n_rows, n_features) padded to 2**qubits.

    Length does not matter; a row of zeros prepares the ground state. Level after level; the angles of a level are the
    Walsh transform of the multiplexer's, the first is their mean.
    """
    return np.hstack([_gates(angles) for angles, *_ in _tree(_padded(X, qubits))])


def pull(X: Floats, upstream: Floats, qubits: int) -> Floats:
    """dL/d X, (n_rows, n_features), from dL/d `prepare`'s angles, (n_rows, 2**qubits - 1)."""
    slopes = np.zeros((len(X), 1))  # with respect to the lengths of a level's parts; the whole's does not matter
    for level, (_, left, right, length) in enumerate(_tree(_padded(X, qubits))):
        own = _gates_back(upstream[:, 2**level - 1 : 2 ** (level + 1) - 1])
        safe = np.where(length > 0, length, np.inf)
        both = np.empty((len(X), 2 ** (level + 1)))
        both[:, ::2] = -2 * right / safe**2 * own + left / safe * slopes
        both[:, 1::2] = 2 * left / safe**2 * own + right / safe * slopes
        slopes = both
    return slopes[:, : X.shape[1]]


def amplitude(x: Any, repetitions: int, qubits: int, entangled: bool) -> None:
    """The tree. x: (2**qubits - 1,) or (n, 2**qubits - 1), as `prepare` gives them.

    The twin keeps a level's mean angle, the part of the multiplexer that no control decides.
    """
    import pennylane as qml

    for wire in range(qubits):
        first = 2**wire - 1
        for place in range(2**wire if entangled else 1):
            qml.RY(x[..., first + place], wires=wire)
            if entangled and wire:
                qml.CNOT(wires=(_control(place, wire), wire))


def _control(place: int, wire: int) -> int:
    """The wire whose bit changes after number `place` of the Gray code of `wire` bits, wire 0 the most significant."""
    follows = place + 1
    bit = wire - 1 if follows == 2**wire else (follows & -follows).bit_length() - 1
    return wire - 1 - bit


def _padded(X: Floats, qubits: int) -> Floats:
    return np.pad(X, ((0, 0), (0, 2**qubits - X.shape[1])), constant_values=PADDING)


def _tree(rows: Floats) -> list[tuple[Floats, Floats, Floats, Floats]]:
    """(multiplexer angles, left, right, length) of every level, (n_rows, 2**level) each; signs are in the last."""
    found = []
    while rows.shape[1] > 1:
        left, right = rows[:, ::2], rows[:, 1::2]
        length = np.hypot(left, right)
        found.append((2 * np.arctan2(right, left), left, right, length))
        rows = length
    return found[::-1]


def _gates(angles: Floats) -> Floats:
    """What each RY turns by, from what each value of the controls is to be turned by; (n_rows, size) both."""
    return _walsh(angles)[:, _gray(angles.shape[1])]


def _gates_back(upstream: Floats) -> Floats:
    """The transpose of `_gates`."""
    by_value = np.empty_like(upstream)
    by_value[:, _gray(upstream.shape[1])] = upstream
    return _walsh(by_value)


def _gray(size: int) -> NDArray[np.intp]:
    numbers = np.arange(size)
    return np.asarray(numbers ^ (numbers >> 1))


def _walsh(values: Floats) -> Floats:
    """sum_j (-1)**(i . j) values_j / size; symmetric."""
    rows, size = values.shape
    step = 1
    while step < size:
        halves = values.reshape(rows, -1, 2, step)
        values = np.stack([halves[:, :, 0] + halves[:, :, 1], halves[:, :, 0] - halves[:, :, 1]], axis=2)
        step *= 2
    return np.asarray(values.reshape(rows, size) / size)
