"""Classical heads: from a circuit's expectations to logits, with the gradient for training both together."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHARPNESS = 2.0  # spread of starting logits for expectations in [-1, 1]: enough to tell classes apart


class Pull(NamedTuple):
    """How the loss pulls: on expectations (n_samples, n_words) and on the head's parameters (n_parameters,)."""

    expectations: Floats
    parameters: Floats


class Head(Protocol):
    """Logits have one column for two classes (class 1 against class 0), otherwise one a class."""

    @property
    def words(self) -> int:
        """How many expectations it reads."""
        ...

    @property
    def size(self) -> int:
        """How many parameters it has."""
        ...

    def start(self, rng: np.random.Generator) -> Floats:
        """Parameters to start from: (size,)."""
        ...

    def logits(self, expectations: Floats, parameters: Floats) -> Floats:
        """(n_samples, n_logits) from (n_samples, words)."""
        ...

    def pull(self, expectations: Floats, parameters: Floats, slopes: Floats) -> Pull:
        """The loss's gradient from `slopes`, its derivative by the logits: (n_samples, n_logits)."""
        ...


@dataclass(frozen=True)
class Linear:
    """logits = <Z> W + b: a trained observable for every logit. Parameters: W (words, outputs), then b, flattened."""

    words: int
    outputs: int

    @property
    def size(self) -> int:
        return (self.words + 1) * self.outputs

    def start(self, rng: np.random.Generator) -> Floats:
        weights = rng.normal(0, SHARPNESS / np.sqrt(self.words), self.words * self.outputs)
        return np.concatenate([weights, np.zeros(self.outputs)])

    def logits(self, expectations: Floats, parameters: Floats) -> Floats:
        weights, offsets = self._parts(parameters)
        return np.asarray(expectations @ weights + offsets)

    def pull(self, expectations: Floats, parameters: Floats, slopes: Floats) -> Pull:
        weights, _ = self._parts(parameters)
        return Pull(slopes @ weights.T, np.concatenate([(expectations.T @ slopes).ravel(), slopes.sum(axis=0)]))

    def _parts(self, parameters: Floats) -> tuple[Floats, Floats]:
        weights, offsets = np.split(parameters, [self.words * self.outputs])
        return weights.reshape(self.words, self.outputs), offsets


@dataclass(frozen=True)
class Perceptron:
    """logits = tanh(<Z> W1 + b1) W2 + b2. Parameters: W1 (words, hidden), b1, W2 (hidden, outputs), b2, flattened."""

    words: int
    hidden: int
    outputs: int

    @property
    def size(self) -> int:
        return (self.words + 1) * self.hidden + (self.hidden + 1) * self.outputs

    def start(self, rng: np.random.Generator) -> Floats:
        """Glorot and Bengio's (2010) uniform weights, zero offsets."""
        inner = np.sqrt(6 / (self.words + self.hidden))
        outer = np.sqrt(6 / (self.hidden + self.outputs))
        return np.concatenate(
            [
                SHARPNESS * rng.uniform(-inner, inner, self.words * self.hidden),
                np.zeros(self.hidden),
                rng.uniform(-outer, outer, self.hidden * self.outputs),
                np.zeros(self.outputs),
            ]
        )

    def logits(self, expectations: Floats, parameters: Floats) -> Floats:
        inner, inner_offset, outer, outer_offset = self._parts(parameters)
        return np.asarray(np.tanh(expectations @ inner + inner_offset) @ outer + outer_offset)

    def pull(self, expectations: Floats, parameters: Floats, slopes: Floats) -> Pull:
        inner, inner_offset, outer, _ = self._parts(parameters)
        active = np.tanh(expectations @ inner + inner_offset)
        back = (slopes @ outer.T) * (1 - active**2)
        own = [(expectations.T @ back).ravel(), back.sum(axis=0), (active.T @ slopes).ravel(), slopes.sum(axis=0)]
        return Pull(back @ inner.T, np.concatenate(own))

    def _parts(self, parameters: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        ends = np.cumsum([self.words * self.hidden, self.hidden, self.hidden * self.outputs])
        inner, inner_offset, outer, outer_offset = np.split(parameters, ends)
        return (
            inner.reshape(self.words, self.hidden),
            inner_offset,
            outer.reshape(self.hidden, self.outputs),
            outer_offset,
        )
