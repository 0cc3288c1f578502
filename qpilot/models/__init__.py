"""Quantum models by name. This module stays light: an estimator's code is imported when one is built or restored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class ModelKind:
    """A kind of model: is its circuit trained, its family in comparison tables, where its estimator lives."""

    trainable: bool
    family: Literal["qnn", "kernel", "hybrid"]
    module: str
    estimator: str


MODELS: Mapping[str, ModelKind] = {
    "variational": ModelKind(True, "qnn", "qpilot.models.trained", "TrainedClassifier"),
    "hybrid": ModelKind(True, "hybrid", "qpilot.models.trained", "TrainedClassifier"),
    "fidelity-kernel": ModelKind(False, "kernel", "qpilot.models.fidelity", "FidelityKernelClassifier"),
    "projected-kernel": ModelKind(False, "kernel", "qpilot.models.projected", "ProjectedKernelClassifier"),
}
