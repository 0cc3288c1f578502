"""Expectations from finite shots: unbiased, with the spread of a binomial, and words measured together where they can."""

import numpy as np
import pytest

from qpilot.circuits import Circuit
from qpilot.errors import UsageError
from qpilot.simulator import Simulator
from qpilot.simulator.shots import settings

CIRCUIT = Circuit("zz", "strongly-entangling", 1, 3)
WORDS = ("ZII", "IZZ", "XYI", "IIY", "III")


def drawn():
    rng = np.random.default_rng(2)
    return rng.uniform(0, 3, (4, 3)), rng.uniform(-3, 3, CIRCUIT.weights)


def test_means_and_spread_are_a_binomials(default_qubit):
    X, weights = drawn()
    simulator, rng, shots, repeats = Simulator(CIRCUIT), np.random.default_rng(1), 50, 400
    expected = default_qubit.expectations(CIRCUIT, X, weights, WORDS)
    found = np.array([simulator.sampled(X, weights, WORDS, shots, rng) for _ in range(repeats)])
    variance = (1 - expected**2) / shots
    np.testing.assert_array_less(np.abs(found.mean(axis=0) - expected), 4.5 * np.sqrt(variance / repeats) + 1e-9)
    np.testing.assert_allclose(found.var(axis=0), variance, rtol=0.35, atol=1e-9)
    assert set(np.unique((found * shots).round(6) % 2)) == {0.0}  # sums of 50 signs are even


def test_words_that_agree_share_a_basis():
    found = settings(("ZII", "IZZ", "XYI", "IIY", "XIY", "III"))
    assert [(each.basis, each.words) for each in found] == [("ZZZ", (0, 1, 5)), ("XYY", (2, 3, 4))]


def test_a_seed_answers_the_same_and_nonsense_is_refused():
    X, weights = drawn()
    simulator = Simulator(CIRCUIT, "single")
    first, second = (simulator.sampled(X, weights, WORDS, 10, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    with pytest.raises(UsageError, match="at least 1 shot, got 0"):
        simulator.sampled(X, weights, WORDS, 0, np.random.default_rng(4))
    with pytest.raises(UsageError, match="'ZZ' is not 3 letters"):
        simulator.sampled(X, weights, ("ZZ",), 10, np.random.default_rng(4))
    with pytest.raises(UsageError, match="unknown precision"):
        Simulator(CIRCUIT, "half")
