"""The models whose circuit is trained: variational with a linear readout, hybrid with a perceptron."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from qpilot.models.classifier import Fitted, Labels, QuantumClassifier, plan
from qpilot.models.heads import Head, Linear, Perceptron
from qpilot.models.readout import expectations, word
from qpilot.models.scaling import Floats
from qpilot.models.support import probabilities
from qpilot.models.training import Training
from qpilot.optimizers import OPTIMIZERS
from qpilot.program import Circuits, Probabilities

SPREAD = 0.1  # standard deviation of starting angles, radians: near the identity gradients do not vanish with width


class TrainedClassifier(QuantumClassifier):
    """<Z> of every qubit, in one setting a row, then the head; circuit and head trained together.

    | candidate.model | head                                                          |
    |-----------------|---------------------------------------------------------------|
    | variational     | linear: the circuit's answer is a weighted sum of observables |
    | hybrid          | perceptron with one hidden layer                              |
    """

    weights_: Floats
    """The circuit's angles: (n_weights,), radians."""
    head_: Floats
    """The head's parameters: (n_head,)."""

    @property
    def head(self) -> Head:
        """The classical part: one logit for two classes, otherwise one a class."""
        outputs = 1 if len(self.classes_) == 2 else len(self.classes_)
        if self.candidate.model == "hybrid":
            return Perceptron(self.circuit.qubits, self.candidate.hidden, outputs)
        return Linear(self.circuit.qubits, outputs)

    @property
    def parameters(self) -> int:
        """The circuit's weights and the head's parameters."""
        return self.circuit.weights + self.head.size

    def circuits(self, X: Floats) -> tuple[Circuits, ...]:
        """One setting: the trained circuit, measured in the computational basis."""
        angles = self.inputs(X)
        return (plan(self.circuit).circuits(angles, self.weights_, "Z" * self.circuit.qubits),)

    def features(self, probabilities: tuple[Probabilities, ...]) -> Floats:
        """(n_samples, qubits): <Z> of every qubit."""
        (measured,) = probabilities
        return expectations(measured, range(self.circuit.qubits))

    def exact(self, X: Floats) -> Floats:
        """The same expectations without shots and noise."""
        return plan(self.circuit).expectations(self.inputs(X), self.weights_, self._words)

    def decide(self, features: Floats) -> Floats:
        """Class probabilities from expectations."""
        return probabilities(self.head.logits(features, self.head_))

    @property
    def _words(self) -> tuple[str, ...]:
        return tuple(word("Z", wire, self.circuit.qubits) for wire in range(self.circuit.qubits))

    def problem(self, angles: Floats, y: Labels) -> Training:
        """What an optimizer is given. angles: (n_samples, qubits), radians; y: (n_samples,), class indices."""
        targets = np.eye(len(self.classes_))[y]
        return Training(plan(self.circuit), self._words, self.head, angles, targets, self.candidate.batch)

    def _learn(self, angles: Floats, y: Labels) -> None:
        wanted, problem = self.candidate, self.problem(angles, y)
        rng = np.random.default_rng(self.seed)
        start = np.concatenate([rng.normal(0, SPREAD, self.circuit.weights), self.head.start(rng)])
        found = OPTIMIZERS[wanted.optimizer](problem, start, wanted.steps, wanted.learning_rate, rng)
        self.weights_, self.head_ = found[: self.circuit.weights], found[self.circuit.weights :]
        self.history_ = tuple(problem.curve)

    def _learned(self) -> Fitted:
        return {"weights": self.weights_, "head": self.head_}

    def _recall(self, learned: Mapping[str, Any]) -> None:
        self.weights_, self.head_ = learned["weights"], learned["head"]
