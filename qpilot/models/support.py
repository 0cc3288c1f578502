"""Support vector machines on a kernel that is already computed: tuned, calibrated, and reduced to plain numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

COSTS = (0.1, 1.0, 10.0, 100.0)
FOLDS = 3


@dataclass(frozen=True)
class Machine:
    """One machine for two classes, one against the rest for more.

    support: (n_support,), training rows that matter to any machine. coefficients: (n_machines, n_support).
    offsets: (n_machines,). temperature: factor on decision values (Guo et al. 2017, arXiv 1706.04599), positive, so
    that the most probable class is the machine's own answer.
    """

    support: Indices
    coefficients: Floats
    offsets: Floats
    temperature: float

    def decide(self, kernel: Floats) -> Floats:
        """kernel: (n_samples, n_support) -> class probabilities (n_samples, n_classes)."""
        return probabilities(self.temperature * (kernel @ self.coefficients.T + self.offsets))

    def plain(self) -> dict[str, Any]:
        """The machine as arrays and a scalar."""
        return {"coefficients": self.coefficients, "offsets": self.offsets, "temperature": self.temperature}

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """The machine `plain` described; its support is all the vectors that were kept."""
        kept = np.arange(state["coefficients"].shape[1])
        return cls(kept, state["coefficients"], state["offsets"], state["temperature"])


def probabilities(logits: Floats) -> Floats:
    """Softmax over classes; a single column is the logit of class 1 against class 0. (n_samples, n_classes)."""
    full = np.hstack([np.zeros_like(logits), logits]) if logits.shape[1] == 1 else logits
    powers = np.exp(full - full.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def train(
    kernels: Sequence[Floats], y: Indices, classes: int, seed: int, costs: Sequence[float] = COSTS
) -> tuple[int, Machine]:
    """The best of `kernels` (each (n, n)) by inner cross-validation over `costs`, and its machine on all rows.

    Ties go to the smaller cost, then to the earlier kernel. With too few rows of a class for inner folds it is cost 1
    and the first kernel.
    """
    folds = _folds(y, seed)
    if not folds:
        return 0, _machine(kernels[0], y, classes, 1.0, 1.0)
    tried = [
        (_held_out(kernel, y, classes, cost, folds), place, cost)
        for cost in costs
        for place, kernel in enumerate(kernels)
    ]
    values, place, cost = max(tried, key=lambda trial: np.mean(_classes(trial[0]) == y))
    return place, _machine(kernels[place], y, classes, cost, _temperature(values, y))


def _folds(y: Indices, seed: int) -> list[tuple[Indices, Indices]]:
    from sklearn.model_selection import StratifiedKFold

    scarce = int(np.unique(y, return_counts=True)[1].min())
    if scarce < 2:
        return []
    return list(StratifiedKFold(min(FOLDS, scarce), shuffle=True, random_state=seed).split(y, y))


def _held_out(
    kernel: Floats, y: Indices, classes: int, cost: float, folds: Sequence[tuple[Indices, Indices]]
) -> Floats:
    """Decision values (n, n_machines) of every row, from a machine that did not see it."""
    values = np.empty((len(y), 1 if classes == 2 else classes))
    for seen, unseen in folds:
        machine = _machine(kernel[np.ix_(seen, seen)], y[seen], classes, cost, 1.0)
        values[unseen] = kernel[np.ix_(unseen, seen[machine.support])] @ machine.coefficients.T + machine.offsets
    return values


def _machine(kernel: Floats, y: Indices, classes: int, cost: float, temperature: float) -> Machine:
    dense = np.zeros((1 if classes == 2 else classes, len(y)))
    offsets = np.empty(len(dense))
    for place in range(len(dense)):
        dense[place], offsets[place] = _separate(kernel, y == (1 if classes == 2 else place), cost)
    support = np.flatnonzero(np.any(dense != 0, axis=0))
    return Machine(support, dense[:, support], offsets, temperature)


def _separate(kernel: Floats, positive: NDArray[np.bool_], cost: float) -> tuple[Floats, float]:
    """Coefficients (n,) and offset of one machine; a class that is absent is always refused."""
    from sklearn.svm import SVC

    coefficients = np.zeros(len(positive))
    if positive.all() or not positive.any():
        return coefficients, 1.0 if positive.all() else -1.0
    fitted = SVC(C=cost, kernel="precomputed").fit(kernel, positive)
    coefficients[fitted.support_] = fitted.dual_coef_[0]
    return coefficients, float(fitted.intercept_[0])


def _classes(values: Floats) -> Indices:
    return np.asarray(probabilities(values).argmax(axis=1))


def _temperature(values: Floats, y: Indices) -> float:
    """The factor in [0.01, 100] that makes held-out decision values likeliest."""
    from scipy.optimize import minimize_scalar

    def surprise(power: float) -> float:
        likely = probabilities(np.exp(power) * values)[np.arange(len(y)), y]
        return -float(np.mean(np.log(np.maximum(likely, 1e-300))))

    bound = float(np.log(100))
    return float(np.exp(minimize_scalar(surprise, bounds=(-bound, bound), method="bounded").x))
