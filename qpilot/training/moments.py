"""Adam's running moments of a gradient."""

import numpy as np

from qpilot.training.network import Floats


class Moments:
    """Kingma & Ba 2014 with their defaults: decay 0.9 and 0.999, 1e-8 under the root."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._mean, self._square = np.zeros(shape), np.zeros(shape)
        self._step = 0

    def direction(self, gradient: Floats) -> Floats:
        """Where to move against, about one long in every direction, after this gradient: (n_parameters,)."""
        self._step += 1
        self._mean = 0.9 * self._mean + 0.1 * gradient
        self._square = 0.999 * self._square + 0.001 * gradient**2
        mean, square = self._mean / (1 - 0.9**self._step), self._square / (1 - 0.999**self._step)
        return np.asarray(mean / (np.sqrt(square) + 1e-8))


def share(step: int, steps: int) -> float:
    """Of the learning rate that step 1 .. steps takes: all of it for half of them, then evenly down to almost none.

    At a constant rate the answer is wherever the last few batches pushed it.
    """
    return min(1.0, 2 * (1 - (step - 1) / steps))
