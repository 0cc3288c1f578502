"""States, expectations and gradients equal to default.qubit's at 1e-10: the named circuits, and any others."""

import numpy as np
import pennylane as qml
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qpilot.circuits import ANSAETZE, ENCODINGS, Circuit
from qpilot.simulator import Simulator
from qpilot.simulator.trace import trace
from tests.simulator.named import named

CLOSE = {"rtol": 0, "atol": 1e-10}


EVERY = [*named(1, twins=False), *named(4)]


def test_every_name_is_tried():
    assert {circuit.encoding for circuit in EVERY} == set(ENCODINGS)
    assert {circuit.ansatz for circuit in EVERY} == {None, *ANSAETZE}


def words(rng: np.random.Generator, qubits: int) -> tuple[str, ...]:
    """<Z> of the first wire, a word twice, and some drawn from all letters."""
    drawn = ["".join(rng.choice(list("IXYZ"), qubits)) for _ in range(3)]
    return ("Z" + "I" * (qubits - 1), *drawn, drawn[0])


@pytest.mark.parametrize("circuit", EVERY, ids=str)
def test_named_circuits(circuit, default_qubit):
    rng = np.random.default_rng(circuit.qubits)
    simulator, asked = Simulator(circuit), words(rng, circuit.qubits)
    X, weights = rng.uniform(-4, 4, (2, circuit.inputs)), rng.uniform(-4, 4, circuit.weights)
    assert default_qubit.same_rays(simulator.states(X, weights), default_qubit.states(circuit, X, weights))
    expected = default_qubit.expectations(circuit, X, weights, asked)
    for some, values in ((asked, expected), (asked[:1], expected[:, :1])):
        np.testing.assert_allclose(simulator.expectations(X, weights, some), values, **CLOSE)
        if circuit.weights and circuit.entangled:
            upstream = rng.normal(size=(len(X), len(some)))
            slopes = default_qubit.gradient(circuit, X, weights, some, upstream)
            np.testing.assert_allclose(simulator.value_and_vjp(X, weights, some, upstream)[1], slopes, **CLOSE)


# operation: (wires, angles)
OPERATIONS = {
    **dict.fromkeys(("Hadamard", "PauliX", "PauliY", "PauliZ", "S", "T", "SX"), (1, 0)),
    **dict.fromkeys(("RX", "RY", "RZ", "PhaseShift"), (1, 1)),
    **dict.fromkeys(("Rot", "U3"), (1, 3)),
    **dict.fromkeys(("CNOT", "CZ", "CY", "CH", "SWAP", "ISWAP"), (2, 0)),
    **dict.fromkeys(("CRX", "CRY", "CRZ", "ControlledPhaseShift"), (2, 1)),
    **dict.fromkeys(("IsingXX", "IsingYY", "IsingZZ", "IsingXY", "SingleExcitation", "MultiRZ"), (2, 1)),
    **dict.fromkeys(("CRot",), (2, 3)),
    **dict.fromkeys(("Toffoli", "CSWAP", "CCZ"), (3, 0)),
}

wire_orders = st.permutations(range(4))
angle_of = st.one_of(
    st.tuples(st.just("constant"), st.floats(-3, 3), st.just(0)),
    st.tuples(
        st.sampled_from(["weight", "input", "product", "both", "scaled", "scaled product", "weights"]),
        st.floats(0.5, 2),
        st.integers(0, 4),
    ),
)
operation = st.tuples(st.sampled_from(list(OPERATIONS)), wire_orders, st.tuples(angle_of, angle_of, angle_of))


def angle(x, weights, kind, scale, k):
    """A constant, a weight, an input, a product of inputs, a weight times one of these, or a sum."""
    one, other = x[..., k % 3], x[..., (k + 1) % 3]
    return {
        "constant": scale,
        "weight": scale * weights[k],
        "input": scale * one,
        "product": scale * (1 - one) * other,
        "both": scale * one + weights[k] - 0.3,
        "scaled": scale * weights[k] * one + 0.2 * other,
        "scaled product": weights[k] * (scale - one) * other + weights[(k + 1) % 5],
        "weights": scale * weights[k] - weights[(k + 2) % 5] / 2,
    }[kind]


def queue(operations, x, weights):
    """Queues drawn operations."""
    for name, wires, drawn in operations:
        width, angles = OPERATIONS[name]
        given = [angle(x, weights, *each) for each in drawn[:angles]]
        getattr(qml, name)(*given, wires=wires[:width])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.lists(operation, min_size=1, max_size=14), st.integers(0, 2**32 - 1))
def test_any_circuit(written, default_qubit, operations, seed):
    circuit = written(lambda x, weights: queue(operations, x, weights), 4, 3, 5)
    rng = np.random.default_rng(seed)
    trace(circuit)  # raises where the simulator would quietly hand over to default.qubit
    asked = words(rng, 4)
    X, weights = rng.uniform(-3, 3, (2, 3)), rng.uniform(-3, 3, 5)
    upstream = rng.normal(size=(2, len(asked)))
    states = default_qubit.states(circuit, X, weights)
    expected = (
        default_qubit.expectations(circuit, X, weights, asked),
        default_qubit.gradient(circuit, X, weights, asked, upstream),
        default_qubit.input_gradient(circuit, X, weights, asked, upstream),
    )
    for precision, atol in (("double", 1e-10), ("single", 1e-5)):
        simulator = Simulator(circuit, precision)
        assert default_qubit.same_rays(simulator.states(X, weights), states, atol)
        largest = [max(1, np.abs(each).max()) for each in expected]  # a gradient is as large as its angles' slopes
        for size, ours, theirs in zip(
            largest, simulator.value_and_vjps(X, weights, asked, upstream), expected, strict=True
        ):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol * size)
        np.testing.assert_allclose(
            simulator.value_and_vjp(X, weights, asked, upstream)[1], expected[1], rtol=0, atol=atol * largest[1]
        )


@pytest.mark.parametrize("qubits", [1, 3, 6, 7, 9])
def test_every_grouping_of_wires(default_qubit, qubits):
    """Wires are taken in groups of up to four, of about equal width."""
    circuit = Circuit("angle", "strongly-entangling", 2, qubits)
    rng = np.random.default_rng(qubits)
    X, weights = rng.uniform(0, 3, (2, qubits)), rng.uniform(-3, 3, circuit.weights)
    asked = tuple("I" * wire + "Z" + "I" * (qubits - 1 - wire) for wire in range(qubits))
    upstream = rng.normal(size=(2, qubits))
    expected = default_qubit.gradient(circuit, X, weights, asked, upstream)
    np.testing.assert_allclose(Simulator(circuit).value_and_vjp(X, weights, asked, upstream)[1], expected, **CLOSE)
