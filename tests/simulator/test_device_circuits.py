"""The gate lists for a device, run gate by gate on default.qubit, against the simulator they were written by."""

import numpy as np
import pennylane as qml
import pytest

from qpilot.circuits import Circuit
from qpilot.errors import UsageError
from qpilot.program import GATES
from qpilot.simulator import Simulator, overlaps
from tests.simulator.named import named

OPERATIONS = {
    "h": qml.Hadamard,
    "x": qml.X,
    "y": qml.Y,
    "z": qml.Z,
    "s": qml.S,
    "sdg": lambda wires: qml.adjoint(qml.S(wires=wires)),
    "rx": qml.RX,
    "ry": qml.RY,
    "rz": qml.RZ,
    "cnot": qml.CNOT,
    "cz": qml.CZ,
}


NAMED = named(3, twins=False)


def probabilities(circuits):
    def run(angles):
        for gate in circuits.gates:
            OPERATIONS[gate.name](*(angles[k] for k in gate.angles), wires=gate.wires)
        return qml.probs(wires=range(circuits.qubits))

    node = qml.QNode(run, qml.device("default.qubit", wires=circuits.qubits))
    return np.array([node(angles) for angles in circuits.angles])


def drawn(circuit, rows=3):
    rng = np.random.default_rng(5)
    return rng.uniform(-3, 3, (rows, circuit.inputs)), rng.uniform(-3, 3, circuit.weights)


@pytest.mark.parametrize("circuit", NAMED, ids=str)
def test_measured_in_any_basis(circuit):
    X, weights = drawn(circuit)
    simulator = Simulator(circuit)
    parity = np.array([(-1) ** bin(z).count("1") for z in range(8)])
    for basis in ("ZZZ", "XXX", "YYY", "XYZ"):
        circuits = simulator.circuits(X, weights, basis)
        assert len(circuits) == len(X)
        assert {gate.name for gate in circuits.gates} <= set(GATES)
        measured = probabilities(circuits) @ parity
        np.testing.assert_allclose(measured, simulator.expectations(X, weights, (basis,))[:, 0], rtol=0, atol=1e-10)


@pytest.mark.parametrize("circuit", NAMED, ids=str)
def test_all_zeros_is_the_overlap(circuit):
    X, weights = drawn(circuit)
    simulator = Simulator(circuit)
    row = X[1] + 0.4
    expected = overlaps(simulator.states(X, weights), simulator.states(row[None], weights))[:, 0]
    measured = probabilities(simulator.fidelity_circuits(X, row, weights))[:, 0]
    np.testing.assert_allclose(measured, expected, rtol=0, atol=1e-10)


def test_s_gates_turn_back_in_a_fidelity_circuit(written):
    def function(x, weights):
        for wire in range(2):
            qml.Hadamard(wires=wire)
        qml.S(wires=0)
        qml.RX(x[..., 0], wires=0)
        qml.CNOT(wires=(0, 1))
        qml.S(wires=1)
        qml.RY(x[..., 0], wires=1)

    simulator = Simulator(written(function, 2, 1, 0))
    x = np.array([[0.7]])
    assert probabilities(simulator.fidelity_circuits(x, x[0]))[0, 0] == pytest.approx(1)


@pytest.mark.parametrize("basis", ["ZZ", "ZZZZ", "ZZQ", ""])
def test_a_basis_that_is_none_is_refused(basis):
    simulator = Simulator(Circuit("angle", None, 1, 3))
    with pytest.raises(UsageError, match="is not 3 letters of X, Y, Z, I"):
        simulator.circuits(np.zeros((1, 3)), None, basis)
