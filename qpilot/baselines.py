"""Classical models to beat, by name: an estimator and the grid it is tuned on.

scikit-learn is imported when a model is built, not before.
"""

from collections.abc import Callable, Mapping
from typing import Any

Grid = dict[str, list[Any]]
"""Parameter names of the pipeline -> values to try, as GridSearchCV takes them."""


def logistic(seed: int) -> tuple[Any, Grid]:
    """Multinomial logistic regression with an L2 penalty, on standardised features."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=2000, random_state=seed)
    return _standardised(model), {"model__C": [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]}


def rbf_svm(seed: int) -> tuple[Any, Grid]:
    """A support vector machine with an RBF kernel on standardised features; gamma "scale" is 1 / features."""
    from sklearn.svm import SVC

    return _standardised(SVC(random_state=seed)), {
        "model__C": [0.1, 1.0, 10.0, 100.0],
        "model__gamma": ["scale", 0.01, 0.1, 1.0],
    }


def mlp(seed: int) -> tuple[Any, Grid]:
    """A multi-layer perceptron (ReLU, Adam) on standardised features, trained until an epoch gains less than 0.001."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(max_iter=500, batch_size="auto", learning_rate_init=0.01, tol=1e-3, random_state=seed)
    return _standardised(model), {"model__hidden_layer_sizes": [(32,), (64, 64)], "model__alpha": [0.1, 1.0]}


def gradient_boosting(seed: int) -> tuple[Any, Grid]:
    """Histogram gradient boosting; trees need no standardising."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline

    model = HistGradientBoostingClassifier(max_iter=100, random_state=seed)
    return Pipeline([("model", model)]), {"model__learning_rate": [0.05, 0.2], "model__max_leaf_nodes": [6, 20]}


def _standardised(model: Any) -> Any:
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    return Pipeline([("scale", StandardScaler()), ("model", model)])


BASELINES: Mapping[str, Callable[[int], tuple[Any, Grid]]] = {
    "logistic": logistic,
    "rbf-svm": rbf_svm,
    "mlp": mlp,
    "gradient-boosting": gradient_boosting,
}
