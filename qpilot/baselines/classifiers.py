"""Classical models of classes to beat, by name: an estimator and the grid it is tuned on."""

from typing import Any

from qpilot.baselines import Baselines, Grid, standardised, waves


def logistic(seed: int) -> tuple[Any, Grid]:
    """Multinomial logistic regression with an L2 penalty, on standardised features."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=2000, random_state=seed)
    return standardised(model), {"model__C": [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]}


def rbf_svm(seed: int) -> tuple[Any, Grid]:
    """A support vector machine with an RBF kernel on standardised features; gamma "scale" is 1 / features."""
    from sklearn.svm import SVC

    return standardised(SVC(random_state=seed)), {
        "model__C": [0.1, 1.0, 10.0, 100.0],
        "model__gamma": ["scale", 0.01, 0.1, 1.0],
    }


def polynomial_svm(seed: int) -> tuple[Any, Grid]:
    """A support vector machine on all products of two or three standardised features, (1 + <a, b> / features)^degree."""
    from sklearn.svm import SVC

    model = SVC(kernel="poly", coef0=1.0, gamma="auto", random_state=seed)
    return standardised(model), {"model__degree": [2, 3], "model__C": [0.1, 1.0, 10.0, 100.0]}


def fourier_svm(seed: int) -> tuple[Any, Grid]:
    """A support vector machine on trigonometric polynomials: what angle encodings compute, without a circuit.

    A circuit's expectations are a truncated Fourier series in its angles (Schuld et al. 2021, arXiv 2008.08605). Here
    degree bounds the total frequency, and the machine finds the coefficients.
    """
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler
    from sklearn.svm import SVC

    model = SVC(kernel="poly", coef0=1.0, random_state=seed)
    steps = [("scale", StandardScaler()), ("waves", FunctionTransformer(waves)), ("model", model)]
    return Pipeline(steps), {
        "waves__kw_args": [{"frequency": 0.5}, {"frequency": 1.0}],
        "model__degree": [2, 4],
        "model__C": [1.0, 10.0, 100.0],
    }


def nearest_neighbours(seed: int) -> tuple[Any, Grid]:
    """The vote of the nearest rows, standardised; nothing in it is random."""
    from sklearn.neighbors import KNeighborsClassifier

    grid: Grid = {"model__n_neighbors": [1, 3, 7, 15], "model__weights": ["uniform", "distance"]}
    return standardised(KNeighborsClassifier(algorithm="brute")), grid


def gaussian_process(seed: int) -> tuple[Any, Grid]:
    """A Gaussian process with an RBF kernel on standardised features, Laplace's approximation.

    Its cost grows with the cube of the rows, so a pilot has to ask for it. Length scales are tuned on the grid: the
    marginal likelihood chose one at the bound, and chance level, on data of 60 features.
    """
    from sklearn.gaussian_process import GaussianProcessClassifier
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel

    kernels = [ConstantKernel(10.0) * RBF(length) for length in (0.5, 1.0, 2.0, 4.0, 8.0)]
    model = GaussianProcessClassifier(kernels[2], optimizer=None, random_state=seed)
    return standardised(model), {"model__kernel": kernels}


def mlp(seed: int) -> tuple[Any, Grid]:
    """A multi-layer perceptron (ReLU, Adam) on standardised features, trained until an epoch gains less than 0.001."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(max_iter=500, batch_size="auto", learning_rate_init=0.01, tol=1e-3, random_state=seed)
    return standardised(model), {"model__hidden_layer_sizes": [(32,), (64, 64)], "model__alpha": [0.1, 1.0]}


def gradient_boosting(seed: int) -> tuple[Any, Grid]:
    """Histogram gradient boosting; trees need no standardising."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline

    model = HistGradientBoostingClassifier(max_iter=100, random_state=seed)
    return Pipeline([("model", model)]), {"model__learning_rate": [0.05, 0.2], "model__max_leaf_nodes": [6, 20]}


CLASSIFIERS: Baselines = {
    "logistic": logistic,
    "rbf-svm": rbf_svm,
    "polynomial-svm": polynomial_svm,
    "fourier-svm": fourier_svm,
    "nearest-neighbours": nearest_neighbours,
    "mlp": mlp,
    "gradient-boosting": gradient_boosting,
    "gaussian-process": gaussian_process,
}

DEFAULT = tuple(name for name in CLASSIFIERS if name != "gaussian-process")
"""Those a pilot of classes meets where its file names none."""
