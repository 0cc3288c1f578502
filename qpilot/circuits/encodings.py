"""Encodings: how a row of features becomes gate angles, written with PennyLane.

Every function queues its gates on wires 0 .. qubits - 1. x: (inputs,) or (n, inputs), radians. `entangled=False` is the
same map with every entangling gate taken out: a product state. Between repetitions of a map without gates of its own
that entangle stands a ring of CNOTs, without which they would only scale the angle.
"""

from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qpilot.circuits.wiring import ring

Floats = NDArray[np.float64]

MIDDLE = pi / 2
"""The middle of what scaling "angle" maps features into, where a bit changes."""


def angle(x: Any, repetitions: int, qubits: int, entangled: bool) -> None:
    """RY(x_i) on wire i."""
    _turns(x, repetitions, qubits, entangled, ("RY",))


def angle_x(x: Any, repetitions: int, qubits: int, entangled: bool) -> None:
    """RX(x_i) on wire i."""
    _turns(x, repetitions, qubits, entangled, ("RX",))


def angle_z(x: Any, repetitions: int, qubits: int, entangled: bool) -> None:
    """H, then RZ(x_i), on wire i: alone, RZ does nothing to the ground state."""
    import pennylane as qml

    for repetition in range(repetitions):
        if repetition:
            _between(qubits, entangled)
        for wire in range(qubits):
            qml.Hadamard(wires=wire)
            qml.RZ(x[..., wire], wires=wire)


def dense_angle(x: Any, repetitions: int, qubits: int, entangled: bool) -> None:
    """RY(x_i), then RZ(x_(qubits + i)), on wire i: two features a qubit (LaRose and Coyle 2020, arXiv 2003.01695)."""
    _turns(x, repetitions, qubits, entangled, ("RY", "RZ"))


def basis(x: Any, repetitions: int, qubits: int, entangled: bool) -> None:
    """RX(x_i) on wire i, x_i 0 or pi: a bit a qubit, and a product state with or without twin."""
    _turns(x, 1, qubits, entangled, ("RX",))


def bits(X: Floats, qubits: int) -> Floats:
    """0 where a feature is below the middle of its scaled range, pi elsewhere; (n_rows, qubits) both."""
    return np.where(X < MIDDLE, 0.0, pi)


def no_slope(X: Floats, upstream: Floats, qubits: int) -> Floats:
    """The slope of `bits` wherever it has one: zeros."""
    return np.zeros_like(X)


def zz(x: Any, repetitions: int, qubits: int, entangled: bool) -> None:
    """The ZZ feature map of Havlicek et al. 2019 (arXiv 1804.11326) on a ring.

    A repetition: H and RZ(2 x_i) on every wire, then exp(-i (pi - x_i)(pi - x_j) Z_i Z_j) on every edge.
    """
    import pennylane as qml

    for _ in range(repetitions):
        for wire in range(qubits):
            qml.Hadamard(wires=wire)
            qml.RZ(2 * x[..., wire], wires=wire)
        if entangled:
            for i, j in ring(0, qubits):
                qml.CNOT(wires=(i, j))
                qml.RZ(2 * (pi - x[..., i]) * (pi - x[..., j]), wires=j)
                qml.CNOT(wires=(i, j))


def iqp(x: Any, repetitions: int, qubits: int, entangled: bool) -> None:
    """The IQP embedding: H and RZ(x_i) on every wire, then exp(-i x_i x_j Z_i Z_j / 2) on every pair of wires."""
    import pennylane as qml

    qml.IQPEmbedding(x, wires=range(qubits), n_repeats=repetitions, pattern=None if entangled else [])


def reuploading(x: Any, repetitions: int, qubits: int, entangled: bool) -> None:
    """RY(x_i) on wire i, then the next features by RZ, by RY, ... on the same wires, until all are in.

    One upload of the features, each times its trainable scaling, before a layer of the ansatz (Perez-Salinas et al.
    2020, arXiv 1907.02085).
    """
    _turns(x, 1, qubits, entangled, ("RY", "RZ"))


def _turns(x: Any, repetitions: int, qubits: int, entangled: bool, axes: tuple[str, ...]) -> None:
    import pennylane as qml

    for repetition in range(repetitions):
        if repetition:
            _between(qubits, entangled)
        for place in range(x.shape[-1]):
            axis = axes[place // qubits % len(axes)]
            getattr(qml, axis)(x[..., place], wires=place % qubits)


def _between(qubits: int, entangled: bool) -> None:
    import pennylane as qml

    for edge in ring(0, qubits) if entangled else ():
        qml.CNOT(wires=edge)
