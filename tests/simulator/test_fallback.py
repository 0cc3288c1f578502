"""What the engine does not know runs on default.qubit, with a line in the log."""

import numpy as np
import pennylane as qml
import pytest

from qpilot.errors import UsageError
from qpilot.simulator import Simulator


def squared_weight(x, weights):
    qml.RX(weights[0] ** 2 * x[..., 0], wires=0)
    qml.RY(weights[1], wires=1)
    qml.CNOT(wires=(0, 1))


def sine(x, weights):
    qml.RX(qml.math.sin(x[..., 0]), wires=0)
    qml.RY(weights[0] * weights[1], wires=1)
    qml.CNOT(wires=(0, 1))


def of_its_values(x, weights):
    if weights[0] > 0.7:
        qml.RX(x[..., 0], wires=0)
    qml.RY(weights[1], wires=0)


def matrix(x, weights):
    qml.RX(x[..., 0], wires=0)
    qml.RY(weights[0], wires=0)
    qml.QubitUnitary(np.diag([1, 1, 1, 1j]), wires=(0, 1))


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (squared_weight, "neither a quadratic in the inputs nor linear in the weights"),
        (sine, "neither a quadratic in the inputs nor linear in the weights"),
        (of_its_values, "its gates depend on the values"),
    ],
)
def test_the_answers_are_right_and_the_log_says_why(written, default_qubit, caplog, function, reason):
    circuit = written(function, 2, 1, 2)
    with caplog.at_level("WARNING", logger="qpilot.simulator"):
        simulator = Simulator(circuit)
    assert len(caplog.records) == 1
    assert "runs on default.qubit" in caplog.text
    assert reason in caplog.text

    X, weights, words = np.array([[0.4], [-1.3]]), np.array([0.8, 1.1]), ("ZI", "XY")
    np.testing.assert_allclose(simulator.states(X, weights), default_qubit.states(circuit, X, weights))
    upstream = np.array([[1.0, -0.5], [0.3, 2.0]])
    values, gradient = simulator.value_and_vjp(X, weights, words, lambda _: upstream)
    np.testing.assert_allclose(values, default_qubit.expectations(circuit, X, weights, words), atol=1e-12)
    steps = 1e-6 * np.eye(2)
    differences = [
        np.sum(
            upstream
            * (simulator.expectations(X, weights + step, words) - simulator.expectations(X, weights - step, words))
        )
        / 2e-6
        for step in steps
    ]
    np.testing.assert_allclose(gradient, differences, atol=1e-8)
    by_input = default_qubit.input_gradient(circuit, X, weights, words, upstream)
    np.testing.assert_allclose(simulator.value_and_vjps(X, weights, words, upstream)[2], by_input, atol=1e-10)
    pulled = default_qubit.states_gradient(circuit, X, weights, simulator.states(X, weights))
    np.testing.assert_allclose(simulator.states_vjp(X, weights, simulator.states(X, weights)), pulled, atol=1e-10)


def test_a_matrix_that_decomposes_is_no_reason(written, default_qubit, caplog):
    circuit = written(matrix, 2, 1, 1)
    simulator = Simulator(circuit)
    assert not caplog.records
    X, weights = np.array([[0.4]]), np.array([0.8])
    assert default_qubit.same_rays(simulator.states(X, weights), default_qubit.states(circuit, X, weights))


def test_no_device_circuits_without_known_gates(written):
    simulator = Simulator(written(squared_weight, 2, 1, 2))
    with pytest.raises(UsageError, match="cannot be written as gates for a device: an angle is neither"):
        simulator.circuits(np.zeros((1, 1)), np.zeros(2), "ZZ")
