"""Overlaps of states, whole and in blocks."""

import numpy as np
import pytest

from qpilot.circuits import Circuit
from qpilot.simulator import Simulator, kernel, overlaps

CIRCUIT = Circuit("zz", None, 2, 4)


def drawn(rows, seed=0):
    return np.random.default_rng(seed).uniform(0, np.pi, (rows, CIRCUIT.inputs))


def test_overlaps_are_squared_inner_products():
    rng = np.random.default_rng(3)
    a, b = (rng.normal(size=(n, 4)) + 1j * rng.normal(size=(n, 4)) for n in (2, 3))
    expected = [[abs(np.vdot(one, other)) ** 2 for other in b] for one in a]
    np.testing.assert_allclose(overlaps(a, b), expected)
    expected = [[abs(np.vdot(one, other)) ** 2 for other in a] for one in a]
    np.testing.assert_allclose(overlaps(a, a), expected)


def test_a_kernel_is_positive_with_a_unit_diagonal():
    found = kernel(Simulator(CIRCUIT), drawn(30))
    np.testing.assert_allclose(np.diag(found), 1)
    assert np.linalg.eigvalsh(found).min() > -1e-10


@pytest.mark.parametrize("rows", [1, 3, 7, 30])
def test_blocks_make_no_difference(default_qubit, rows):
    """Rows that are held together, against default.qubit's states."""
    simulator, X, Y = Simulator(CIRCUIT), drawn(11), drawn(8, seed=1)
    held = 2 * rows * 2**CIRCUIT.qubits
    states, others = (default_qubit.states(CIRCUIT, each, np.zeros(0)) for each in (X, Y))
    np.testing.assert_allclose(kernel(simulator, X, held=held), abs(states.conj() @ states.T) ** 2, rtol=0, atol=1e-10)
    np.testing.assert_allclose(
        kernel(simulator, X, Y, held=held), abs(states.conj() @ others.T) ** 2, rtol=0, atol=1e-10
    )


def test_more_inner_products_than_a_block_holds():
    simulator = Simulator(CIRCUIT, "single")
    X = drawn(2100)
    found = kernel(simulator, X)
    chosen = [0, 998, 999, 2099]
    states = simulator.states(X[chosen]).astype(complex)
    np.testing.assert_allclose(found[np.ix_(chosen, chosen)], abs(states.conj() @ states.T) ** 2, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(found, found.T)
