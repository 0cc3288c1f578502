"""The feature maps against matrices and states written out by hand."""

import itertools

import numpy as np
import pennylane as qml
import pytest
from scipy.linalg import expm
from scipy.optimize import approx_fprime

from qpilot.circuits import ENCODINGS, Circuit
from qpilot.circuits.amplitude import PADDING
from qpilot.simulator import Simulator
from tests.circuits.drawing import state

NONE = np.zeros(0)


def pauli(letter: str, wire: int, qubits: int) -> np.ndarray:
    return qml.matrix(getattr(qml, letter)(wire), wire_order=range(qubits))


def hadamards(qubits: int) -> np.ndarray:
    return qml.matrix(qml.prod(*[qml.Hadamard(wire) for wire in range(qubits)]), wire_order=range(qubits))


def product(*columns: np.ndarray) -> np.ndarray:
    out = np.ones(1)
    for column in columns:
        out = np.kron(out, column)
    return out


def test_zz_is_the_ring_feature_map():
    qubits, x = 4, np.array([0.3, 2.9, 4.4, 5.8])
    generator = sum(x[i] * pauli("Z", i, qubits) for i in range(qubits))
    for i, j in ((0, 1), (1, 2), (2, 3), (3, 0)):
        generator = generator + (np.pi - x[i]) * (np.pi - x[j]) * pauli("Z", i, qubits) @ pauli("Z", j, qubits)
    once = expm(-1j * generator) @ hadamards(qubits)
    assert state(Circuit("zz", None, 2, qubits), x, NONE) == pytest.approx((once @ once)[:, 0], abs=1e-12)


def test_iqp_couples_every_pair():
    qubits, x = 3, np.array([0.3, 2.9, 4.4])
    generator = sum(x[i] / 2 * pauli("Z", i, qubits) for i in range(qubits))
    for i, j in itertools.combinations(range(qubits), 2):
        generator = generator + x[i] * x[j] / 2 * pauli("Z", i, qubits) @ pauli("Z", j, qubits)
    once = expm(-1j * generator) @ hadamards(qubits)
    assert state(Circuit("iqp", None, 2, qubits), x, NONE) == pytest.approx((once @ once)[:, 0], abs=1e-12)


@pytest.mark.parametrize(
    ("encoding", "wire"),
    [
        ("angle", lambda t: [np.cos(t / 2), np.sin(t / 2)]),
        ("angle-x", lambda t: [np.cos(t / 2), -1j * np.sin(t / 2)]),
        ("angle-z", lambda t: np.exp([-0.5j * t, 0.5j * t]) / np.sqrt(2)),
    ],
)
def test_angles_about_each_axis(encoding, wire):
    x = np.array([0.4, 2.5])
    expected = product(*(np.array(wire(t)) for t in x))
    assert state(Circuit(encoding, None, 1, 2), x, NONE) == pytest.approx(expected, abs=1e-12)


def test_dense_angles_put_two_features_on_a_qubit():
    x = np.array([0.4, 2.5, 1.1])  # the second wire has one feature
    pairs = ((0.4, 1.1), (2.5, 0))
    wires = [np.exp(np.array([-0.5j, 0.5j]) * phase) * [np.cos(t / 2), np.sin(t / 2)] for t, phase in pairs]
    circuit = Circuit("dense-angle", None, 1, 2, features=3)
    assert state(circuit, x, NONE) == pytest.approx(product(*wires), abs=1e-12)


def test_a_bit_is_what_side_of_the_middle_a_feature_is_on():
    circuit = Circuit("basis", None, 1, 3)
    X = np.array([[0.0, np.pi / 2, np.pi], [1.5, 3, 0.1]])
    inputs = circuit.prepare(X)
    for row, place in zip(inputs, (0b011, 0b010), strict=True):
        assert np.abs(state(circuit, row, NONE)[place]) == pytest.approx(1)
    assert np.all(circuit.pull(X, inputs) == 0)


@pytest.mark.parametrize(("features", "qubits"), [(2, 1), (3, 2), (4, 2), (5, 3), (8, 3), (16, 4)])
def test_amplitudes_are_the_padded_row(features, qubits):
    rng = np.random.default_rng(features)
    circuit = Circuit("amplitude", None, 1, qubits, features=features)
    X = rng.normal(size=(4, features))
    X[0] = np.abs(X[0])
    X[1, : features // 2] = 0
    padded = np.pad(X, ((0, 0), (0, 2**qubits - features)), constant_values=PADDING)
    expected = padded / np.linalg.norm(padded, axis=1, keepdims=True)
    found = [state(circuit, row, NONE) for row in circuit.prepare(X)]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_a_row_of_zeros_prepares_the_ground_state():
    circuit = Circuit("amplitude", None, 1, 2)
    assert state(circuit, circuit.prepare(np.zeros((1, 4)))[0], NONE) == pytest.approx([1, 0, 0, 0])


def test_the_twin_of_amplitudes_turns_each_wire_by_a_level_s_mean():
    X = np.array([[0.4, 1.1, 2.0, 0.3]])
    halves = np.hypot(X[0, ::2], X[0, 1::2])
    mean = np.mean(2 * np.arctan2(X[0, 1::2], X[0, ::2]))
    angles = [2 * np.arctan2(halves[1], halves[0]), mean]
    expected = product(*(np.array([np.cos(t / 2), np.sin(t / 2)]) for t in angles))
    twin = Circuit("amplitude", None, 1, 2, entangled=False)
    assert state(twin, twin.prepare(X)[0], NONE) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", [name for name in ENCODINGS if name != "basis"])
def test_slopes_go_back_through_the_preparation(name):
    circuit = Circuit(name, "local" if ENCODINGS[name].scaled else None, 1, 3)
    rng = np.random.default_rng(4)
    X, upstream = rng.uniform(0.2, 3, (2, circuit.features)), rng.normal(size=(2, circuit.inputs))
    found = circuit.pull(X, upstream)
    for row, slopes, own in zip(X, upstream, found, strict=True):
        expected = approx_fprime(row, lambda x, slopes=slopes: float(circuit.prepare(x[None])[0] @ slopes))
        np.testing.assert_allclose(own, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in ENCODINGS if name != "basis"])
@pytest.mark.parametrize("entangled", [True, False])
def test_gradients_reach_the_features(name, entangled):
    """What an encoder before the circuit is trained by: the engine's slopes of inputs, pulled back to features."""
    circuit = Circuit(name, "strongly-entangling", 1, 2, entangled)
    rng = np.random.default_rng(8)
    X, weights = rng.uniform(0.3, 2.8, (2, circuit.features)), rng.uniform(-3, 3, circuit.weights)
    word = np.array([1, -1, -1, 1])

    def value(x: np.ndarray) -> float:
        return float(np.abs(state(circuit, circuit.prepare(x[None])[0], weights)) ** 2 @ word)

    _, _, slopes = Simulator(circuit).value_and_vjps(circuit.prepare(X), weights, ("ZZ",), np.ones((2, 1)))
    expected = [approx_fprime(x, value, 1e-7) for x in X]
    np.testing.assert_allclose(circuit.pull(X, slopes), expected, rtol=0, atol=2e-6)
