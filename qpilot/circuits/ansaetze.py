"""Ansaetze made of layers over all wires: one layer of each, written with PennyLane.

Every function queues rotations on wires 0 .. qubits - 1, then couples `edges`. weights: (qubits, angles), radians.
The entanglement-free twin is the same layer with no edges.
"""

from typing import Any

from qpilot.circuits.wiring import Edges


def strongly_entangling(weights: Any, qubits: int, edges: Edges) -> None:
    """Rot on every wire, then CNOTs whose range grows with the layer (Schuld et al. 2020, arXiv 1804.00633)."""
    import pennylane as qml

    for wire in range(qubits):
        qml.Rot(*weights[wire], wires=wire)
    for edge in edges:
        qml.CNOT(wires=edge)


def basic_entangling(weights: Any, qubits: int, edges: Edges) -> None:
    """RX on every wire, then a ring of CNOTs."""
    import pennylane as qml

    for wire in range(qubits):
        qml.RX(weights[wire][0], wires=wire)
    for edge in edges:
        qml.CNOT(wires=edge)


def hardware_efficient(weights: Any, qubits: int, edges: Edges) -> None:
    """RY and RZ on every wire, then CZ (Kandala et al. 2017, arXiv 1704.05018, with CZ as entangler).

    The last layer's CZ do not show in readouts of Z: so many layers entangle what is read so often less one.
    """
    import pennylane as qml

    for wire in range(qubits):
        qml.RY(weights[wire][0], wires=wire)
        qml.RZ(weights[wire][1], wires=wire)
    for edge in edges:
        qml.CZ(wires=edge)


def real_amplitudes(weights: Any, qubits: int, edges: Edges) -> None:
    """RY on every wire, then a line of CNOTs: real amplitudes stay real."""
    import pennylane as qml

    for wire in range(qubits):
        qml.RY(weights[wire][0], wires=wire)
    for edge in edges:
        qml.CNOT(wires=edge)


def local(weights: Any, qubits: int, edges: Edges) -> None:
    """RZ and RY on every wire, then CNOTs in bricks (Cerezo et al. 2021, arXiv 2001.00550).

    A readout of one wire sees at most 2 * layers wires: with few layers its gradient does not vanish with width.
    """
    import pennylane as qml

    for wire in range(qubits):
        qml.RZ(weights[wire][0], wires=wire)
        qml.RY(weights[wire][1], wires=wire)
    for edge in edges:
        qml.CNOT(wires=edge)
