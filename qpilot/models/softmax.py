"""Logits become class probabilities."""

import numpy as np

from qpilot.models.scaling import Floats


def probabilities(logits: Floats) -> Floats:
    """Softmax over classes; a single column is the logit of class 1 against class 0. (n_samples, n_classes)."""
    full = np.hstack([np.zeros_like(logits), logits]) if logits.shape[1] == 1 else logits
    powers = np.exp(full - full.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
