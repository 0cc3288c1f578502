"""A small autoencoder: features -> tanh layer -> bottleneck -> tanh layer -> features, trained on squared error."""

from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.base import BaseEstimator, TransformerMixin

Floats = NDArray[np.float64]


class Autoencoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Leaves `components` bottleneck values of each row; the same seed and rows give the same weights.

    Full-batch L-BFGS, `steps` iterations, from a random start drawn from `seed`; `decay` is the weight of the mean
    squared weight in the loss. X: (n_rows, n_features), standardised. components None: as many as there are features.
    """

    def __init__(self, components: int | None = None, seed: int = 0, steps: int = 150, decay: float = 1e-3) -> None:
        self.components = components
        self.seed = seed
        self.steps = steps
        self.decay = decay

    def fit(self, X: Floats, y: Any = None) -> Self:
        """Trained weights in `weights_`: four matrices, each with its biases as the last row."""
        self.n_features_in_ = X.shape[1]
        code = self.components or self.n_features_in_
        hidden = max(8, 2 * code)
        sizes = [self.n_features_in_, hidden, code, hidden, self.n_features_in_]
        shapes = [(before + 1, after) for before, after in pairwise(sizes)]
        rng = np.random.default_rng(self.seed)
        start = np.concatenate([rng.normal(0, shape[0] ** -0.5, shape).ravel() for shape in shapes])
        found = minimize(
            loss_and_gradient, start, (shapes, X, self.decay), "L-BFGS-B", jac=True, options={"maxiter": self.steps}
        )
        self.weights_ = _matrices(found.x, shapes)
        return self

    def transform(self, X: Floats) -> Floats:
        """The bottleneck, (n_rows, components)."""
        first, second, *_ = self.weights_
        return _linear(np.tanh(_linear(X, first)), second)

    def inverse_transform(self, codes: Floats) -> Floats:
        """The reconstruction of the rows whose bottleneck is `codes`: (n_rows, n_features)."""
        *_, third, fourth = self.weights_
        return _linear(np.tanh(_linear(codes, third)), fourth)


def loss_and_gradient(flat: Floats, shapes: list[tuple[int, int]], X: Floats, decay: float) -> tuple[float, Floats]:
    """Mean squared reconstruction error plus decay, and its gradient in the flattened weights."""
    weights = _matrices(flat, shapes)
    inputs = [X]
    for layer, matrix in enumerate(weights):
        linear = _linear(inputs[-1], matrix)
        inputs.append(linear if layer % 2 else np.tanh(linear))
    error = inputs.pop() - X
    upstream = 2 * error / error.size
    gradients: list[Floats] = []
    for layer in reversed(range(len(weights))):
        gradients.append(np.vstack([inputs[layer].T @ upstream, upstream.sum(axis=0)]).ravel())
        upstream = upstream @ weights[layer][:-1].T
        if layer % 2:  # this layer's input came out of a tanh
            upstream = upstream * (1 - inputs[layer] ** 2)
    loss = float(np.mean(error**2) + decay * np.mean(flat**2))
    return loss, np.concatenate(gradients[::-1]) + 2 * decay * flat / flat.size


def _linear(X: Floats, matrix: Floats) -> Floats:
    product: Floats = X @ matrix[:-1] + matrix[-1]
    return product


def _matrices(flat: Floats, shapes: list[tuple[int, int]]) -> list[Floats]:
    cuts = np.cumsum([rows * columns for rows, columns in shapes])[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(flat, cuts), shapes, strict=True)]
