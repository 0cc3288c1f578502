"""Trains a circuit and its head together: softmax cross-entropy, as a problem for any optimizer."""

from dataclasses import dataclass, field

import numpy as np

from qpilot.models.heads import Head
from qpilot.models.scaling import Floats
from qpilot.models.support import probabilities
from qpilot.optimizers import Parameters, Rows
from qpilot.simulator import Plan


@dataclass
class Training:
    """Mean cross-entropy over rows. Parameters are the circuit's weights, then the head's.

    angles: (n_rows, qubits). targets: (n_rows, n_classes), one-hot.
    """

    plan: Plan
    words: tuple[str, ...]
    head: Head
    angles: Floats
    targets: Floats
    batch: int
    curve: list[tuple[int, float, float]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many training rows there are."""
        return len(self.angles)

    def loss(self, parameters: Parameters, rows: Rows) -> float:
        """Mean cross-entropy over `rows`, nats."""
        weights, own = self._split(parameters)
        expectations = self.plan.expectations(self.angles[rows], weights, self.words)
        return _cross_entropy(probabilities(self.head.logits(expectations, own)), self.targets[rows])

    def loss_and_gradient(self, parameters: Parameters, rows: Rows) -> tuple[float, Parameters]:
        """Mean cross-entropy over `rows`, and its gradient by the adjoint method: (n_parameters,)."""
        weights, own = self._split(parameters)
        gradient = np.empty_like(parameters)
        loss = np.nan

        def upstream(expectations: Floats) -> Floats:
            nonlocal loss
            likely = probabilities(self.head.logits(expectations, own))
            loss = _cross_entropy(likely, self.targets[rows])
            slopes = (likely - self.targets[rows]) / len(rows)
            pull = self.head.pull(expectations, own, slopes[:, 1:] if slopes.shape[1] == 2 else slopes)
            gradient[len(weights) :] = pull.parameters
            return pull.expectations

        _, gradient[: len(weights)] = self.plan.value_and_vjp(self.angles[rows], weights, self.words, upstream)
        return loss, gradient

    def record(self, step: int, loss: float, gradient_norm: float) -> None:
        """Keeps a point of the training curve."""
        self.curve.append((step, loss, gradient_norm))

    def _split(self, parameters: Parameters) -> tuple[Floats, Floats]:
        place = len(parameters) - self.head.size
        return parameters[:place], parameters[place:]


def _cross_entropy(likely: Floats, targets: Floats) -> float:
    return -float(np.mean(np.log(np.maximum((likely * targets).sum(axis=1), 1e-300))))
