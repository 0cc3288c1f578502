"""An encoder that begins as an autoencoder keeps what its rows can be told by, at angles' own scale."""

import numpy as np

from qpilot.models.autoencoder import hidden, pretrained
from qpilot.models.dense import Perceptron
from qpilot.reduction.autoencoder import Autoencoder


def rows() -> np.ndarray:
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(80, 2))
    return codes @ rng.normal(size=(2, 6)) + 0.05 * rng.normal(size=(80, 6))


def test_the_encoders_values_are_the_standardised_bottleneck():
    X = rows()
    layer = Perceptron(6, hidden(2), 2)
    found = layer.values(X, pretrained(2, X, 3))
    codes = Autoencoder(2, 3).fit(X).transform(X)
    np.testing.assert_allclose(found, (codes - codes.mean(axis=0)) / codes.std(axis=0), atol=1e-9)


def test_rows_that_are_all_alike_leave_finite_parameters():
    assert np.isfinite(pretrained(2, np.ones((10, 3)), 0)).all()


def test_what_two_numbers_can_say_of_the_rows_is_kept():
    X = rows()
    codes = Perceptron(6, hidden(2), 2).values(X, pretrained(2, X, 0))
    design = np.column_stack([codes, codes**2, np.ones(len(X))])
    left = X - design @ np.linalg.lstsq(design, X, rcond=None)[0]
    assert (left**2).sum() < 0.1 * ((X - X.mean(axis=0)) ** 2).sum()
