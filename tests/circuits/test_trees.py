"""Ansaetze that narrow, against gates written out by hand."""

import numpy as np
import pennylane as qml
import pytest

from qpilot.circuits import Circuit
from qpilot.circuits.trees import levels
from tests.circuits.drawing import drawn, state


@pytest.mark.parametrize(
    ("qubits", "expected"),
    [
        (1, ()),
        (2, (((0, 1),),)),
        (3, (((0, 1),), ((1, 2),))),
        (5, (((0, 1), (3, 2)), ((1, 2),), ((2, 4),))),
        (8, (((0, 1), (3, 2), (4, 5), (7, 6)), ((1, 2), (6, 5)), ((2, 5),))),
    ],
)
def test_the_inner_of_two_neighbours_is_kept(qubits, expected):
    assert levels(qubits) == expected


def turn(weights: np.ndarray, wire: int) -> None:
    qml.RZ(weights[0], wires=wire)
    qml.RY(weights[1], wires=wire)


def block(weights: np.ndarray, dropped: int, kept: int) -> None:
    turn(weights[:2], dropped)
    turn(weights[2:], kept)
    qml.CNOT(wires=(dropped, kept))


def convolutions_and_poolings(weights: np.ndarray) -> None:
    """A QCNN of three wires in one layer: two levels, each with a block's 4 weights and a pooling's 2; then 2."""
    shared, pooling, last = weights[:8].reshape(2, 4), weights[8:12].reshape(2, 2), weights[12:]
    block(shared[0], 0, 1)
    block(shared[0], 1, 2)
    for angles, dropped, kept in ((pooling[0], 0, 1), (pooling[1], 1, 2)):
        if dropped == 1:
            block(shared[1], 1, 2)
        qml.ctrl(qml.RZ(angles[0], wires=kept), dropped)
        qml.ctrl(qml.RX(angles[1], wires=kept), dropped, control_values=[0])
    turn(last, 2)


def tree(weights: np.ndarray) -> None:
    """Four wires in two layers: the first has the blocks' 12 weights and the last rotations, the second 12."""
    first, last, second = weights[:12].reshape(3, 4), weights[12:14], weights[14:].reshape(3, 4)
    for number, (dropped, kept) in enumerate(((0, 1), (3, 2), (1, 2))):
        block(first[number], dropped, kept)
        block(second[number], dropped, kept)
    turn(last, 2)


def chain(weights: np.ndarray) -> None:
    """Three wires in one layer."""
    block(weights[:4], 0, 1)
    block(weights[4:8], 1, 2)
    turn(weights[8:], 2)


@pytest.mark.parametrize(
    ("ansatz", "layers", "qubits", "written"),
    [("qcnn", 1, 3, convolutions_and_poolings), ("tree-tensor", 2, 4, tree), ("matrix-product", 1, 3, chain)],
)
def test_gates_are_those_that_are_named(ansatz, layers, qubits, written):
    circuit = Circuit("angle", ansatz, layers, qubits)
    X, weights = drawn(circuit)

    def run() -> object:
        for wire in range(qubits):
            qml.RY(X[0, wire], wires=wire)
        written(weights)
        return qml.state()

    expected = qml.QNode(run, qml.device("default.qubit", wires=qubits))()
    np.testing.assert_allclose(state(circuit, X[0], weights), expected, rtol=0, atol=1e-12)


def test_a_local_ansatz_reads_what_its_last_pairs_aim_at():
    assert Circuit("angle", "local", 1, 4).reads == (1, 3)
    assert Circuit("angle", "local", 2, 5).reads == (0, 2, 4)
