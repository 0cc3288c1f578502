"""Encodings: how a row of features becomes gate angles, written with PennyLane.

Every function queues its gates on wires 0 .. qubits - 1. x: (qubits,) or (n, qubits), radians. `entangled=False` is the
same map with every entangling gate taken out: a product state.
"""

from math import pi
from typing import Any

from qpilot.circuits.wiring import ring


def angle(x: Any, layers: int, qubits: int, entangled: bool) -> None:
    """RY(x_i) on wire i; between repetitions a ring of CNOTs, without which they would only scale the angle."""
    import pennylane as qml

    for layer in range(layers):
        if layer and entangled:
            for edge in ring(qubits):
                qml.CNOT(wires=edge)
        qml.AngleEmbedding(x, wires=range(qubits), rotation="Y")


def zz(x: Any, layers: int, qubits: int, entangled: bool) -> None:
    """The ZZ feature map of Havlicek et al. 2019 (arXiv 1804.11326) on a ring.

    A repetition: H and RZ(2 x_i) on every wire, then exp(-i (pi - x_i)(pi - x_j) Z_i Z_j) on every edge.
    """
    import pennylane as qml

    for _ in range(layers):
        for wire in range(qubits):
            qml.Hadamard(wires=wire)
            qml.RZ(2 * x[..., wire], wires=wire)
        if entangled:
            for i, j in ring(qubits):
                qml.CNOT(wires=(i, j))
                qml.RZ(2 * (pi - x[..., i]) * (pi - x[..., j]), wires=j)
                qml.CNOT(wires=(i, j))


def iqp(x: Any, layers: int, qubits: int, entangled: bool) -> None:
    """The IQP embedding: H and RZ(x_i) on every wire, then exp(-i x_i x_j Z_i Z_j / 2) on every pair of wires."""
    import pennylane as qml

    qml.IQPEmbedding(x, wires=range(qubits), n_repeats=layers, pattern=None if entangled else [])
