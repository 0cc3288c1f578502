"""A model fitted on all development rows, with the reduction it sees the world through."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qpilot.baselines import within
from qpilot.data.table import Table
from qpilot.prototype.search.entrants import Entrant, Family
from qpilot.prototype.search.fits import count, estimated


@dataclass(frozen=True)
class Fitted:
    """`reducer` is None for a model on raw features; `seconds` is what fitting took."""

    name: str
    family: Family
    reducer: Any | None
    estimator: Any
    seconds: float

    def view(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """X: (n_rows, n_features) raw -> what the estimator sees."""
        return X if self.reducer is None else np.asarray(self.reducer.transform(X), dtype=np.float64)

    def predict(self, X: NDArray[np.float64]) -> NDArray[Any]:
        """Class indices, or values of a quantity, (n_rows,) for raw X."""
        return np.asarray(self.estimator.predict(self.view(X)))


def fit(
    entrant: Entrant,
    reducer: Any,
    X: NDArray[np.float64],
    y: NDArray[Any],
    groups: NDArray[np.int64] | None = None,
) -> Fitted:
    """`entrant` fitted on raw X: (n_rows, n_features) and y: (n_rows,). groups: (n_rows,), where there are."""
    start = time.perf_counter()
    fitted = reducer.fit(X, y) if entrant.features == "reduced" else None
    view = X if fitted is None else fitted.transform(X)
    estimator = estimated(entrant, count(y), view, y, groups)
    return Fitted(entrant.name, entrant.family, fitted, estimator, time.perf_counter() - start)


def refitted(model: Fitted, rows: Table) -> Fitted:
    """The model fitted on other rows, as its reducer and estimator are configured; groups stay together as in `fit`."""
    from sklearn.base import clone

    reducer = None if model.reducer is None else clone(model.reducer).fit(rows.X, rows.y)
    fresh = Fitted(model.name, model.family, reducer, within(clone(model.estimator), len(rows)), 0.0)
    grouped = {"groups": rows.groups} if rows.groups is not None and model.family != "classical" else {}
    fresh.estimator.fit(fresh.view(rows.X), rows.y, **grouped)
    return fresh


def parameters(model: Fitted) -> int:
    """How many numbers were fitted: weights, support vectors with their coefficients, tree nodes, or the rows kept."""
    if not hasattr(model.estimator, "steps"):
        return int(model.estimator.parameters)
    last = learned(model.estimator)
    if hasattr(last, "coefs_"):  # multi-layer perceptron
        return int(sum(part.size for part in (*last.coefs_, *last.intercepts_)))
    if hasattr(last, "support_vectors_"):
        return int(last.support_vectors_.size + last.dual_coef_.size + last.intercept_.size)
    if hasattr(last, "coef_"):
        return int(last.coef_.size + np.size(last.intercept_))
    if hasattr(last, "_predictors"):  # histogram gradient boosting: two numbers a node
        return int(sum(2 * len(tree.nodes) for trees in last._predictors for tree in trees))
    if hasattr(last, "_fit_X"):  # nearest neighbours keep every row and its answer
        return int(last._fit_X.size + last._y.size)
    if hasattr(last, "base_estimator_"):  # a Gaussian process of classes: rows, and a weight a row and class
        kept = getattr(last.base_estimator_, "estimators_", [last.base_estimator_])
        return int(kept[0].X_train_.size + sum(len(one.pi_) for one in kept))
    if hasattr(last, "X_train_"):  # a Gaussian process of a quantity: rows, and a weight a row
        return int(last.X_train_.size + last.alpha_.size)
    raise TypeError(f"parameters of {type(last).__name__} cannot be counted: add its rule here")


def learned(pipeline: Any) -> Any:
    """What learned in a baseline's pipeline: the last step, or what stands in it where that standardises the target."""
    last = pipeline.steps[-1][1]
    return getattr(last, "regressor_", last)
