"""A compiled circuit on PennyLane's default.mixed, with the noise that the emulator gives its gates."""

import itertools
from collections.abc import Callable

import numpy as np
import pennylane as qml

from qpilot.devices import Device
from qpilot.emulator.compile import Compiled, Turn

PAULIS = [qml.matrix(gate(wires=0)) for gate in (qml.Identity, qml.X, qml.Y, qml.Z)]
PAIRS = [np.kron(a, b) for a, b in itertools.product(PAULIS, repeat=2)]


def default_mixed(compiled: Compiled, device: Device) -> Callable[[], np.ndarray]:
    """A call that answers (n_circuits, 2**qubits), without readout errors; circuits are broadcast."""
    edges, labels = device.edges, compiled.labels

    @qml.qnode(qml.device("default.mixed", wires=len(labels)))
    def run() -> object:
        for step in compiled.steps:
            if isinstance(step, Turn):
                matrices = step.matrices if len(step.matrices) > 1 else step.matrices[0]
                qml.QubitUnitary(matrices, wires=step.slot)
                lost = 1.5 * (1 - device.qubits[labels[step.slot]].gate)
                for _ in range(step.noisy):
                    qml.DepolarizingChannel(lost, wires=step.slot)
            else:
                a, b = step.slots
                qml.CZ(wires=(a, b))
                lost = 1.25 * (1 - edges[min(labels[a], labels[b]), max(labels[a], labels[b])])
                shares = [1 - lost, *[lost / 15] * 15]
                qml.QubitChannel([np.sqrt(p) * pair for p, pair in zip(shares, PAIRS, strict=True)], wires=(a, b))
        return qml.probs(wires=list(compiled.measured))

    return lambda: np.asarray(run())
