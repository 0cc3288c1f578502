"""Gaussian process classification on a kernel that is already computed, by Laplace's approximation.

Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning", chapter 3, in the features of the kernel: with
weights w ~ N(0, amplitude) on them, the latent function F w has the kernel amplitude * F F^T.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from qpilot.models.kernels.gram import Floats, Gram, Indices, Lazy
from qpilot.models.kernels.tuning import folds, some

AMPLITUDES = (1.0, 4.0, 16.0, 64.0, 256.0)
LEAST, MOST = 1e-2, 1e4
MOST_TUNED = 1000
"""Rows on which kernels are compared."""
ITERATIONS, CONVERGED = 100, 1e-9
# The logistic function as a mixture of error functions, whose mean under a normal distribution has a closed form: five
# of them, fitted for Williams and Barber 1998 and since then in GPML and scikit-learn; off by 1e-4 at most.
_SLOPES = np.array([0.41, 0.4, 0.37, 0.44, 0.39])
_SHARES = np.array([-1854.8214151, 3516.89893646, 221.29346712, 128.12323805, -2010.49422654])


@dataclass(frozen=True)
class Process:
    """One process for two classes, one against the rest for more. The kernel of a row with itself is 1.

    support: (n_support,), the training rows, or the landmarks. coefficients: (n_machines, n_support): latent means.
    factors: (n_machines, rank, n_support): |factors k|^2 is what knowing the rows takes off the latent variance.
    amplitudes: (n_machines,), the latent variance before anything was seen.
    """

    support: Indices
    coefficients: Floats
    factors: Floats
    amplitudes: Floats

    @property
    def parameters(self) -> int:
        """Coefficients, factors and amplitudes."""
        return self.coefficients.size + self.factors.size + self.amplitudes.size

    def decide(self, kernel: Floats) -> Floats:
        """kernel: (n_samples, n_support) -> class probabilities (n_samples, n_classes)."""
        means, variances = self.latent(kernel)
        likely = expected_logistic(means, variances)
        if likely.shape[1] == 1:
            return np.hstack([1 - likely, likely])
        return np.asarray(likely / likely.sum(axis=1, keepdims=True))

    def latent(self, kernel: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of the latent functions, (n_samples, n_machines) each."""
        known = [np.sum((kernel @ factor.T) ** 2, axis=1) for factor in self.factors]
        return kernel @ self.coefficients.T, np.maximum(self.amplitudes - np.stack(known, axis=1), 0.0)

    def plain(self) -> dict[str, Any]:
        """The process as arrays."""
        return {"coefficients": self.coefficients, "factors": self.factors, "amplitudes": self.amplitudes}

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """The process `plain` described."""
        kept = np.arange(state["coefficients"].shape[1])
        return cls(kept, state["coefficients"], state["factors"], state["amplitudes"])


class Mode(NamedTuple):
    """The likeliest weights (rank,), F^T W F there (rank, rank), and the log of the evidence."""

    weights: Floats
    precision: Floats
    evidence: float


def train(grams: Sequence[Lazy], y: Indices, classes: int, seed: int) -> tuple[int, Process]:
    """The one of `grams` with the largest evidence on at most 1,000 rows, and its process on all rows.

    The evidence (marginal likelihood) also chooses each machine's amplitude; nothing is held out. It knows nothing of
    shots: where grams say what these would show, the log likelihood of held-out rows, so shown, chooses among them.
    y: (n_rows,), from 0 to classes - 1.
    """
    rows = some(y, MOST_TUNED, seed)
    place = int(np.argmax([_worth(gram().take(rows), y[rows], classes, seed) for gram in grams]))
    return place, fit(grams[place](), y, classes)


def fit(gram: Gram, y: Indices, classes: int) -> Process:
    """The process on all rows of `gram`, with the amplitudes in [0.01, 10,000] that the evidence likes best. y as in `train`."""
    from scipy.optimize import minimize_scalar

    factored = gram.factored()
    features, root = factored.values, factored.root
    assert root is not None
    bounds, accuracy = (float(np.log(LEAST)), float(np.log(MOST))), {"xatol": 0.01}
    coefficients, factors, amplitudes = [], [], []
    for target in _targets(y, classes):
        modes = [laplace(features, target, 1.0)]

        def surprise(power: float, target: NDArray[np.bool_] = target, modes: list[Mode] = modes) -> float:
            modes.append(laplace(features, target, float(np.exp(power)), modes[-1].weights))
            return -modes[-1].evidence

        amplitude = float(np.exp(minimize_scalar(surprise, bounds=bounds, method="bounded", options=accuracy).x))
        mode = laplace(features, target, amplitude, modes[-1].weights)
        values, vectors = np.linalg.eigh(mode.precision)
        values = np.maximum(values, 0.0)
        known = np.sqrt(amplitude**2 * values / (1 + amplitude * values))  # root of amplitude - posterior variance
        coefficients.append(root @ mode.weights)
        factors.append((known[:, None] * vectors.T) @ root.T)
        amplitudes.append(amplitude)
    return Process(np.arange(len(root)), np.array(coefficients), np.array(factors), np.array(amplitudes))


def laplace(features: Floats, positive: NDArray[np.bool_], amplitude: float, start: Floats | None = None) -> Mode:
    """The mode of the posterior by Newton's method, halving a step that overshoots.

    features: (n_rows, rank). start: weights to look from, (rank,); zero where nobody knows better.
    """
    from scipy.linalg import cho_factor, cho_solve

    rank = features.shape[1]
    weights = np.zeros(rank) if start is None else start
    target, prior = positive.astype(float), np.eye(rank) / amplitude
    standing, gained = _plausibility(features, weights, positive, amplitude), np.inf
    for _ in range(ITERATIONS):
        likely, precision = _curvature(features, weights)
        factor = cho_factor(precision + prior)
        if gained < CONVERGED:
            break
        step = cho_solve(factor, features.T @ (target - likely) - weights / amplitude)
        reached = _plausibility(features, weights + step, positive, amplitude)
        while reached < standing - CONVERGED:
            step = step / 2
            reached = _plausibility(features, weights + step, positive, amplitude)
        weights, gained, standing = weights + step, reached - standing, reached
    volume = 2 * float(np.log(np.diag(factor[0])).sum()) + rank * float(np.log(amplitude))
    return Mode(weights, precision, standing - volume / 2)


def expected_logistic(means: Floats, variances: Floats) -> Floats:
    """The mean of the logistic function of normal variables, to 1e-4; all three (n_samples, n_machines)."""
    from scipy.special import erf

    slopes = _SLOPES.reshape(-1, *(1,) * means.ndim)
    shares = _SHARES.reshape(slopes.shape)
    heights = erf(slopes * means / np.sqrt(1 + 2 * slopes**2 * variances))
    return np.asarray(np.clip((shares * heights).sum(axis=0) / 2 + _SHARES.sum() / 2, 1e-12, 1 - 1e-12))


def _plausibility(features: Floats, weights: Floats, positive: NDArray[np.bool_], amplitude: float) -> float:
    """Log likelihood of the labels plus log prior of the weights, less the prior's constant."""
    latent = features @ weights
    return -float(np.logaddexp(0, np.where(positive, -latent, latent)).sum() + weights @ weights / (2 * amplitude))


def _curvature(features: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Probabilities (n_rows,), and F^T W F with W their variances."""
    from scipy.special import expit

    likely = expit(features @ weights)
    return likely, features.T @ ((likely * (1 - likely))[:, None] * features)


def _worth(gram: Gram, y: Indices, classes: int, seed: int) -> float:
    parts = [] if gram.measured is None else folds(y, seed)
    if gram.measured is None or not parts:
        features = gram.factored().values
        return sum(_most(features, target) for target in _targets(y, classes))
    total = 0.0
    for seen, unseen in parts:
        shown = gram.measured[np.ix_(unseen, seen)] if gram.root is None else gram.measured[unseen]
        likely = fit(gram.take(seen), y[seen], classes).decide(shown)
        total += float(np.log(likely[np.arange(len(unseen)), y[unseen]]).sum())
    return total


def _most(features: Floats, positive: NDArray[np.bool_]) -> float:
    mode = laplace(features, positive, AMPLITUDES[0])
    evidences = [mode.evidence]
    for amplitude in AMPLITUDES[1:]:
        mode = laplace(features, positive, amplitude, mode.weights)
        evidences.append(mode.evidence)
    return max(evidences)


def _targets(y: Indices, classes: int) -> list[NDArray[np.bool_]]:
    return [y == label for label in ([1] if classes == 2 else range(classes))]
