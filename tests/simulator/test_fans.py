"""RY whose angle other wires decide: found where it is, left alone where it is not, and right either way."""

import numpy as np
import pennylane as qml
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qpilot.circuits import Circuit
from qpilot.program import Gate
from qpilot.simulator import Simulator
from qpilot.simulator.fans import Fan, Fanned, fanned
from qpilot.simulator.schedule import schedule
from qpilot.simulator.trace import trace

RY = [Gate("ry", (0,), (k,)) for k in range(4)]
CNOT = {control: Gate("cnot", (control, 0)) for control in (1, 2)}
NONE, ONE, TWO, BOTH = frozenset(), frozenset({1}), frozenset({2}), frozenset({1, 2})

X2, X0, OTHER = Gate("x", (2,)), Gate("x", (0,)), Gate("cnot", (0, 1))


@pytest.mark.parametrize(
    ("gates", "expected"),
    [
        ([RY[0], CNOT[1], RY[1], CNOT[1]], [Fanned(0, (1,), ((0, NONE), (1, ONE)))]),
        (
            [RY[0], CNOT[1], RY[1], CNOT[2], RY[2], CNOT[1], RY[3], CNOT[2]],
            [Fanned(0, (1, 2), ((0, NONE), (1, ONE), (2, BOTH), (3, TWO)))],
        ),
        ([RY[0], CNOT[1], X2, RY[1], CNOT[1]], [Fanned(0, (1,), ((0, NONE), (1, ONE))), X2]),
        ([RY[0], CNOT[2], X2, RY[1], CNOT[2]], [RY[0], CNOT[2], X2, RY[1], CNOT[2]]),  # X turns the control
        ([RY[0], CNOT[1], X0, RY[1], CNOT[1]], [RY[0], CNOT[1], X0, RY[1], CNOT[1]]),
        ([RY[0], CNOT[1], RY[1], OTHER], [RY[0], CNOT[1], RY[1], OTHER]),  # the CNOT stays
        ([RY[0], CNOT[1], RY[1], CNOT[1], OTHER], [Fanned(0, (1,), ((0, NONE), (1, ONE))), OTHER]),
        ([RY[0], CNOT[1], CNOT[1]], [RY[0], CNOT[1], CNOT[1]]),
    ],
)
def test_runs(gates, expected):
    assert list(fanned(tuple(gates))) == expected


@pytest.mark.parametrize("qubits", [2, 4, 6])
def test_amplitude_encoding_takes_one_fan_a_wire(qubits):
    steps = schedule(trace(Circuit("amplitude", None, 1, qubits)))
    assert [step.wire for step in steps if isinstance(step, Fan)] == list(range(1, qubits))


gate = st.tuples(st.sampled_from(["RY", "RY", "CNOT", "CNOT", "PauliX", "RZ"]), st.permutations(range(3)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.lists(gate, min_size=4, max_size=24), st.integers(0, 2**32 - 1))
def test_any_run_is_right(written, default_qubit, gates, seed):
    """Controls drawn from two wires, angles by turns a weight, an input and both, with other gates between."""

    def function(x, weights):
        for at, (name, wires) in enumerate(gates):
            angle = (weights[at % 3], x[..., at % 2], weights[at % 3] * x[..., at % 2])[at % 3]
            given_ = (angle,) if name in ("RY", "RZ") else ()
            getattr(qml, name)(*given_, wires=wires[: 2 if name == "CNOT" else 1])

    circuit, rng = written(function, 3, 2, 3), np.random.default_rng(seed)
    X, weights, words = rng.uniform(-3, 3, (2, 2)), rng.uniform(-3, 3, 3), ("ZXI", "IYZ", "ZZZ")
    upstream = rng.normal(size=(2, 3))
    states = default_qubit.states(circuit, X, weights)
    assert default_qubit.same_rays(Simulator(circuit).states(X, weights), states)
    values, by_weight, by_input = Simulator(circuit).value_and_vjps(X, weights, words, upstream)
    for ours, theirs in (
        (values, default_qubit.expectations(circuit, X, weights, words)),
        (by_weight, default_qubit.gradient(circuit, X, weights, words, upstream)),
        (by_input, default_qubit.input_gradient(circuit, X, weights, words, upstream)),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10)
