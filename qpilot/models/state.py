"""Takes up the state of a fitted model, whatever it was kept in, and trusts nothing in it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from qpilot.candidates.candidate import Candidate
from qpilot.errors import QpilotError
from qpilot.models.building import build
from qpilot.models.classifier import QuantumClassifier


def restore(state: Mapping[str, Any]) -> QuantumClassifier:
    """The fitted model a `state()` describes. Raises QpilotError where something is missing or not finite."""
    try:
        candidate = Candidate.model_validate(state["candidate"])
        classes = state["classes"] if isinstance(state["classes"], int) else None
        model = build(candidate, state["seed"], classes, state["entangled"])
        model.set_params(qubits=state["qubits"]).recall(state)
        answer = model.decide(model.exact(np.zeros((1, model.n_features_in_))))  # misfits fail here, not in service
        if answer.shape != (1, len(model.classes_)):
            raise ValueError(f"it answers {answer.shape[1]} classes, not {len(model.classes_)}")
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise QpilotError(f"the saved model is incomplete or inconsistent ({error!r}): train it again") from error
    broken = [name for name, value in state.items() if isinstance(value, np.ndarray) and not np.isfinite(value).all()]
    if broken:
        raise QpilotError(f"the saved model holds NaN or infinite numbers in {', '.join(broken)}: train it again")
    return model
