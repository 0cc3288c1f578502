"""Keeps the features that tell most about the target, each judged by itself."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

from qpilot.data.strata import is_quantity


class Selection(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Keeps the `components` features of largest mutual information with the target, in the order of the columns.

    Mutual information by nearest neighbours, with classes (Ross 2014, PLOS ONE 9 e87357) or with a quantity (Kraskov,
    Stoegbauer, Grassberger 2004, Phys. Rev. E 69, 066138); `seed` breaks ties between equal values.
    X: (n_rows, n_features), any scale. components None: all.
    """

    def __init__(self, components: int | None = None, seed: int = 0) -> None:
        self.components = components
        self.seed = seed

    def fit(self, X: NDArray[np.float64], y: NDArray[Any]) -> Self:
        """The kept columns in `kept_`, the information of every column (nats) in `information_`. y: classes, or float64."""
        self.n_features_in_ = X.shape[1]
        told = mutual_info_regression if is_quantity(np.asarray(y)) else mutual_info_classif
        self.information_ = told(X, y, random_state=self.seed)
        best = np.argsort(-self.information_, kind="stable")[: self.components]
        self.kept_ = np.sort(best)
        return self

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """The kept columns of X: (n_rows, components)."""
        return X[:, self.kept_]
