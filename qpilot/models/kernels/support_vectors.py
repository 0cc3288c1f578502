"""Support vector machines on a kernel that is already computed: tuned, calibrated, and reduced to plain numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qpilot.models.kernels.gram import Floats, Gram, Indices, Lazy
from qpilot.models.kernels.tuning import folds, some
from qpilot.models.softmax import probabilities

COSTS = (0.1, 1.0, 10.0, 100.0)
MOST_TUNED = 2000
"""Rows that inner cross-validation reads: more would take long and hardly change the choice."""


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

    @property
    def parameters(self) -> int:
        """Coefficients and offsets."""
        return self.coefficients.size + self.offsets.size

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


def train(
    grams: Sequence[Lazy], y: Indices, classes: int, seed: int, costs: Sequence[float] = COSTS
) -> tuple[int, Machine]:
    """The best of `grams` by inner cross-validation over `costs` on at most 2,000 rows, and its machine on all rows.

    Held-out rows are read as shots would show them where grams say so. Ties go to the smaller cost, then to the earlier
    kernel. With too few rows of a class for inner folds it is cost 1 and the first kernel. y: (n_rows,), from 0 to classes - 1.
    """
    rows = some(y, MOST_TUNED, seed)
    parts = folds(y[rows], seed)
    if not parts:
        return 0, _machine(grams[0](), y, classes, 1.0, 1.0)
    tried = []
    for place, gram in enumerate(grams):
        whole = gram()
        part = whole if len(rows) == len(y) else whole.take(rows)
        tried += [(_held_out(part, y[rows], classes, cost, parts), place, cost) for cost in costs]
    tried.sort(key=lambda trial: trial[2])
    values, place, cost = max(tried, key=lambda trial: np.mean(_classes(trial[0]) == y[rows]))
    chosen = whole if place == len(grams) - 1 else grams[place]()
    return place, _machine(chosen, y, classes, cost, _temperature(values, y[rows]))


def _held_out(gram: Gram, y: Indices, classes: int, cost: float, parts: Sequence[tuple[Indices, Indices]]) -> Floats:
    """Decision values (n, n_machines) of every row, from a machine that did not see it."""
    values = np.empty((len(y), 1 if classes == 2 else classes))
    for seen, unseen in parts:
        coefficients, offsets = _machines(gram.take(seen), y[seen], classes, cost)
        values[unseen] = gram.between(unseen, seen) @ coefficients.T + offsets
    return values


def _machine(gram: Gram, y: Indices, classes: int, cost: float, temperature: float) -> Machine:
    coefficients, offsets = _machines(gram, y, classes, cost)
    return Machine(*gram.supported(coefficients), offsets, temperature)


def _machines(gram: Gram, y: Indices, classes: int, cost: float) -> tuple[Floats, Floats]:
    """Coefficients (n_machines, columns of the gram) and offsets (n_machines,)."""
    separate = _separate if gram.root is None else _separate_features
    positives = [1] if classes == 2 else range(classes)
    found = [separate(gram.values, y == label, cost) for label in positives]
    return np.array([coefficients for coefficients, _ in found]), np.array([offset for _, offset in found])


def _separate(kernel: Floats, positive: NDArray[np.bool_], cost: float) -> tuple[Floats, float]:
    """Coefficients (n,) and offset of one machine; a class that is absent is always refused."""
    from sklearn.svm import SVC

    coefficients = np.zeros(len(positive))
    if positive.all() or not positive.any():
        return coefficients, 1.0 if positive.all() else -1.0
    fitted = SVC(C=cost, kernel="precomputed").fit(kernel, positive)
    coefficients[fitted.support_] = fitted.dual_coef_[0]
    return coefficients, float(fitted.intercept_[0])


def _separate_features(features: Floats, positive: NDArray[np.bool_], cost: float) -> tuple[Floats, float]:
    """The same on features (n, rank), by a linear machine with squared hinge loss: it takes rows by ten thousands."""
    from sklearn.svm import LinearSVC

    if positive.all() or not positive.any():
        return np.zeros(features.shape[1]), 1.0 if positive.all() else -1.0
    fitted = LinearSVC(C=cost, dual=False).fit(features, positive)
    return fitted.coef_[0], float(fitted.intercept_[0])


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
