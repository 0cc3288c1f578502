"""Ansaetze that narrow: two-qubit blocks that drop a wire each, until one is left to be read.

A block on (dropped, kept) turns both wires by RZ and RY and sends a CNOT from the dropped to the kept one, `layers`
times over. The wire that is left is turned once more by RZ and RY, so that what is read is no fixed parity. Those last
angles, and a QCNN's poolings, belong to the first layer. weights: one vector a layer, radians. In the entanglement-free
twin a CNOT is left out and a controlled rotation loses its control.
"""

from collections.abc import Sequence
from typing import Any

from qpilot.circuits.wiring import Edges

_BLOCK = 4
_POOLING = 2
_LAST = 2


def levels(qubits: int) -> tuple[Edges, ...]:
    """Pairs (dropped, kept) level by level: neighbours, of which the inner one is kept; an odd wire passes on."""
    left, found = list(range(qubits)), []
    while len(left) > 1:
        couples = [(left[at], left[at + 1]) for at in range(0, len(left) - 1, 2)]
        pairs = tuple((b, a) if place % 2 else (a, b) for place, (a, b) in enumerate(couples))
        left = [kept for _, kept in pairs] + left[2 * len(pairs) :]
        found.append(pairs)
    return tuple(found)


def chain(qubits: int) -> Edges:
    """Pairs (dropped, kept) along a line."""
    return tuple((wire, wire + 1) for wire in range(qubits - 1))


def tree_sizes(layers: int, qubits: int) -> tuple[int, ...]:
    """Weights of each layer of a tree or a chain, which have one block fewer than wires."""
    return tuple(_BLOCK * (qubits - 1) + (0 if layer else _LAST) for layer in range(layers))


def tree_tensor(weights: Sequence[Any], qubits: int, entangled: bool) -> None:
    """A binary tree of blocks (Grant et al. 2018, arXiv 1804.03680), for any number of wires."""
    _narrow(weights, tuple(pair for level in levels(qubits) for pair in level), qubits, entangled)


def matrix_product(weights: Sequence[Any], qubits: int, entangled: bool) -> None:
    """A chain of blocks: a matrix-product state (Huggins et al. 2019, arXiv 1803.11537)."""
    _narrow(weights, chain(qubits), qubits, entangled)


def qcnn_sizes(layers: int, qubits: int) -> tuple[int, ...]:
    """Weights of each layer: a block a level, and in the first layer the poolings and the last rotations."""
    depth = len(levels(qubits))
    return tuple(depth * _BLOCK + (0 if layer else depth * _POOLING + _LAST) for layer in range(layers))


def qcnn(weights: Sequence[Any], qubits: int, entangled: bool) -> None:
    """Convolutions and poolings by turns (Cong et al. 2019, arXiv 1810.03787; poolings of Hur et al. 2022, 2108.00661).

    A level's blocks share their weights: first on neighbours from the first wire, then on those from the second. Pooling
    turns the kept wire by RZ where the other is 1 and by RX where it is 0, in place of a measurement; any number of wires.
    """
    import pennylane as qml

    left = list(range(qubits))
    depth = len(levels(qubits))
    for number, pairs in enumerate(levels(qubits)):
        for layer in weights:
            shared = layer[_BLOCK * number : _BLOCK * (number + 1)]
            for first in (0, 1):
                for at in range(first, len(left) - 1, 2):
                    _block(shared, (left[at], left[at + 1]), entangled)
        pooling = weights[0][_BLOCK * depth + _POOLING * number :]
        for dropped, kept in pairs:
            if not entangled:
                qml.RZ(pooling[0], wires=kept)
                qml.RX(pooling[1], wires=kept)
                continue
            qml.CRZ(pooling[0], wires=(dropped, kept))
            qml.PauliX(wires=dropped)
            qml.CRX(pooling[1], wires=(dropped, kept))
            qml.PauliX(wires=dropped)
        left = [wire for wire in left if wire not in {dropped for dropped, _ in pairs}]
    _turn(weights[0][-_LAST:], left[0])


def left_over(qubits: int) -> tuple[int, ...]:
    """The wire that a tree or a QCNN leaves."""
    return (levels(qubits)[-1][0][1],) if qubits > 1 else (0,)


def last(qubits: int) -> tuple[int, ...]:
    """The wire that a chain leaves."""
    return (qubits - 1,)


def _narrow(weights: Sequence[Any], pairs: Edges, qubits: int, entangled: bool) -> None:
    for number, pair in enumerate(pairs):
        for layer in weights:
            _block(layer[_BLOCK * number : _BLOCK * (number + 1)], pair, entangled)
    _turn(weights[0][-_LAST:], pairs[-1][1] if pairs else 0)


def _block(weights: Any, pair: tuple[int, int], entangled: bool) -> None:
    import pennylane as qml

    for place, wire in enumerate(pair):
        _turn(weights[2 * place : 2 * place + 2], wire)
    if entangled:
        qml.CNOT(wires=pair)


def _turn(weights: Any, wire: int) -> None:
    import pennylane as qml

    qml.RZ(weights[0], wires=wire)
    qml.RY(weights[1], wires=wire)
