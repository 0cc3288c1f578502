"""Training rows as an optimizer meets them: weighted, in batches, varied on the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qpilot.errors import UsageError
from qpilot.training.network import Floats

Places = NDArray[np.intp]


@dataclass(frozen=True)
class Batch:
    """X: (n_rows, n_features); targets: (n_rows, n_targets); weights: (n_rows,), of mean 1 over all training rows.

    kept: (size,), False where a rotation is left out of this step; None where none is.
    """

    X: Floats
    targets: Floats
    weights: Floats
    kept: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Examples:
    """Shapes as in `Batch`."""

    X: Floats
    targets: Floats
    weights: Floats

    def __len__(self) -> int:
        return len(self.X)

    def take(self, places: Places) -> "Examples":
        """The rows at `places`."""
        return Examples(self.X[places], self.targets[places], self.weights[places])

    @cached_property
    def deviation(self) -> Floats:
        """Each feature's standard deviation: (n_features,)."""
        return np.asarray(self.X.std(axis=0))


def class_weights(kind: str, targets: Floats, loss: str) -> Floats:
    """(n_rows,): ones, or for "balanced" weights of mean 1 that give every class the same total."""
    if kind == "none":
        return np.ones(len(targets))
    if loss != "cross-entropy":
        raise UsageError(f'class_weights = "balanced" weighs the losses of single rows, not {loss}: leave it out')
    counts = targets.sum(axis=0)
    present = counts > 0
    each = np.where(present, len(targets) / (present.sum() * np.maximum(counts, 1)), 0.0)
    return np.asarray(targets @ each)


def one_pass(rows: int, batch: int, rng: np.random.Generator) -> Iterator[Places]:
    """Places of all `rows` rows in random order, `batch` at a time."""
    order = rng.permutation(rows)
    for start in range(0, rows, batch):
        yield order[start : start + batch]


def effective(weights: Floats) -> float:
    """Kish's effective sample size of weighted rows: (sum w)^2 / sum w^2."""
    return float(weights.sum() ** 2 / (weights**2).sum())
