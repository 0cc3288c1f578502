"""Where angles begin."""

import numpy as np
import pytest
from scipy import stats

from qpilot.candidates.candidate import Candidate
from qpilot.circuits import ANSAETZE, Circuit, Layered
from qpilot.errors import UsageError
from qpilot.simulator import Simulator
from qpilot.training.starts import STARTS

SIZES = [3000] * 4
X = np.vstack([np.random.default_rng(9).beta(2.0, 5.0, size=(4000, 2)), [[0, 0], [1, 1]]]) * [3.0, 0.5] + [0.1, 7.0]


@pytest.fixture
def drawn(name):
    return STARTS[name](SIZES, X, np.random.default_rng(0))


@pytest.mark.parametrize("name", STARTS)
def test_every_layer_gets_its_angles_and_the_seed_decides(name, drawn):
    assert [len(layer) for layer in drawn] == SIZES
    assert all(map(np.array_equal, drawn, STARTS[name](SIZES, X, np.random.default_rng(0))))
    assert not np.array_equal(drawn[0], STARTS[name](SIZES, X, np.random.default_rng(1))[0])


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("small", stats.norm(0, 0.1)),
        ("gaussian", stats.norm(0, np.sqrt(1 / 24))),
        ("uniform", stats.uniform(-np.pi, 2 * np.pi)),
        ("beta", stats.beta(2.0, 5.0)),
    ],
)
def test_angles_follow_the_law_of_the_paper(name, law, drawn):
    """For beta that is the features' own, whose ends are in the rows."""
    assert stats.kstest(np.concatenate(drawn), law.cdf).pvalue > 0.01


def test_beta_starts_where_features_say_nothing():
    found = STARTS["beta"]([500], np.ones((5, 2)), np.random.default_rng(0))[0]
    assert stats.kstest(found, stats.uniform().cdf).pvalue > 0.01
    bits = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert np.isfinite(STARTS["beta"]([5], bits, np.random.default_rng(0))[0]).all()


def test_identity_blocks_undo_what_they_do():
    first, second, third, fourth = STARTS["identity-block"]([3, 2, 2, 3], X, np.random.default_rng(0))
    assert (first == fourth).all()
    assert (second == third).all()
    assert np.abs(first).max() > 0.5
    with pytest.raises(UsageError, match="set a multiple of 4"):
        STARTS["identity-block"]([3, 3], X, np.random.default_rng(0))


@pytest.mark.parametrize("ansatz", [name for name, one in ANSAETZE.items() if isinstance(one, Layered)])
def test_a_circuit_that_starts_as_identity_blocks_leaves_the_encoding_as_it_is(ansatz):
    candidate = Candidate(
        model="variational", encoding="zz", ansatz=ansatz, layers=8, qubits=4, training={"start": "identity-block"}
    )
    circuit, weights = candidate.circuit(), np.zeros(candidate.circuit().weights)
    sizes = [layer.stop - layer.start for layer in circuit.layer_slices]
    for layer, angles in zip(
        circuit.layer_slices, STARTS["identity-block"](sizes, X, np.random.default_rng(0)), strict=True
    ):
        weights[layer] = angles
    rows = np.random.default_rng(1).uniform(0, np.pi, (3, 4))
    found, encoded = Simulator(circuit).states(rows, weights), Simulator(Circuit("zz", None, 1, 4)).states(rows)
    np.testing.assert_allclose(np.abs((found.conj() * encoded).sum(axis=1)), 1)
    moved = Simulator(circuit).states(rows, weights + 0.1 * np.arange(len(weights)))
    assert (np.abs((moved.conj() * encoded).sum(axis=1)) < 0.999).all()


def test_layers_that_cannot_be_paired_are_refused():
    with pytest.raises(ValueError, match="set layers to a multiple of 4"):
        Candidate(
            model="variational",
            encoding="zz",
            ansatz="real-amplitudes",
            layers=3,
            qubits=4,
            training={"start": "identity-block"},
        )


def test_identity_blocks_leave_room_for_entanglement():
    """Of two layers alone the couplings would cancel for any angles, and the model would be its twin."""
    candidate = Candidate(
        model="variational",
        encoding="angle",
        ansatz="strongly-entangling",
        layers=4,
        qubits=3,
        training={"start": "identity-block"},
    )
    circuit, rows = candidate.circuit(), np.random.default_rng(1).uniform(0, np.pi, (2, 3))
    states = Simulator(circuit).states(rows, np.random.default_rng(0).normal(size=circuit.weights)).reshape(2, 2, 4)
    purity = (np.linalg.svd(states, compute_uv=False) ** 4).sum(axis=1)
    assert (purity < 0.95).all()
