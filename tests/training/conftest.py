"""A small network on the simulator, and rows to train it on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from qpilot.circuits import Circuit
from qpilot.simulator import Simulator
from qpilot.training.origin import Origin
from qpilot.training.recipe import Recipe
from qpilot.training.settings import Training


@cache
def compiled(depth: int, qubits: int) -> Simulator:
    return Simulator(Circuit("angle", "real-amplitudes", depth, qubits))


@dataclass(frozen=True)
class Readout:
    """<Z> of every qubit, weighted: one logit. Shots, where there are some, are drawn from exact probabilities."""

    qubits: int = 2
    depth: int = 2
    shots: int | None = None
    scalings: int = 0
    """How many of the circuit's first numbers are no angles of a layer."""

    @property
    def simulator(self) -> Simulator:
        return compiled(self.depth, self.qubits)

    @property
    def size(self) -> int:
        return self.depth * self.qubits + self.qubits + 1

    @property
    def parts(self) -> Mapping[str, slice]:
        return {"circuit": slice(0, self.depth * self.qubits), "head": slice(self.depth * self.qubits, self.size)}

    @property
    def layers(self) -> tuple[slice, ...]:
        whole = (slice(k * self.qubits, (k + 1) * self.qubits) for k in range(self.depth))
        return tuple(part for part in whole if part.start >= self.scalings)

    @property
    def origin(self) -> Origin:
        return Origin()

    @property
    def words(self) -> tuple[str, ...]:
        return tuple("I" * wire + "Z" + "I" * (self.qubits - wire - 1) for wire in range(self.qubits))

    def start(self, rng):
        return np.concatenate([rng.normal(0, 0.1, self.depth * self.qubits), rng.normal(size=self.qubits), [0.0]])

    def outputs(self, X, parameters, rng=None):
        weights, own = np.split(parameters, [self.depth * self.qubits])
        if rng is None or self.shots is None:
            values = self.simulator.expectations(X, weights, self.words)
        else:
            likely = np.abs(self.simulator.states(X, weights)) ** 2
            counts = rng.multinomial(self.shots, likely / likely.sum(axis=1, keepdims=True)) / self.shots
            signs = 1 - 2 * (np.arange(2**self.qubits)[:, None] >> np.arange(self.qubits)[::-1] & 1)
            values = counts @ signs
        return (values @ own[:-1] + own[-1])[:, None]

    def pull(self, X, parameters, upstream, rng=None):
        weights, own = np.split(parameters, [self.depth * self.qubits])
        found = []

        def back(values):
            outputs = (values @ own[:-1] + own[-1])[:, None]
            slopes = upstream(outputs)
            found.extend([outputs, np.append(values.T @ slopes[:, 0], slopes.sum())])
            return slopes * own[:-1]

        _, gradient = self.simulator.value_and_vjp(X, weights, self.words, back)
        return found[0], np.concatenate([gradient, found[1]])

    def states(self, X, parameters):
        return self.simulator.states(X, parameters[: self.depth * self.qubits])

    def circuits(self, rows, gradient):
        return 3 * rows if gradient else rows


@pytest.fixture
def network() -> Readout:
    return Readout()


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray]:
    """60 rows of two features in [0, pi], and one-hot classes that a line separates but for some."""
    rng = np.random.default_rng(5)
    X = rng.uniform(0, np.pi, (60, 2))
    y = (X[:, 0] + 0.5 * X[:, 1] + rng.normal(0, 0.4, 60) > 2.3).astype(int)
    return X, np.eye(2)[y]


@pytest.fixture
def recipe() -> Callable[..., Recipe]:
    """A quick recipe; keywords beside those of a recipe are the settings'."""

    def make(optimizer: str = "adam", steps: int = 40, batch: int = 16, learning_rate: float = 0.1, **given) -> Recipe:
        return Recipe(optimizer, steps, batch, learning_rate, Training(**given))

    return make
