"""The Fubini-Study metric against PennyLane's."""

import numpy as np
import pennylane as qml
import pytest

from qpilot.circuits import Circuit
from qpilot.simulator import Simulator
from qpilot.training.natural import fubini_study


@pytest.mark.parametrize("ansatz", ["real-amplitudes", "strongly-entangling"])
def test_the_metric_is_pennylanes(ansatz):
    circuit = Circuit("angle", ansatz, 2, 2)
    simulator, rng = Simulator(circuit), np.random.default_rng(0)
    X, weights = rng.uniform(0, np.pi, (3, 2)), rng.normal(size=circuit.weights)

    @qml.qnode(qml.device("default.qubit", wires=3))
    def measured(free, x):
        circuit.function(x, free)
        return qml.expval(qml.PauliZ(0))

    tensor = qml.metric_tensor(measured, approx=None)
    free = qml.numpy.array(weights, requires_grad=True)
    expected = np.mean(
        [np.asarray(tensor(free, qml.numpy.array(x, requires_grad=False)), dtype=float) for x in X], axis=0
    )
    half = circuit.weights // 2
    for block in (range(half), range(half, circuit.weights)):
        found = fubini_study(lambda moved: simulator.states(X, moved), weights, block)
        np.testing.assert_allclose(found, expected[np.ix_(block, block)], atol=1e-6)


def test_the_metric_does_not_see_the_phase_of_states():
    simulator, rng = Simulator(Circuit("angle", "real-amplitudes", 1, 2)), np.random.default_rng(0)
    X, weights = rng.uniform(0, np.pi, (3, 2)), rng.normal(size=2)

    def turning(moved):
        return simulator.states(X, moved) * np.exp(1j * (1e5 * moved.sum() + 3))

    plain = fubini_study(lambda moved: simulator.states(X, moved), weights, [0, 1])
    np.testing.assert_allclose(fubini_study(turning, weights, [0, 1]), plain, atol=1e-6)
