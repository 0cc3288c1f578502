"""A candidate of the pilot file becomes an estimator; its code is imported now."""

from importlib import import_module

from qpilot.candidates.candidate import Candidate
from qpilot.models import MODELS
from qpilot.models.classifier import QuantumClassifier
from qpilot.models.foundation import Source


def build(
    candidate: Candidate, seed: int, classes: int | None, entangled: bool = True, backbone: Source | None = None
) -> QuantumClassifier:
    """An unfitted estimator of `candidate` for `classes` classes (None: as many as its labels say).

    `entangled=False` makes its twin: the same model with its entangling gates removed.
    backbone: what a transfer model begins with.
    """
    kind = MODELS[candidate.model]
    model: QuantumClassifier = getattr(import_module(kind.module), kind.estimator)(
        candidate=candidate, seed=seed, classes=classes, entangled=entangled, backbone=backbone
    )
    return model
