"""What an optimizer is given: a mean loss over batches of training rows, and where to tell how far it is."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from qpilot.training.network import Floats

Batch = Any
"""Whatever the problem draws and takes back; the same batch gives the same loss, unless shots are finite."""


class Problem(Protocol):
    """parameters: (n_parameters,). A problem may raise `Enough` from `record`, and training ends there."""

    @property
    def epoch(self) -> int:
        """How many batches are one pass through the training rows."""
        ...

    def batches(self, rng: np.random.Generator) -> Iterator[Batch]:
        """One shuffled pass after another, without end."""
        ...

    def draw(self, rng: np.random.Generator, batches: int) -> Batch:
        """Rows of as many batches as one, for an optimizer that needs a loss that stands still."""
        ...

    def loss(self, parameters: Floats, batch: Batch) -> float:
        """Mean loss over the batch."""
        ...

    def loss_and_gradient(self, parameters: Floats, batch: Batch) -> tuple[float, Floats]:
        """Mean loss over the batch, and its gradient: the same shape as `parameters`."""
        ...

    def metric(self, parameters: Floats, batch: Batch) -> Mapping[tuple[int, ...], Floats]:
        """The Fubini-Study metric of each block of angles: places in `parameters` -> (n_block, n_block)."""
        ...

    def record(self, step: int, parameters: Floats) -> None:
        """Keeps a point of the training curve, `step` steps from the start."""
        ...


class Enough(Exception):  # noqa: N818 - no fault: training has come to its end
    """Training ends here; who raises it has kept the parameters it likes best."""


Optimizer = Callable[[Problem, Floats, int, float, np.random.Generator], Floats]
"""(problem, start, steps, learning rate, rng) -> parameters."""
