"""Training that has left all bounds is a failure, said once, and no model."""

import numpy as np

from qpilot.errors import QpilotError
from qpilot.training.network import Floats

MOST = 1e150
"""Norms and penalties take squares, which have to be finite too."""


class DivergedError(QpilotError):
    """Loss, gradient or parameters are no numbers to go on with."""


def require_finite(step: int, *values: Floats | float) -> None:
    """Nothing where every value is finite and none beyond 1e150; else raises DivergedError, which names the step."""
    if not all((np.abs(value) < MOST).all() for value in values):
        raise DivergedError(
            f"training diverged at step {step}: its loss, gradient or parameters are no finite numbers; lower learning_rate"
        )
