"""Fitted models as files, without pickle: JSON for scalars, npz for arrays."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import ValidationError

from qpilot.errors import QpilotError
from qpilot.models import MODELS
from qpilot.models.classifier import QuantumClassifier
from qpilot.pilot import Candidate

SCALARS, ARRAYS = "model.json", "arrays.npz"


def pack(model: QuantumClassifier) -> dict[str, bytes]:
    """A fitted model as two files, by name; `unpack` answers a model with equal predictions, bit for bit."""
    state = model.state()
    arrays = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
    scalars = {name: value for name, value in state.items() if name not in arrays}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return {SCALARS: json.dumps(scalars, sort_keys=True).encode(), ARRAYS: buffer.getvalue()}


def unpack(files: Mapping[str, bytes]) -> QuantumClassifier:
    """The model `pack` wrote. Raises QpilotError where the files are missing, corrupted or foreign."""
    try:
        scalars = json.loads(files[SCALARS])
        with np.load(io.BytesIO(files[ARRAYS]), allow_pickle=False) as arrays:
            return revive({**scalars, **dict(arrays)})
    except (KeyError, TypeError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise QpilotError(
            f"{SCALARS} and {ARRAYS} do not hold a quantum model that qpilot saved ({error}): train it again"
        ) from error


def revive(state: Mapping[str, Any]) -> QuantumClassifier:
    """The fitted model a `state()` describes. Raises QpilotError where something is missing or not finite."""
    try:
        candidate = Candidate.model_validate(state["candidate"])
        model = MODELS[candidate.model].build(candidate, state["seed"], state["classes"], state["entangled"])
        model.recall(state)
        answer = model.decide(model.exact(np.zeros((1, candidate.qubits))))  # misfits fail here, not in service
        if answer.shape != (1, model.classes):
            raise ValueError(f"it answers {answer.shape[1]} classes, not {model.classes}")
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ValidationError) as error:
        raise QpilotError(f"the saved model is incomplete or inconsistent: {error!r}") from error
    broken = [name for name, value in state.items() if isinstance(value, np.ndarray) and not np.isfinite(value).all()]
    if broken:
        raise QpilotError(f"the saved model holds NaN or infinite numbers in {', '.join(broken)}: train it again")
    return model
