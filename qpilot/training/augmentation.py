"""Rows varied anew in every batch, so that a model does not learn them by heart."""

from dataclasses import replace

import numpy as np

from qpilot.training.examples import Batch
from qpilot.training.network import Floats


def jitter(batch: Batch, size: float, deviation: Floats, rng: np.random.Generator) -> Batch:
    """Gaussian noise of `size` standard deviations on every feature (Bishop 1995: training with noise regularises).

    deviation: (n_features,), of the training rows.
    """
    return replace(batch, X=batch.X + size * deviation * rng.normal(size=batch.X.shape))


def mixup(batch: Batch, alpha: float, rng: np.random.Generator) -> Batch:
    """Rows and targets mixed with those of another row of the batch (Zhang et al. 2018, arXiv 1710.09412).

    The share of the other row is min(s, 1 - s) with s from Beta(alpha, alpha), so a row remains mostly itself. Weights
    stay each row's own.
    """
    shares = rng.beta(alpha, alpha, size=(len(batch.X), 1))
    shares = np.minimum(shares, 1 - shares)
    other = rng.permutation(len(batch.X))
    mixed = (1 - shares) * batch.X + shares * batch.X[other]
    return replace(batch, X=mixed, targets=(1 - shares) * batch.targets + shares * batch.targets[other])


def dropout(batch: Batch, share: float, layers: tuple[slice, ...], size: int, rng: np.random.Generator) -> Batch:
    """Leaves each of the ansatz's rotations out of this step with probability `share`: its angle counts as zero.

    The rotation dropout of Scala et al. 2023 (arXiv 2310.04120). Answers later use every rotation, unscaled: an angle
    has no scale that would make up for others.
    """
    kept = np.ones(size, dtype=np.bool_)
    for layer in layers:
        kept[layer] = rng.random(layer.stop - layer.start) >= share
    return replace(batch, kept=kept)
