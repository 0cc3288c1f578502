"""What a trace keeps of a circuit's angles."""

import numpy as np
import pennylane as qml
import pytest

from qpilot.simulator.trace import trace


@pytest.mark.parametrize("factor", [0.5, 1 / 3, 0.7365982469084791])
def test_the_factor_of_a_weight_keeps_all_its_digits(written, factor):
    """The last one is within 1e-10 of one of nine digits; angles of three radians would be 3e-10 off."""
    found = trace(written(lambda x, weights: qml.RX(factor * weights[0], wires=0), 1, 0, 1))
    assert found.angles(np.zeros((1, 0)), np.array([3.0]))[0, 0] == pytest.approx(3 * factor, rel=0, abs=1e-14)
