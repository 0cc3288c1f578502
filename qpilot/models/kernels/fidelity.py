"""The fidelity quantum kernel: how much two encoded states overlap (Havlicek et al. 2019, arXiv 1804.11326).

Its feature map may be trained: then layers of an ansatz stand between repetitions of the encoding (Hubregtsen et al.
2022, arXiv 2105.02276).
"""

from abc import ABC
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from qpilot.models.classifier import QuantumClassifier
from qpilot.models.compiled import simulator
from qpilot.models.kernels.feature_map import FeatureMap
from qpilot.models.kernels.gram import SHOTS, Gram, Indices, among, landmarks
from qpilot.models.kernels.heads import BANDWIDTHS, KernelHead
from qpilot.models.kernels.tuning import some
from qpilot.models.model import Answers, QuantumModel, State
from qpilot.models.regressor import QuantumRegressor
from qpilot.models.scaling import Floats
from qpilot.program import Circuits, Probabilities
from qpilot.simulator import kernel
from qpilot.training.alignment import alignment
from qpilot.training.recipe import Recipe
from qpilot.training.train import begin, train
from qpilot.training.watch import Each

ALIGNED = 500
"""Rows on which the bandwidth of a feature map is chosen, before it is trained."""


class FidelityKernel(QuantumModel, ABC):
    """A head (SVM or Gaussian process) on |<a|b>|^2, whose settings and bandwidth it chooses on the training rows.

    On a device every row meets every support row: one setting for each, which is what makes it dear. Landmarks bound it.
    """

    head_: KernelHead
    support_: Floats
    """What the circuit's gates take of the support rows: (n_support, inputs)."""
    weights_: Floats
    """The feature map's: (n_weights,); empty where it is not trained."""

    @property
    def parameters(self) -> int:
        """The support rows' inputs, the feature map's weights, and the head's numbers."""
        return self.support_.size + self.weights_.size + self.head_.parameters

    def circuits(self, X: Floats) -> tuple[Circuits, ...]:
        """One setting a support row b: the row's encoding, then b's undone; all zeros has probability |<a|b>|^2."""
        inputs = self.inputs(X)
        return tuple(simulator(self.circuit).fidelity_circuits(inputs, row, self.weights_) for row in self.support_)

    def features(self, probabilities: tuple[Probabilities, ...]) -> Floats:
        """(n_samples, n_support): the share of all zeros in each setting."""
        return np.stack([measured[:, 0] for measured in probabilities], axis=1)

    def exact(self, X: Floats) -> Floats:
        """The overlaps without shots and noise."""
        return kernel(simulator(self.circuit), self.inputs(X), self.support_, self.weights_)

    def _said(self, features: Floats) -> Floats:
        return self.head_.decide(features)

    def kernel(self, X: Floats) -> Floats:
        """The kernel among rows: (n_samples, n_samples)."""
        return kernel(simulator(self.circuit), self.inputs(X), weights=self.weights_)

    def shot_variance(self, X: Floats) -> Floats:
        """The variance of each entry of `kernel` from one shot: a share of all zeros is binomial."""
        shares = np.clip(self.kernel(X), 0, 1)
        return np.asarray(shares * (1 - shares))

    @property
    def network(self) -> FeatureMap:
        """What is trained, where anything is."""
        return FeatureMap(self.circuit)

    def _gram(self, inputs: Floats, chosen: Indices | None) -> Gram:
        others = None if chosen is None else inputs[chosen]
        exact = kernel(simulator(self.circuit), inputs, others, self.weights_)
        shots = self.candidate.expected_shots
        if shots is None:
            return among(exact, chosen)
        rng = np.random.default_rng([self.seed, SHOTS])
        return among(exact, chosen, rng.binomial(shots, np.clip(exact, 0, 1)) / shots)

    def _learn(self, X: Floats, y: Answers, groups: Sequence[Any] | None, each: Each | None) -> None:
        wanted = self.candidate
        chosen = None if wanted.landmarks is None else landmarks(len(y), wanted.landmarks, self.seed)
        bandwidths = BANDWIDTHS if wanted.bandwidth == "auto" else (1.0,)
        self.weights_ = np.zeros(0)
        if wanted.ansatz is not None:
            bandwidths = (self._align(X, y, bandwidths, groups, each),)
        inputs = [self.circuit.prepare(factor * X) for factor in bandwidths]
        grams = [partial(self._gram, rows, chosen) for rows in inputs]
        place, self.head_ = self._headed(grams, y)
        if wanted.bandwidth == "auto":
            self.scaling_ = self.scaling_.narrowed(bandwidths[place])
        rows = inputs[place] if chosen is None else inputs[place][chosen]
        self.support_ = rows[self.head_.support]

    def _align(
        self,
        X: Floats,
        y: Answers,
        bandwidths: tuple[float, ...],
        groups: Sequence[Any] | None,
        each: Each | None,
    ) -> float:
        """Trains the feature map at the bandwidth that is aligned best where training begins, and answers that."""
        wanted, network = self.candidate, self.network
        targets = self._targets(y)
        recipe = Recipe(
            wanted.optimizer, wanted.steps, wanted.batch, wanted.learning_rate, wanted.training, loss="alignment"
        )
        rows = some(y, ALIGNED, self.seed)
        point = begin(network, X, wanted.training, np.random.default_rng(self.seed))
        losses = [alignment(network.outputs(factor * X[rows], point), targets[rows])[0].mean() for factor in bandwidths]
        best = bandwidths[int(np.argmin(losses))]
        found = train(network, best * X, targets, recipe, self.seed, groups=groups, each=each)
        self.weights_, self.telemetry_, self.clock_ = found.parameters, found.telemetry, found.clock
        return best

    def _learned(self) -> State:
        return {**self.head_.plain(), "support": self.support_, "weights": self.weights_}

    def _recall(self, learned: Mapping[str, Any]) -> None:
        self.head_ = self._recalled(learned)
        self.support_, self.weights_ = learned["support"], learned["weights"]


class FidelityKernelClassifier(QuantumClassifier, FidelityKernel):
    """Its head answers class probabilities."""


class FidelityKernelRegressor(QuantumRegressor, FidelityKernel):
    """Its head answers standardised values."""
