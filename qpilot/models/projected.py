"""The projected quantum kernel: single-qubit Pauli expectations, then a Gaussian kernel (Huang et al. 2021)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from qpilot.models.classifier import Fitted, Labels, QuantumClassifier, plan
from qpilot.models.readout import expectations, word
from qpilot.models.scaling import Floats
from qpilot.models.support import Machine, train
from qpilot.program import Circuits, Probabilities

BASES = "XYZ"
WIDTHS = (0.25, 1.0, 4.0)  # times gamma = 1 / (n_measured * variance), scikit-learn's "scale"


class ProjectedKernelClassifier(QuantumClassifier):
    """<X>, <Y> and <Z> of every qubit, in three settings a row; an SVM with exp(-gamma |a - b|^2) on them.

    arXiv 2011.01938, equation 9. Cost and gamma are tuned by inner cross-validation on the measured features.
    """

    machine_: Machine
    support_: Floats
    """Features of the support vectors: (n_support, 3 qubits)."""
    gamma_: float

    @property
    def parameters(self) -> int:
        """Support vectors' features, their coefficients and the offsets."""
        return self.support_.size + self.machine_.coefficients.size + self.machine_.offsets.size

    def circuits(self, X: Floats) -> tuple[Circuits, ...]:
        """Three settings: all qubits in the X, the Y and the Z basis."""
        angles = self.inputs(X)
        return tuple(plan(self.circuit).circuits(angles, None, basis * self.circuit.qubits) for basis in BASES)

    def features(self, probabilities: tuple[Probabilities, ...]) -> Floats:
        """(n_samples, 3 qubits): <X> of every qubit, then <Y>, then <Z>."""
        return np.hstack([expectations(measured, range(self.circuit.qubits)) for measured in probabilities])

    def exact(self, X: Floats) -> Floats:
        """The same expectations without shots and noise."""
        return self._project(self.inputs(X))

    def decide(self, features: Floats) -> Floats:
        """Class probabilities from expectations."""
        return self.machine_.decide(np.exp(-self.gamma_ * _distances(features, self.support_)))

    def kernel(self, X: Floats) -> Floats:
        """The kernel among rows: (n_samples, n_samples)."""
        features = self.exact(X)
        return np.asarray(np.exp(-self.gamma_ * _distances(features, features)))

    def _project(self, angles: Floats) -> Floats:
        qubits = self.circuit.qubits
        words = tuple(word(basis, wire, qubits) for basis in BASES for wire in range(qubits))
        return plan(self.circuit).expectations(angles, None, words)

    def _learn(self, angles: Floats, y: Labels) -> None:
        features = self._project(angles)
        distances = _distances(features, features)
        scale = 1.0 / (features.shape[1] * max(float(features.var()), 1e-12))
        widths = [width * scale for width in WIDTHS]
        best, machine = train([np.exp(-gamma * distances) for gamma in widths], y, len(self.classes_), self.seed)
        self.gamma_ = widths[best]
        self.machine_, self.support_ = machine, features[machine.support]

    def _learned(self) -> Fitted:
        return {**self.machine_.plain(), "support": self.support_, "gamma": self.gamma_}

    def _recall(self, learned: Mapping[str, Any]) -> None:
        self.machine_ = Machine.of(learned)
        self.support_, self.gamma_ = learned["support"], learned["gamma"]


def _distances(a: Floats, b: Floats) -> Floats:
    """Squared Euclidean distances (n_a, n_b)."""
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.maximum(squares, 0.0))
