"""Gaussian process regression on a kernel that is already computed, in closed form.

Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning", chapters 2 and 5, in the features of the kernel:
values are F w plus normal noise, with weights w ~ N(0, amplitude). All that the evidence and the mean need of F is its
singular values and the values' components along its directions; then each ratio of noise to amplitude costs next to
nothing, and for a given ratio the likeliest amplitude has a formula.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qpilot.models.kernels.gram import Floats, Gram, Lazy
from qpilot.models.kernels.tuning import folds, some
from qpilot.models.kernels.weighted import Weighted

RATIOS = tuple(10.0 ** (power / 2) for power in range(-12, 9))
"""Noise variance over amplitude, from 1e-6 to 1e4: where the likeliest is looked for."""
MOST_TUNED = 1000
"""Rows on which kernels are compared."""
TINY = 1e-12
"""Of the values' variance: as much noise as the process must allow for, where every value is fitted."""


@dataclass(frozen=True)
class Spectrum:
    """F F^T of features F (n_rows, rank), and values y in its directions.

    values: (rank,), eigenvalues of F^T F; vectors: (rank, rank), its eigenvectors; along: (rank,), F^T y in these
    directions. rest: the squared length of y that no feature reaches. rows: how many.
    """

    values: Floats
    vectors: Floats
    along: Floats
    rest: float
    rows: int

    @classmethod
    def of(cls, features: Floats, y: Floats) -> "Spectrum":
        """features: (n_rows, rank); y: (n_rows,)."""
        values, vectors = np.linalg.eigh(features.T @ features)
        values = np.maximum(values, np.finfo(float).tiny)
        along = vectors.T @ (features.T @ y)
        rest = float(y @ y - np.sum(along**2 / values))
        return cls(values, vectors, along, max(rest, 0.0), len(y))

    def amplitude(self, ratio: float) -> float:
        """The likeliest amplitude where noise is `ratio` times as large."""
        fit = np.sum(self.along**2 / (self.values * (self.values + ratio))) + self.rest / ratio
        return max(float(fit) / self.rows, TINY)

    def evidence(self, ratio: float, amplitude: float | None = None) -> float:
        """The log of the marginal likelihood, nats; of the likeliest amplitude, unless one is given."""
        given = self.amplitude(ratio) if amplitude is None else amplitude
        fit = self.rows * self.amplitude(ratio) / given
        volume = np.sum(np.log(self.values + ratio)) + (self.rows - len(self.values)) * np.log(ratio)
        return -0.5 * float(fit + volume + self.rows * np.log(2 * np.pi * given))

    def weights(self, ratio: float) -> Floats:
        """The posterior mean of the weights: (rank,)."""
        return np.asarray(self.vectors @ (self.along / (self.values + ratio)))


def train(grams: Sequence[Lazy], y: Floats, seed: int) -> tuple[int, Weighted]:
    """The one of `grams` with the largest evidence on at most 1,000 rows, and its process on all rows.

    The evidence (marginal likelihood) also chooses amplitude and noise; nothing is held out. It knows nothing of shots:
    where grams say what these would show, kernel and noise are chosen by the squared error of held-out rows, so shown.
    y: (n_rows,), standardised, so that the process needs no mean.
    """
    rows = some(y, MOST_TUNED, seed)
    found = [_worth(gram().take(rows), y[rows], seed) for gram in grams]
    place = int(np.argmax([worth for worth, _ in found]))
    return place, fit(grams[place](), y, found[place][1])


def fit(gram: Gram, y: Floats, ratio: float | None = None) -> Weighted:
    """The process's mean on all rows of `gram`; noise over amplitude as given, or as the evidence likes it best."""
    factored = gram.factored()
    assert factored.root is not None
    spectrum = Spectrum.of(factored.values, y)
    weights = spectrum.weights(likeliest(spectrum) if ratio is None else ratio)
    return Weighted(np.arange(len(factored.root)), factored.root @ weights, 0.0)


def likeliest(spectrum: Spectrum) -> float:
    """Noise over amplitude in [1e-6, 1e4] with the largest evidence: the best of a grid, then between its neighbours."""
    from scipy.optimize import minimize_scalar

    logs = np.log(RATIOS)
    at = int(np.argmax([spectrum.evidence(ratio) for ratio in RATIOS]))
    bounds = (logs[max(at - 1, 0)], logs[min(at + 1, len(logs) - 1)])
    found = minimize_scalar(
        lambda power: -spectrum.evidence(float(np.exp(power))), bounds=bounds, method="bounded", options={"xatol": 1e-4}
    )
    return float(np.exp(found.x))


def _worth(gram: Gram, y: Floats, seed: int) -> tuple[float, float | None]:
    """How good the kernel is, and the ratio to keep where it was not the evidence that chose."""
    parts = [] if gram.measured is None else folds(y, seed)
    if gram.measured is None or not parts:
        spectrum = Spectrum.of(gram.factored().values, y)
        return spectrum.evidence(likeliest(spectrum)), None
    errors = np.zeros(len(RATIOS))
    for seen, unseen in parts:
        factored = gram.take(seen).factored()
        assert factored.root is not None
        shown = gram.measured[np.ix_(unseen, seen)] if gram.root is None else gram.measured[unseen]
        spectrum = Spectrum.of(factored.values, y[seen])
        weights = np.stack([spectrum.weights(ratio) for ratio in RATIOS], axis=1)
        errors += ((shown @ (factored.root @ weights) - y[unseen, None]) ** 2).sum(axis=0)
    at = len(RATIOS) - 1 - int(np.argmin(errors[::-1]))  # of equals the one that trusts rows least
    return -float(errors[at]), RATIOS[at]
