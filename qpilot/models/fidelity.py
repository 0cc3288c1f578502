"""The fidelity quantum kernel: how much two encoded states overlap (Havlicek et al. 2019, arXiv 1804.11326)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qpilot.models.classifier import Fitted, Labels, QuantumClassifier, plan
from qpilot.models.scaling import Floats
from qpilot.models.support import Machine, train
from qpilot.program import Circuits, Probabilities
from qpilot.simulator import overlaps


class FidelityKernelClassifier(QuantumClassifier):
    """An SVM on |<a|b>|^2, its cost tuned by inner cross-validation.

    On a device every row meets every support vector: one setting a support vector, which is what makes it dear.
    """

    machine_: Machine
    support_: Floats
    """Angles of the support vectors: (n_support, qubits), radians."""

    @property
    def parameters(self) -> int:
        """Support vectors' angles, their coefficients and the offsets."""
        return self.support_.size + self.machine_.coefficients.size + self.machine_.offsets.size

    def circuits(self, X: Floats) -> tuple[Circuits, ...]:
        """One setting a support vector b: the row's encoding, then b's undone; all zeros has probability |<a|b>|^2."""
        angles = self.inputs(X)
        return tuple(plan(self.circuit).fidelity_circuits(angles, vector) for vector in self.support_)

    def features(self, probabilities: tuple[Probabilities, ...]) -> Floats:
        """(n_samples, n_support): the share of all zeros in each setting."""
        return np.stack([measured[:, 0] for measured in probabilities], axis=1)

    def exact(self, X: Floats) -> Floats:
        """The overlaps without shots and noise."""
        return self._overlaps(self.inputs(X), self.support_)

    def decide(self, features: Floats) -> Floats:
        """Class probabilities from overlaps with the support vectors."""
        return self.machine_.decide(features)

    def kernel(self, X: Floats) -> Floats:
        """The kernel among rows: (n_samples, n_samples)."""
        angles = self.inputs(X)
        return self._overlaps(angles, angles)

    def _states(self, angles: Floats) -> NDArray[np.complex128]:
        return plan(self.circuit).states(angles)

    def _overlaps(self, a: Floats, b: Floats) -> Floats:
        return overlaps(self._states(a), self._states(b))

    def _learn(self, angles: Floats, y: Labels) -> None:
        _, self.machine_ = train([self._overlaps(angles, angles)], y, len(self.classes_), self.seed)
        self.support_ = angles[self.machine_.support]

    def _learned(self) -> Fitted:
        return {**self.machine_.plain(), "support": self.support_}

    def _recall(self, learned: Mapping[str, Any]) -> None:
        self.machine_, self.support_ = Machine.of(learned), learned["support"]
