"""Every way to a gradient: equal to default.qubit's where exact, around it with finite shots."""

import numpy as np
import pennylane as qml
import pytest

from qpilot.circuits import Circuit
from qpilot.errors import UsageError
from qpilot.simulator import Simulator
from qpilot.simulator.gradients import GRADIENTS

WORDS = ("ZII", "XYI", "IIZ")


def rescaled(x, weights):
    """Weights that scale inputs, one that enters three angles, and angles in other gates than rotations."""
    for wire in range(3):
        qml.RY(weights[wire] * x[..., wire], wires=wire)
    qml.CRX(weights[3], wires=(0, 1))
    qml.IsingXX(weights[3] + x[..., 0] * x[..., 1], wires=(1, 2))
    qml.RZ(2 * weights[3], wires=2)
    qml.RX(weights[4], wires=2)


@pytest.fixture(params=["rescaled", "zz", "angle"])
def drawn(request, written):
    """(circuit, X, weights, upstream)."""
    named = [Circuit(encoding, "strongly-entangling", 1, 3) for encoding in ("angle", "zz")]
    circuit = {each.encoding: each for each in named}.get(request.param, written(rescaled, 3, 3, 5))
    rng = np.random.default_rng(11)
    return circuit, rng.uniform(0, 2, (3, 3)), rng.uniform(-2, 2, circuit.weights), rng.normal(size=(3, len(WORDS)))


# method, precision: largest error; differences of exact expectations stop at rounding over step
@pytest.mark.parametrize(
    ("method", "precision", "atol"),
    [
        ("adjoint", "double", 1e-10),
        ("adjoint", "single", 1e-5),
        ("parameter-shift", "double", 1e-10),
        ("parameter-shift", "single", 1e-5),
        ("finite-difference", "double", 1e-7),
        ("finite-difference", "single", 2e-2),
    ],
)
def test_exact(default_qubit, drawn, method, precision, atol):
    circuit, X, weights, upstream = drawn
    simulator = Simulator(circuit, precision)
    values, by_weight, by_input = GRADIENTS[method](simulator, X, weights, WORDS, lambda _: upstream, inputs=True)
    expected = default_qubit.expectations(circuit, X, weights, WORDS)
    np.testing.assert_allclose(values, expected, rtol=0, atol=min(atol, 1e-5))
    expected = default_qubit.gradient(circuit, X, weights, WORDS, upstream)
    np.testing.assert_allclose(by_weight, expected, rtol=0, atol=atol)
    expected = default_qubit.input_gradient(circuit, X, weights, WORDS, upstream)
    np.testing.assert_allclose(by_input, expected, rtol=0, atol=atol)
    again = GRADIENTS[method](simulator, X, weights, WORDS, upstream)
    np.testing.assert_allclose(again[1], by_weight, rtol=0, atol=1e-6)
    assert again[2].shape == (3, 0)


@pytest.mark.parametrize("method", ["parameter-shift", "finite-difference"])
def test_finite_shots(default_qubit, drawn, method):
    """Thirty gradients from 2,000 shots each: their mean is the exact one within its error, or the step's bias."""
    circuit, X, weights, upstream = drawn
    simulator, rng = Simulator(circuit), np.random.default_rng(3)
    X, upstream = X[:1], upstream[:1]
    found = [GRADIENTS[method](simulator, X, weights, WORDS, upstream, 2000, rng, inputs=True) for _ in range(30)]
    expected = default_qubit.gradient(circuit, X, weights, WORDS, upstream)
    drawn_gradients = np.array([each[1] for each in found])
    assert (drawn_gradients.std(axis=0) > 0).any()
    error = np.abs(drawn_gradients.mean(axis=0) - expected)
    bias = 0.0 if method == "parameter-shift" else 0.3 * np.abs(upstream).sum()
    assert (error <= 5 * drawn_gradients.std(axis=0) / np.sqrt(30) + 1e-12 + bias).all()
    assert found[0][2].shape == X.shape
    rng = np.random.default_rng(3)
    again = GRADIENTS[method](simulator, X, weights, WORDS, upstream, 2000, rng, inputs=True)
    np.testing.assert_array_equal(again[1], found[0][1])


def test_what_cannot_be_is_said(written):
    simulator, X, weights = Simulator(Circuit("angle", "basic-entangling", 1, 3)), np.zeros((1, 3)), np.zeros(3)
    upstream, rng = np.ones((1, 3)), np.random.default_rng(0)
    with pytest.raises(UsageError, match='adjoint gradients take no shots: choose "parameter-shift"'):
        GRADIENTS["adjoint"](simulator, X, weights, WORDS, upstream, 100, rng)
    with pytest.raises(UsageError, match="finite shots need a random generator"):
        GRADIENTS["parameter-shift"](simulator, X, weights, WORDS, upstream, 100)
    with pytest.raises(UsageError, match="at least 1 shot, got 0"):
        GRADIENTS["finite-difference"](simulator, X, weights, WORDS, upstream, 0, rng)
    odd = Simulator(written(lambda x, weights: qml.RX(qml.math.sin(x[..., 0]) + weights[0], wires=0), 3, 3, 3))
    with pytest.raises(UsageError, match="neither a quadratic in the inputs nor linear"):
        GRADIENTS["parameter-shift"](odd, X, weights, WORDS, upstream)
    assert GRADIENTS["finite-difference"](odd, X, weights, WORDS, upstream)[1].shape == (3,)


def test_a_loss_of_the_states(default_qubit, drawn):
    """L = sum over rows of |<anchor|psi>|^2, so that dL/d conj(psi) = <anchor|psi> anchor."""
    circuit, X, weights, _ = drawn
    rng = np.random.default_rng(8)
    anchors = rng.normal(size=(3, 8)) + 1j * rng.normal(size=(3, 8))
    expected = default_qubit.states_gradient(circuit, X, weights, anchors)
    for precision, atol in (("double", 1e-10), ("single", 1e-4)):
        simulator = Simulator(circuit, precision)
        inner = np.einsum("nz,nz->n", anchors.conj(), simulator.states(X, weights))
        found = simulator.states_vjp(X, weights, inner[:, None] * anchors)
        np.testing.assert_allclose(found, expected, rtol=0, atol=atol)
    with pytest.raises(UsageError, match=r"upstream must be \(3, 8\)"):
        simulator.states_vjp(X, weights, anchors[:2])
