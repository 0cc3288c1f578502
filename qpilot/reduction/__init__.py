"""Reduces: the methods a pilot file may name. Importing this is cheap; scikit-learn is imported when one is built."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Reducer:
    """A method that makes many features few.

    build(components, seed) answers an unfitted scikit-learn transformer; components None keeps as many as there are
    features. information(fitted, X) is the share (at most 1) of the variance of X: (n_rows, n_features), standardised
    as on the training rows, that survives reduction and reconstruction; None where the method cannot reconstruct.
    spectrum(fitted) is the explained-variance ratio of each component, empty where the method has none.
    """

    summary: str
    build: Callable[[int | None, int], Any]
    information: Callable[[Any, NDArray[np.float64]], float] | None = None
    spectrum: Callable[[Any], tuple[float, ...]] = lambda fitted: ()


def _pca(components: int | None, seed: int) -> Any:
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), PCA(components, svd_solver="full", random_state=seed))


def _autoencoder(components: int | None, seed: int) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from qpilot.reduction.autoencoder import Autoencoder

    return make_pipeline(StandardScaler(), Autoencoder(components, seed))


def _selection(components: int | None, seed: int) -> Any:
    from qpilot.reduction.selection import Selection

    return Selection(components, seed)


def _none(components: int | None, seed: int) -> Any:
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer()


def _reconstructed(fitted: Any, X: NDArray[np.float64]) -> float:
    scaled = fitted[0].transform(X)
    lost = scaled - fitted[1].inverse_transform(fitted[1].transform(scaled))
    return float(1 - np.sum(lost**2) / np.sum(scaled**2))


REDUCERS: dict[str, Reducer] = {
    "pca": Reducer(
        "standardised principal components",
        _pca,
        _reconstructed,
        lambda fitted: tuple(map(float, fitted[1].explained_variance_ratio_)),
    ),
    "autoencoder": Reducer("a small neural network's bottleneck", _autoencoder, _reconstructed),
    "selection": Reducer("the features that tell most about the target, one by one", _selection),
    "none": Reducer("all features as they are", _none),
}
