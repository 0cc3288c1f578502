"""Takes up the state of a fitted model, whatever it was kept in, and trusts nothing in it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from qpilot.candidates.candidate import Candidate
from qpilot.errors import QpilotError
from qpilot.models.building import build
from qpilot.models.model import QuantumModel


def restore(state: Mapping[str, Any]) -> QuantumModel:
    """The fitted model a `state()` describes. Raises QpilotError where something is missing or not finite."""
    try:
        candidate = Candidate.model_validate(state["candidate"])
        quantity = state.get("quantity", False) is True
        classes = None if quantity or not isinstance(state["classes"], int) else state["classes"]
        model: QuantumModel = build(candidate, state["seed"], classes, state["entangled"], quantity=quantity)
        model.set_params(qubits=state["qubits"]).recall(state)
        answer = model.decide(model.exact(np.zeros((1, model.n_features_in_))))  # misfits fail here, not in service
        if answer.shape != (1, model.columns):
            raise ValueError(f"it answers {answer.shape[1]} columns, not {model.columns}")
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise QpilotError(f"the saved model is incomplete or inconsistent ({error!r}): train it again") from error
    broken = [name for name, value in state.items() if isinstance(value, np.ndarray) and not np.isfinite(value).all()]
    if broken:
        raise QpilotError(f"the saved model holds NaN or infinite numbers in {', '.join(broken)}: train it again")
    return model
