"""The fidelity quantum kernel: how much two encoded states overlap (Havlicek et al. 2019, arXiv 1804.11326)."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from qpilot.models.classifier import Fitted, Labels, QuantumClassifier, plan
from qpilot.models.gram import Gram, Indices, landmarked, landmarks
from qpilot.models.kernel_heads import BANDWIDTHS, HEADS, KernelHead
from qpilot.models.overlaps import fidelities
from qpilot.models.scaling import Floats
from qpilot.program import Circuits, Probabilities
from qpilot.training.watch import Each


class FidelityKernelClassifier(QuantumClassifier):
    """A head (SVM or Gaussian process) on |<a|b>|^2, whose settings and bandwidth it chooses on the training rows.

    On a device every row meets every support row: one setting for each, which is what makes it dear. Landmarks bound it.
    """

    head_: KernelHead
    support_: Floats
    """What the circuit's gates take of the support rows: (n_support, inputs)."""

    @property
    def parameters(self) -> int:
        """The support rows' inputs, and the head's numbers."""
        return self.support_.size + self.head_.parameters

    def circuits(self, X: Floats) -> tuple[Circuits, ...]:
        """One setting a support row b: the row's encoding, then b's undone; all zeros has probability |<a|b>|^2."""
        inputs = self.inputs(X)
        return tuple(plan(self.circuit).fidelity_circuits(inputs, row) for row in self.support_)

    def features(self, probabilities: tuple[Probabilities, ...]) -> Floats:
        """(n_samples, n_support): the share of all zeros in each setting."""
        return np.stack([measured[:, 0] for measured in probabilities], axis=1)

    def exact(self, X: Floats) -> Floats:
        """The overlaps without shots and noise."""
        return self._kernel(self.inputs(X), self.support_)

    def decide(self, features: Floats) -> Floats:
        """Class probabilities from overlaps with the support rows."""
        return self.head_.decide(features)

    def kernel(self, X: Floats) -> Floats:
        """The kernel among rows: (n_samples, n_samples)."""
        inputs = self.inputs(X)
        return self._kernel(inputs, inputs)

    def noise(self, X: Floats) -> Floats:
        """The variance of each entry of `kernel` from one shot: a share of all zeros is binomial."""
        kernel = np.clip(self.kernel(X), 0, 1)
        return np.asarray(kernel * (1 - kernel))

    def _kernel(self, a: Floats, b: Floats) -> Floats:
        return fidelities(partial(plan(self.circuit).states, weights=None), a, b, 2**self.circuit.qubits)

    def _gram(self, inputs: Floats, chosen: Indices | None) -> Gram:
        if chosen is None:
            return Gram(self._kernel(inputs, inputs))
        return landmarked(self._kernel(inputs, inputs[chosen]), chosen)

    def _learn(self, X: Floats, y: Labels, groups: Sequence[Any] | None, each: Each | None) -> None:
        wanted = self.candidate
        chosen = None if wanted.landmarks is None else landmarks(len(y), wanted.landmarks, self.seed)
        bandwidths = BANDWIDTHS if wanted.bandwidth == "auto" else (1.0,)
        inputs = [self.circuit.prepare(factor * X) for factor in bandwidths]
        grams = [partial(self._gram, rows, chosen) for rows in inputs]
        place, self.head_ = HEADS[wanted.head].learn(grams, y, len(self.classes_), self.seed)
        if wanted.bandwidth == "auto":
            self.scaling_ = self.scaling_.narrowed(bandwidths[place])
        rows = inputs[place] if chosen is None else inputs[place][chosen]
        self.support_ = rows[self.head_.support]

    def _learned(self) -> Fitted:
        return {**self.head_.plain(), "support": self.support_}

    def _recall(self, learned: Mapping[str, Any]) -> None:
        self.head_, self.support_ = HEADS[self.candidate.head].recall(learned), learned["support"]
