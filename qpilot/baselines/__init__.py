"""Classical models to beat, by name: of classes, and of a quantity. What both kinds are made of.

scikit-learn is imported when a model is built, not before.
"""

from collections.abc import Callable, Mapping
from typing import Any

Grid = dict[str, list[Any]]
"""Parameter names of the pipeline -> values to try, as GridSearchCV takes them."""

Baselines = Mapping[str, Callable[[int], tuple[Any, Grid]]]
"""Name -> what makes of a seed an unfitted estimator and the grid it is tuned on."""


def standardised(model: Any) -> Any:
    """The model on features less their mean, over their standard deviation; its settings are "model__..."."""
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    return Pipeline([("scale", StandardScaler()), ("model", model)])


def waves(X: Any, frequency: float = 1.0) -> Any:
    """(n_rows, 2 n_features): cosine and sine of `frequency` times X, clipped to three standard deviations.

    Kept models name it by where it stands, qpilot.baselines.waves: moved, they could not be read.
    """
    import numpy as np

    angles = frequency * np.clip(X, -3, 3)
    return np.hstack([np.cos(angles), np.sin(angles)])


def within(estimator: Any, rows: int) -> Any:
    """The baseline made to ask for no more neighbours than the `rows` it is about to be fitted on; itself, changed.

    A model that was tuned on all rows is refitted on an eighth of them for its learning curve.
    """
    asked = estimator.get_params().get("model__n_neighbors", 0)
    return estimator.set_params(model__n_neighbors=rows) if asked > rows else estimator
