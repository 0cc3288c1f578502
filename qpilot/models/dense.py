"""Classical layers around a circuit, in front of it or behind, with the gradient for training all together."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHARPNESS = 2.0  # spread of starting outputs for expectations in [-1, 1]: enough to tell classes apart


class Pull(NamedTuple):
    """How the loss pulls: on a layer's inputs (n_rows, n_inputs) and on its parameters (n_parameters,)."""

    inputs: Floats
    parameters: Floats


class Dense(Protocol):
    """A function of rows with parameters of its own."""

    @property
    def inputs(self) -> int:
        """How many values of a row it takes."""
        ...

    @property
    def outputs(self) -> int:
        """How many values a row becomes."""
        ...

    @property
    def size(self) -> int:
        """How many parameters it has."""
        ...

    def start(self, rng: np.random.Generator) -> Floats:
        """Parameters to start from: (size,)."""
        ...

    def values(self, X: Floats, parameters: Floats) -> Floats:
        """(n_rows, outputs) from X: (n_rows, inputs)."""
        ...

    def pull(self, X: Floats, parameters: Floats, slopes: Floats) -> Pull:
        """The loss's gradient from `slopes`, its derivative by the values: (n_rows, outputs)."""
        ...


@dataclass(frozen=True)
class Linear:
    """values = X W + b. Parameters: W (inputs, outputs), then b, flattened. On expectations: a trained observable each."""

    inputs: int
    outputs: int

    @property
    def size(self) -> int:
        return (self.inputs + 1) * self.outputs

    def start(self, rng: np.random.Generator) -> Floats:
        weights = rng.normal(0, SHARPNESS / np.sqrt(self.inputs), self.inputs * self.outputs)
        return np.concatenate([weights, np.zeros(self.outputs)])

    def values(self, X: Floats, parameters: Floats) -> Floats:
        weights, offsets = self._parts(parameters)
        return np.asarray(X @ weights + offsets)

    def pull(self, X: Floats, parameters: Floats, slopes: Floats) -> Pull:
        weights, _ = self._parts(parameters)
        return Pull(slopes @ weights.T, np.concatenate([(X.T @ slopes).ravel(), slopes.sum(axis=0)]))

    def _parts(self, parameters: Floats) -> tuple[Floats, Floats]:
        weights, offsets = np.split(parameters, [self.inputs * self.outputs])
        return weights.reshape(self.inputs, self.outputs), offsets


@dataclass(frozen=True)
class Perceptron:
    """values = tanh(X W1 + b1) W2 + b2. Parameters: W1 (inputs, hidden), b1, W2 (hidden, outputs), b2, flattened."""

    inputs: int
    hidden: int
    outputs: int

    @property
    def size(self) -> int:
        return (self.inputs + 1) * self.hidden + (self.hidden + 1) * self.outputs

    def start(self, rng: np.random.Generator) -> Floats:
        """Glorot and Bengio's (2010) uniform weights, zero offsets."""
        inner = np.sqrt(6 / (self.inputs + self.hidden))
        outer = np.sqrt(6 / (self.hidden + self.outputs))
        return np.concatenate(
            [
                SHARPNESS * rng.uniform(-inner, inner, self.inputs * self.hidden),
                np.zeros(self.hidden),
                rng.uniform(-outer, outer, self.hidden * self.outputs),
                np.zeros(self.outputs),
            ]
        )

    def values(self, X: Floats, parameters: Floats) -> Floats:
        inner, inner_offset, outer, outer_offset = self._parts(parameters)
        return np.asarray(np.tanh(X @ inner + inner_offset) @ outer + outer_offset)

    def pull(self, X: Floats, parameters: Floats, slopes: Floats) -> Pull:
        inner, inner_offset, outer, _ = self._parts(parameters)
        active = np.tanh(X @ inner + inner_offset)
        back = (slopes @ outer.T) * (1 - active**2)
        own = [(X.T @ back).ravel(), back.sum(axis=0), (active.T @ slopes).ravel(), slopes.sum(axis=0)]
        return Pull(back @ inner.T, np.concatenate(own))

    def _parts(self, parameters: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        ends = np.cumsum([self.inputs * self.hidden, self.hidden, self.hidden * self.outputs])
        inner, inner_offset, outer, outer_offset = np.split(parameters, ends)
        return (
            inner.reshape(self.inputs, self.hidden),
            inner_offset,
            outer.reshape(self.hidden, self.outputs),
            outer_offset,
        )


@dataclass(frozen=True)
class Angles:
    """pi / 2 (1 + tanh(layer)): whatever `layer` says, as angles of the half turn [0, pi].

    Mari et al. 2020 (arXiv 1912.08278, equation 7): Hadamards and RY(pi / 2 tanh) are RY of these angles.
    """

    layer: Dense

    @property
    def inputs(self) -> int:
        return self.layer.inputs

    @property
    def outputs(self) -> int:
        return self.layer.outputs

    @property
    def size(self) -> int:
        return self.layer.size

    def start(self, rng: np.random.Generator) -> Floats:
        """The layer's, made gentler for inputs of unit spread: angles begin where tanh is not flat."""
        return self.layer.start(rng) / SHARPNESS

    def values(self, X: Floats, parameters: Floats) -> Floats:
        return np.asarray(np.pi / 2 * (1 + np.tanh(self.layer.values(X, parameters))))

    def pull(self, X: Floats, parameters: Floats, slopes: Floats) -> Pull:
        active = np.tanh(self.layer.values(X, parameters))
        return self.layer.pull(X, parameters, slopes * np.pi / 2 * (1 - active**2))
