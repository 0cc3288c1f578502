"""A candidate of the pilot file becomes an estimator; its code is imported now."""

from importlib import import_module
from typing import Literal, overload

from qpilot.candidates.candidate import Candidate
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
) -> QuantumClassifier: ...
@overload
def build(
    candidate: Candidate,
    seed: int,
    classes: int | None,
    entangled: bool = ...,
    backbone: Source | None = ...,
    quantity: bool = ...,
) -> QuantumModel: ...
def build(
    candidate: Candidate,
    seed: int,
    classes: int | None,
    entangled: bool = True,
    backbone: Source | None = None,
    quantity: bool = False,
) -> QuantumModel:
    """An unfitted estimator of `candidate`: a `QuantumRegressor` for a quantity, else a `QuantumClassifier`.

    classes: how many there are (None: as many as the labels say); of a quantity it is not read. `entangled=False` makes
    its twin: the same model with its entangling gates removed. backbone: what a transfer model begins with.
    """
    kind = MODELS[candidate.model]
    estimator = getattr(import_module(kind.module), kind.regressor if quantity else kind.classifier)
    asked = {} if quantity else {"classes": classes}
    model: QuantumModel = estimator(candidate=candidate, seed=seed, entangled=entangled, backbone=backbone, **asked)
    return model
