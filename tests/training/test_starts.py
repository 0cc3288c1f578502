"""Where angles begin."""

import numpy as np
import pytest
from scipy import stats

from qpilot.errors import UsageError
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


def test_identity_blocks_pair_layers():
    first, second, third, fourth = STARTS["identity-block"]([3, 3, 2, 2], X, np.random.default_rng(0))
    assert (first == second).all()
    assert (third == fourth).all()
    assert np.abs(first).max() > 0.5
    with pytest.raises(UsageError, match="set an even number"):
        STARTS["identity-block"]([3, 3, 3], X, np.random.default_rng(0))
