"""A circuit at many weight vectors at once: every point as it is alone on default.qubit."""

import numpy as np
import pytest

from qpilot.circuits import Circuit
from qpilot.simulator import Simulator
from qpilot.simulator.scan import Scan

WORDS = ("ZIII", "IXYI")


@pytest.mark.parametrize("ansatz", ["strongly-entangling", "real-amplitudes"])
@pytest.mark.parametrize(("precision", "atol"), [("double", 1e-10), ("single", 1e-5)])
def test_points_are_what_they_are_alone(default_qubit, ansatz, precision, atol):
    circuit = Circuit("zz", ansatz, 2, 4)
    rng = np.random.default_rng(6)
    x, weights = rng.uniform(0, 3, 4), rng.uniform(-3, 3, (5, circuit.weights))
    scan = Scan(Simulator(circuit, precision), x)
    states, upstream = scan.states(weights), np.array([0.3, -2.0])
    values, gradients = scan.gradients(weights, WORDS, upstream)
    _, means = scan.gradients(weights, WORDS)
    for point, own in enumerate(weights):
        assert default_qubit.same_rays(states[[point]], default_qubit.states(circuit, x[None], own), atol)
        expected = default_qubit.expectations(circuit, x[None], own, WORDS)[0]
        np.testing.assert_allclose(values[point], expected, rtol=0, atol=atol)
        for found, share in ((gradients, upstream), (means, np.array([0.5, 0.5]))):
            expected = default_qubit.gradient(circuit, x[None], own, WORDS, share[None])
            np.testing.assert_allclose(found[point], expected, rtol=0, atol=3 * atol)
