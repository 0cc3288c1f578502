"""An encoder that begins as an autoencoder of the training rows: unsupervised first, then trained on with the rest."""

import numpy as np

from qpilot.models.dense import Floats
from qpilot.reduction.autoencoder import Autoencoder


def hidden(outputs: int) -> int:
    """How many hidden neurons the encoder has, as the autoencoder it begins as."""
    return max(8, 2 * outputs)


def pretrained(outputs: int, X: Floats, seed: int) -> Floats:
    """Parameters of a `Perceptron` whose values are the bottleneck of an autoencoder of X: (n_rows, n_features).

    Bottleneck values are standardised over X: an autoencoder leaves their spread open, and angles need one.
    """
    found = Autoencoder(outputs, seed).fit(X)
    codes = found.transform(X)
    inner, outer = found.weights_[:2]
    spread = np.where(codes.std(axis=0) > 1e-12, codes.std(axis=0), 1.0)
    offset = (outer[-1] - codes.mean(axis=0)) / spread
    return np.concatenate([inner[:-1].ravel(), inner[-1], (outer[:-1] / spread).ravel(), offset])
