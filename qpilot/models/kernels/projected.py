"""The projected quantum kernel: single-qubit Pauli expectations, then a Gaussian kernel (Huang et al. 2021)."""

from abc import ABC
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from qpilot.models.classifier import QuantumClassifier
from qpilot.models.compiled import simulator
from qpilot.models.kernels.gram import SHOTS, Gram, Indices, among, landmarks
from qpilot.models.kernels.heads import BANDWIDTHS, KernelHead
from qpilot.models.model import Answers, QuantumModel, State
from qpilot.models.readout import expectations, word
from qpilot.models.regressor import QuantumRegressor
from qpilot.models.scaling import Floats
from qpilot.program import Circuits, Probabilities
from qpilot.training.watch import Each

BASES = "XYZ"
WIDTHS = (0.25, 1.0, 4.0)  # times gamma = 1 / (n_measured * variance), scikit-learn's "scale"


class ProjectedKernel(QuantumModel, ABC):
    """<X>, <Y> and <Z> of every qubit, in three settings a row; a head (SVM or Gaussian process) on exp(-gamma |a - b|^2).

    arXiv 2011.01938, equation 9. The head chooses its own settings, gamma and the bandwidth on the training rows.
    """

    head_: KernelHead
    support_: Floats
    """Features of the support rows: (n_support, 3 qubits)."""
    gamma_: float

    @property
    def parameters(self) -> int:
        """The support rows' features, and the head's numbers."""
        return self.support_.size + self.head_.parameters

    def circuits(self, X: Floats) -> tuple[Circuits, ...]:
        """Three settings: all qubits in the X, the Y and the Z basis."""
        inputs = self.inputs(X)
        return tuple(simulator(self.circuit).circuits(inputs, None, basis * self.circuit.qubits) for basis in BASES)

    def features(self, probabilities: tuple[Probabilities, ...]) -> Floats:
        """(n_samples, 3 qubits): <X> of every qubit, then <Y>, then <Z>."""
        return np.hstack([expectations(measured, range(self.circuit.qubits)) for measured in probabilities])

    def exact(self, X: Floats) -> Floats:
        """The same expectations without shots and noise."""
        return self._project(self.inputs(X))

    def _said(self, features: Floats) -> Floats:
        return self.head_.decide(gaussian(features, self.support_, self.gamma_))

    def kernel(self, X: Floats) -> Floats:
        """The kernel among rows: (n_samples, n_samples)."""
        features = self.exact(X)
        return gaussian(features, features, self.gamma_)

    def shot_variance(self, X: Floats) -> Floats:
        """The variance of each entry of `kernel` from one shot a basis of its row, the other row known: first order.

        Correlations between the wires of a setting are left out.
        """
        features = self.exact(X)
        kernel = gaussian(features, features, self.gamma_)
        by_shot, squares = 1 - features**2, features**2
        weighted = (
            (by_shot * squares).sum(axis=1)[:, None] - 2 * (by_shot * features) @ features.T + by_shot @ squares.T
        )
        return np.asarray((2 * self.gamma_ * kernel) ** 2 * np.maximum(weighted, 0.0))

    def _project(self, inputs: Floats) -> Floats:
        qubits = self.circuit.qubits
        words = tuple(word(basis, wire, qubits) for basis in BASES for wire in range(qubits))
        return simulator(self.circuit).expectations(inputs, None, words)

    def _learn(self, X: Floats, y: Answers, groups: Sequence[Any] | None, each: Each | None) -> None:
        wanted = self.candidate
        chosen = None if wanted.landmarks is None else landmarks(len(y), wanted.landmarks, self.seed)
        bandwidths = BANDWIDTHS if wanted.bandwidth == "auto" else (1.0,)
        projected = [self._project(self.circuit.prepare(factor * X)) for factor in bandwidths]
        choices = list(product(range(len(bandwidths)), WIDTHS))
        gammas = [width * _scale(projected[at]) for at, width in choices]
        shown = [_shown(features, wanted.expected_shots, self.seed) for features in projected]
        grams = [
            partial(_gram, projected[at], shown[at], gamma, chosen)
            for (at, _), gamma in zip(choices, gammas, strict=True)
        ]
        place, self.head_ = self._headed(grams, y)
        at, self.gamma_ = choices[place][0], gammas[place]
        if wanted.bandwidth == "auto":
            self.scaling_ = self.scaling_.narrowed(bandwidths[at])
        rows = projected[at] if chosen is None else projected[at][chosen]
        self.support_ = rows[self.head_.support]

    def _learned(self) -> State:
        return {**self.head_.plain(), "support": self.support_, "gamma": self.gamma_}

    def _recall(self, learned: Mapping[str, Any]) -> None:
        self.head_ = self._recalled(learned)
        self.support_, self.gamma_ = learned["support"], learned["gamma"]


class ProjectedKernelClassifier(QuantumClassifier, ProjectedKernel):
    """Its head answers class probabilities."""


class ProjectedKernelRegressor(QuantumRegressor, ProjectedKernel):
    """Its head answers standardised values."""


def gaussian(a: Floats, b: Floats, gamma: float) -> Floats:
    """exp(-gamma |a_i - b_j|^2): (n_a, n_b)."""
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.exp(-gamma * np.maximum(squares, 0.0)))


def _gram(features: Floats, shown: Floats | None, gamma: float, chosen: Indices | None) -> Gram:
    others = features if chosen is None else features[chosen]
    measured = None if shown is None else gaussian(shown, others, gamma)
    return among(gaussian(features, others, gamma), chosen, measured)


def _shown(features: Floats, shots: int | None, seed: int) -> Floats | None:
    """Expectations as so many shots might show them; correlations between the wires of a setting are left out."""
    if shots is None:
        return None
    rng = np.random.default_rng([seed, SHOTS])
    return np.asarray(2 * rng.binomial(shots, np.clip((1 + features) / 2, 0, 1)) / shots - 1)


def _scale(features: Floats) -> float:
    return float(1.0 / (features.shape[1] * max(features.var(), 1e-12)))
