"""Quantum models by name. This module stays light: an estimator's code is imported when one is built or restored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from qpilot.models.classifier import QuantumClassifier
    from qpilot.pilot import Candidate


@dataclass(frozen=True)
class ModelKind:
    """A kind of model: is its circuit trained, its family in comparison tables, where its estimator lives."""

    trainable: bool
    family: Literal["qnn", "kernel", "hybrid"]
    module: str
    estimator: str

    @property
    def load(self) -> Callable[..., QuantumClassifier]:
        """The estimator's class, imported now."""
        found: Callable[..., QuantumClassifier] = getattr(import_module(self.module), self.estimator)
        return found

    def build(self, candidate: Candidate, seed: int, classes: int, entangled: bool = True) -> QuantumClassifier:
        """An unfitted estimator of `candidate` for `classes` classes; `entangled=False` makes its twin.

        The twin is the same model with its entangling gates removed.
        """
        return self.load(candidate=candidate, seed=seed, classes=classes, entangled=entangled)


MODELS: Mapping[str, ModelKind] = {
    "variational": ModelKind(True, "qnn", "qpilot.models.trained", "TrainedClassifier"),
    "hybrid": ModelKind(True, "hybrid", "qpilot.models.trained", "TrainedClassifier"),
    "fidelity-kernel": ModelKind(False, "kernel", "qpilot.models.fidelity", "FidelityKernelClassifier"),
    "projected-kernel": ModelKind(False, "kernel", "qpilot.models.projected", "ProjectedKernelClassifier"),
}


def restore(state: Mapping[str, Any]) -> QuantumClassifier:
    """The fitted estimator whose `state()` this is: its predictions are equal bit for bit."""
    from qpilot.models.state import revive

    return revive(state)
