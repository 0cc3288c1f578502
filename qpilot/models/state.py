"""Takes up the state of a fitted model, whatever it was kept in, and trusts nothing in it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from qpilot.candidate import Candidate
from qpilot.errors import QpilotError
from qpilot.models.building import build
from qpilot.models.classifier import QuantumClassifier


def restore(state: Mapping[str, Any]) -> QuantumClassifier:
    """The fitted model a `state()` describes. Raises QpilotError where something is missing or not finite."""
    try:
        candidate = Candidate.model_validate(state["candidate"])
        model = build(candidate, state["seed"], state["classes"], state["entangled"])
        model.recall(state)
        answer = model.decide(model.exact(np.zeros((1, candidate.qubits))))  # misfits fail here, not in service
        if answer.shape != (1, model.classes):
            raise ValueError(f"it answers {answer.shape[1]} classes, not {model.classes}")
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise QpilotError(f"the saved model is incomplete or inconsistent ({error!r}): train it again") from error
    broken = [name for name, value in state.items() if isinstance(value, np.ndarray) and not np.isfinite(value).all()]
    if broken:
        raise QpilotError(f"the saved model holds NaN or infinite numbers in {', '.join(broken)}: train it again")
    return model
