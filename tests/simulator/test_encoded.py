"""Rows that come again are as they were the first time, whatever is asked of them."""

import numpy as np
import pytest

from qpilot.circuits import Circuit
from qpilot.simulator import Simulator
from qpilot.simulator.encoded import Encoded
from qpilot.simulator.gradients import GRADIENTS

WORDS = ("ZII", "XYI")


@pytest.mark.parametrize(
    ("encoding", "ansatz"),
    [
        ("zz", "real-amplitudes"),
        ("amplitude", "strongly-entangling"),
        ("reuploading", "real-amplitudes"),
        ("iqp", None),
        ("amplitude", None),
    ],
)
def test_again_is_as_alone(encoding, ansatz):
    """Calls in turn on one simulator, each against a simulator that never saw the rows."""
    circuit, rng = Circuit(encoding, ansatz, 1, 3), np.random.default_rng(0)
    kept, X, upstream = Simulator(circuit), rng.uniform(0, 3, (4, circuit.inputs)), rng.normal(size=(4, 2))
    calls = (
        lambda simulator, weights: simulator.states(X, weights),
        lambda simulator, weights: simulator.expectations(X, weights, WORDS),
        lambda simulator, weights: simulator.expectations(X, weights, WORDS[:1]),
        lambda simulator, weights: simulator.value_and_vjp(X, weights, WORDS, upstream)[1],
        lambda simulator, weights: simulator.value_and_vjps(X, weights, WORDS, upstream)[2],
        lambda simulator, weights: GRADIENTS["parameter-shift"](simulator, X, weights, WORDS, upstream, inputs=True)[2],
    )
    for order in (range(6), (0, 0, 1, 1, 2, 2, 5, 3, 3, 4, 4), (5, 5, 0, 2, 4)):
        for call in order:
            weights = rng.uniform(-3, 3, circuit.weights)
            fresh = calls[min(call, 4)](Simulator(circuit), weights)  # the shifts are held against the adjoint method
            np.testing.assert_allclose(calls[call](kept, weights), fresh, atol=1e-12)
    X += 0.3  # the caller's own array: what was kept is not these rows any more
    np.testing.assert_allclose(calls[1](kept, weights), calls[1](Simulator(circuit), weights), atol=1e-12)


def test_only_so_much_is_held():
    encoded, states = Encoded(), np.ones((2**10, 2**8), dtype=complex)  # a quarter of what is held
    for key in (b"a", b"b", b"c", b"d", b"e"):
        encoded.keep(key, states)
        assert encoded.find(key) is None
        encoded.keep(key, states)
        np.testing.assert_array_equal(encoded.find(key), states)
    assert [encoded.find(key) is None for key in (b"a", b"b", b"e")] == [True, False, False]
    for _ in range(2):
        encoded.keep(b"large", np.empty((2**10, 2**11), dtype=complex))
    assert encoded.find(b"large") is None
