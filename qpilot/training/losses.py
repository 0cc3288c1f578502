"""Losses by name. Each answers every row's loss and the derivative of that by the network's outputs."""

from collections.abc import Callable, Mapping

import numpy as np

from qpilot.training.alignment import alignment
from qpilot.training.network import Floats

Loss = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""(outputs (n_rows, n_outputs), targets) -> (losses (n_rows,), slopes (n_rows, n_outputs))."""


def cross_entropy(outputs: Floats, targets: Floats) -> tuple[Floats, Floats]:
    """Nats. targets: (n_rows, n_classes), rows sum to 1; two classes may have one output, class 1 against class 0."""
    single = outputs.shape[1] == 1
    logits = np.hstack([np.zeros_like(outputs), outputs]) if single else outputs
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    slopes = np.exp(logs) - targets
    return -(targets * logs).sum(axis=1), slopes[:, 1:] if single else slopes


def squared_error(outputs: Floats, targets: Floats) -> tuple[Floats, Floats]:
    """Half the squared distance of outputs from targets: (n_rows, n_outputs)."""
    apart = outputs - targets
    return 0.5 * (apart**2).sum(axis=1), apart


LOSSES: Mapping[str, Loss] = {"alignment": alignment, "cross-entropy": cross_entropy, "squared-error": squared_error}
