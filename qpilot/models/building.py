"""A candidate of the pilot file becomes an estimator; its code is imported now."""

from importlib import import_module
from typing import Literal, overload

from qpilot.candidates.candidate import Candidate
from qpilot.emulator.noise import Noise
from qpilot.models import MODELS
from qpilot.models.classifier import QuantumClassifier
from qpilot.models.foundation import Source
from qpilot.models.model import QuantumModel


@overload
def build(
    candidate: Candidate,
    seed: int,
    classes: int | None,
    entangled: bool = ...,
    backbone: Source | None = ...,
    quantity: Literal[False] = ...,
    noise: Noise | None = ...,
) -> QuantumClassifier: ...
@overload
def build(
    candidate: Candidate,
    seed: int,
    classes: int | None,
    entangled: bool = ...,
    backbone: Source | None = ...,
    quantity: bool = ...,
    noise: Noise | None = ...,
) -> QuantumModel: ...
def build(
    candidate: Candidate,
    seed: int,
    classes: int | None,
    entangled: bool = True,
    backbone: Source | None = None,
    quantity: bool = False,
    noise: Noise | None = None,
) -> QuantumModel:
    """An unfitted estimator of `candidate`: a `QuantumRegressor` for a quantity, else a `QuantumClassifier`.

    classes: how many there are (None: as many as the labels say); of a quantity it is not read. `entangled=False` makes
    its twin: the same model with its entangling gates removed. backbone: what a transfer model begins with. noise: the
    device's, for a candidate that is trained under it.
    """
    kind = MODELS[candidate.model]
    estimator = getattr(import_module(kind.module), kind.regressor if quantity else kind.classifier)
    asked = {} if quantity else {"classes": classes}
    model: QuantumModel = estimator(
        candidate=candidate, seed=seed, entangled=entangled, backbone=backbone, device_noise=noise, **asked
    )
    return model
