"""Ansaetze: trainable layers, written with PennyLane.

Every function queues its gates on wires 0 .. qubits - 1. weights: (layers, ...) of the shape its registry line states,
radians. `entangled=False` is the same ansatz with every entangling gate taken out.
"""

from typing import Any

from qpilot.circuits.wiring import ring


def strongly_entangling(weights: Any, qubits: int, entangled: bool) -> None:
    """Rot on every wire, then CNOTs at a range that grows with the layer (Schuld et al. 2020, arXiv 1804.00633)."""
    import pennylane as qml

    if entangled:
        qml.StronglyEntanglingLayers(weights, wires=range(qubits))
        return
    for layer in weights:
        for wire in range(qubits):
            qml.Rot(*layer[wire], wires=wire)


def basic_entangling(weights: Any, qubits: int, entangled: bool) -> None:
    """RX on every wire, then a ring of CNOTs."""
    import pennylane as qml

    if entangled:
        qml.BasicEntanglerLayers(weights, wires=range(qubits))
        return
    for layer in weights:
        for wire in range(qubits):
            qml.RX(layer[wire], wires=wire)


def hardware_efficient_ring(weights: Any, qubits: int, entangled: bool) -> None:
    """RY and RZ on every wire, then CZ along a ring (Kandala et al. 2017, arXiv 1704.05018, with CZ as entangler)."""
    import pennylane as qml

    for layer in weights:
        for wire in range(qubits):
            qml.RY(layer[wire][0], wires=wire)
            qml.RZ(layer[wire][1], wires=wire)
        if entangled:
            for edge in ring(qubits):
                qml.CZ(wires=edge)


def real_amplitudes(weights: Any, qubits: int, entangled: bool) -> None:
    """RY on every wire, then a line of CNOTs: real amplitudes stay real."""
    import pennylane as qml

    for layer in weights:
        for wire in range(qubits):
            qml.RY(layer[wire], wires=wire)
        if entangled:
            for wire in range(qubits - 1):
                qml.CNOT(wires=(wire, wire + 1))
