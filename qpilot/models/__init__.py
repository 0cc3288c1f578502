"""Quantum models by name. This module stays light: an estimator's code is imported when one is built or restored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ENCODERS = ("none", "linear", "mlp", "autoencoder")
"""Classical layers in front of a circuit; "autoencoder" is an MLP that begins as one of the training rows."""

DECODERS = ("linear", "mlp")
"""Classical layers behind a circuit."""


@dataclass(frozen=True)
class ModelKind:
    """A kind of model: is its circuit trained, its family in comparison tables, where its two estimators live.

    encoder, decoder: the classical layers around a trained circuit; `choice`: a pilot file may name others.
    """

    trainable: bool
    family: Literal["qnn", "kernel", "hybrid"]
    module: str
    classifier: str
    regressor: str
    encoder: str = "none"
    decoder: str = "linear"
    choice: bool = False


_TRAINED = ("qpilot.models.trained", "TrainedClassifier", "TrainedRegressor")
_FIDELITY = ("qpilot.models.kernels.fidelity", "FidelityKernelClassifier", "FidelityKernelRegressor")
_PROJECTED = ("qpilot.models.kernels.projected", "ProjectedKernelClassifier", "ProjectedKernelRegressor")

MODELS: Mapping[str, ModelKind] = {
    "variational": ModelKind(True, "qnn", *_TRAINED),
    "hybrid": ModelKind(True, "hybrid", *_TRAINED, decoder="mlp", choice=True),
    "dressed": ModelKind(True, "hybrid", *_TRAINED, encoder="linear"),
    "transfer": ModelKind(True, "hybrid", *_TRAINED, encoder="linear", choice=True),
    "fidelity-kernel": ModelKind(False, "kernel", *_FIDELITY),
    "trainable-kernel": ModelKind(True, "kernel", *_FIDELITY),
    "projected-kernel": ModelKind(False, "kernel", *_PROJECTED),
}
