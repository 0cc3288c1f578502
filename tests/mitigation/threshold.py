"""A model whose boundary can be put anywhere: class 1 where <Z...Z> of a circuit exceeds a threshold."""

from functools import cache

import numpy as np

from qpilot.circuits import Circuit
from qpilot.models.compiled import simulator
from qpilot.program import Circuits, Probabilities
from qpilot.prototype.fitted import Fitted

QUBITS = 2
ROWS = 120


class Threshold:
    """The two halves of a quantum model, and the exact answer between them."""

    def __init__(self, layers: int, threshold: float) -> None:
        self.circuit, self.threshold = Circuit("angle", "strongly-entangling", layers, QUBITS), threshold
        self.weights = np.random.default_rng(5).uniform(-np.pi, np.pi, self.circuit.weights)

    def circuits(self, X: np.ndarray) -> tuple[Circuits, ...]:
        return (simulator(self.circuit).circuits(X, self.weights, "Z" * QUBITS),)

    def features(self, probabilities: tuple[Probabilities, ...]) -> np.ndarray:
        parity = np.array([bin(outcome).count("1") % 2 for outcome in range(2**QUBITS)])
        return (probabilities[0] @ (1 - 2 * parity))[:, None]

    def decide(self, features: np.ndarray) -> np.ndarray:
        above = 0.5 + (features[:, 0] - self.threshold) / 4
        return np.column_stack([1 - above, above])

    def exact(self, X: np.ndarray) -> np.ndarray:
        return simulator(self.circuit).expectations(X, self.weights, ("Z" * QUBITS,))

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.decide(self.exact(X))


@cache
def rows() -> np.ndarray:
    return np.random.default_rng(6).uniform(0, np.pi, (ROWS, QUBITS))


class Height(Threshold):
    """The value of <Z...Z> itself, in place of a class."""

    def decide(self, features: np.ndarray) -> np.ndarray:
        return features

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.exact(X)[:, 0]


def height(layers: int) -> tuple[Fitted, np.ndarray]:
    """The model, and the values it says exactly."""
    estimator = Height(layers, 0.0)
    return Fitted("height", "qnn", None, estimator, 0.0), estimator.predict(rows())


def model(layers: int, quantile: float) -> tuple[Fitted, np.ndarray]:
    """The model with that share of rows below its threshold, and the classes it tells exactly."""
    threshold = float(np.quantile(Threshold(layers, 0).exact(rows()), quantile))
    estimator = Threshold(layers, threshold)
    return Fitted("threshold", "qnn", None, estimator, 0.0), estimator.predict_proba(rows()).argmax(axis=1)
