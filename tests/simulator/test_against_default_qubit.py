"""States, expectations and gradients equal to default.qubit's at 1e-10: the named circuits, and any others."""

import itertools

import numpy as np
import pennylane as qml
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qpilot.circuits import ANSAETZE, ENCODINGS, Circuit
from qpilot.simulator import Plan
from qpilot.simulator.trace import trace

CLOSE = {"rtol": 0, "atol": 1e-10}

EVERY = [
    Circuit(encoding, ansatz, 2, qubits, entangled)
    for encoding, ansatz, qubits, entangled in itertools.product(ENCODINGS, [None, *ANSAETZE], (1, 2, 5), (True, False))
]


def words(rng: np.random.Generator, qubits: int) -> tuple[str, ...]:
    """<Z> of the first wire, a word twice, and some drawn from all letters."""
    drawn = ["".join(rng.choice(list("IXYZ"), qubits)) for _ in range(3)]
    return ("Z" + "I" * (qubits - 1), *drawn, drawn[0])


@pytest.mark.parametrize("circuit", EVERY, ids=str)
def test_named_circuits(circuit, default_qubit):
    rng = np.random.default_rng(circuit.qubits)
    plan, asked = Plan(circuit), words(rng, circuit.qubits)
    X, weights = rng.uniform(-4, 4, (3, circuit.inputs)), rng.uniform(-4, 4, circuit.weights)
    assert default_qubit.same_rays(plan.states(X, weights), default_qubit.states(circuit, X, weights))
    expected = default_qubit.expectations(circuit, X, weights, asked)
    np.testing.assert_allclose(plan.expectations(X, weights, asked), expected, **CLOSE)
    np.testing.assert_allclose(plan.expectations(X, weights, asked[:1]), expected[:, :1], **CLOSE)


@pytest.mark.parametrize("circuit", [each for each in EVERY if each.weights and each.qubits < 5], ids=str)
def test_gradients_of_named_circuits(circuit, default_qubit):
    rng = np.random.default_rng(circuit.qubits)
    plan, asked = Plan(circuit), words(rng, circuit.qubits)
    X, weights = rng.uniform(-4, 4, (2, circuit.inputs)), rng.uniform(-4, 4, circuit.weights)
    for some in (asked, asked[:1]):
        upstream = rng.normal(size=(len(X), len(some)))
        expected = default_qubit.gradient(circuit, X, weights, some, upstream)
        np.testing.assert_allclose(plan.vjp(X, weights, some, upstream), expected, **CLOSE)


ONE = ("Hadamard", "PauliX", "PauliY", "PauliZ", "S", "T", "SX")
ONE_ANGLE = ("RX", "RY", "RZ", "PhaseShift")
TWO = ("CNOT", "CZ", "CY", "SWAP", "ISWAP")
TWO_ANGLE = ("CRX", "CRY", "CRZ", "IsingXX", "IsingYY", "IsingZZ", "ControlledPhaseShift", "SingleExcitation")

wire_pairs = st.permutations(range(4))
angle_of = st.one_of(
    st.tuples(st.just("constant"), st.floats(-3, 3), st.just(0)),
    st.tuples(st.just("weight"), st.floats(0.5, 2), st.integers(0, 4)),
    st.tuples(st.just("feature"), st.floats(0.5, 2), st.integers(0, 2)),
    st.tuples(st.just("product"), st.floats(0.5, 2), st.integers(0, 2)),
    st.tuples(st.just("both"), st.floats(0.5, 2), st.integers(0, 2)),
)
operation = st.tuples(st.sampled_from(ONE + ONE_ANGLE + TWO + TWO_ANGLE), wire_pairs, angle_of)


def queue(operations, x, weights):
    """Queues drawn operations; an angle is a constant, a weight, a feature, a product of features or a sum of these."""
    for name, wires, (kind, scale, k) in operations:
        other = x[..., (k + 1) % 3]
        angle = {
            "constant": scale,
            "weight": scale * weights[k],
            "feature": scale * x[..., k % 3],
            "product": scale * (1 - x[..., k % 3]) * other,
            "both": scale * x[..., k % 3] + weights[k] - 0.3,
        }[kind]
        arity = 1 if name in ONE + ONE_ANGLE else 2
        parameters = (angle,) if name in ONE_ANGLE + TWO_ANGLE else ()
        getattr(qml, name)(*parameters, wires=wires[:arity])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.lists(operation, min_size=1, max_size=18), st.integers(0, 2**32 - 1))
def test_any_circuit(written, default_qubit, operations, seed):
    circuit = written(lambda x, weights: queue(operations, x, weights), 4, 3, 5)
    rng = np.random.default_rng(seed)
    trace(circuit)  # raises where the plan would quietly hand over to default.qubit
    plan, asked = Plan(circuit), words(rng, 4)
    X, weights = rng.uniform(-3, 3, (2, 3)), rng.uniform(-3, 3, 5)
    assert default_qubit.same_rays(plan.states(X, weights), default_qubit.states(circuit, X, weights))
    upstream = rng.normal(size=(2, len(asked)))
    values, gradient = plan.value_and_vjp(X, weights, asked, upstream)
    np.testing.assert_allclose(values, default_qubit.expectations(circuit, X, weights, asked), **CLOSE)
    expected = default_qubit.gradient(circuit, X, weights, asked, upstream)
    np.testing.assert_allclose(gradient, expected, **CLOSE)


@pytest.mark.parametrize("qubits", [1, 3, 6, 7, 9])
def test_every_grouping_of_wires(default_qubit, qubits):
    """Wires are taken in groups of up to four, of about equal width."""
    circuit = Circuit("angle", "strongly-entangling", 2, qubits)
    rng = np.random.default_rng(qubits)
    X, weights = rng.uniform(0, 3, (2, qubits)), rng.uniform(-3, 3, circuit.weights)
    asked = tuple("I" * wire + "Z" + "I" * (qubits - 1 - wire) for wire in range(qubits))
    upstream = rng.normal(size=(2, qubits))
    expected = default_qubit.gradient(circuit, X, weights, asked, upstream)
    np.testing.assert_allclose(Plan(circuit).vjp(X, weights, asked, upstream), expected, **CLOSE)
