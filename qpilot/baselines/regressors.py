"""Classical models of a quantity to beat, by name: an estimator and the grid it is tuned on.

Models whose settings have the target's units (an epsilon, a penalty, a step) are fitted on the target standardised, and
answer in its own.
"""

from typing import Any

from qpilot.baselines import Baselines, Grid, standardised, waves


def ridge(seed: int) -> tuple[Any, Grid]:
    """Linear regression with an L2 penalty (Hoerl and Kennard 1970), on standardised features."""
    from sklearn.linear_model import Ridge

    return standardised(Ridge(random_state=seed)), {"model__alpha": [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]}


def rbf_svm(seed: int) -> tuple[Any, Grid]:
    """Support vector regression with an RBF kernel on standardised features; gamma "scale" is 1 / features.

    epsilon is a tenth of the target's standard deviation. Nothing in it is random.
    """
    from sklearn.svm import SVR

    return standardised(_centred(SVR())), {
        "model__regressor__C": [0.1, 1.0, 10.0, 100.0],
        "model__regressor__gamma": ["scale", 0.01, 0.1, 1.0],
    }


def polynomial_svm(seed: int) -> tuple[Any, Grid]:
    """Support vector regression on all products of two or three standardised features, (1 + <a, b> / features)^degree."""
    from sklearn.svm import SVR

    model = SVR(kernel="poly", coef0=1.0, gamma="auto", max_iter=MOST_ITERATIONS)
    return standardised(_centred(model)), {
        "model__regressor__degree": [2, 3],
        "model__regressor__C": [0.01, 0.1, 1.0, 10.0],
    }


def fourier_svm(seed: int) -> tuple[Any, Grid]:
    """Support vector regression on trigonometric polynomials: what angle encodings compute, without a circuit.

    A circuit's expectations are a truncated Fourier series in its angles (Schuld et al. 2021, arXiv 2008.08605). Here
    degree bounds the total frequency, and the machine finds the coefficients.
    """
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler
    from sklearn.svm import SVR

    model = _centred(SVR(kernel="poly", coef0=1.0, max_iter=MOST_ITERATIONS))
    steps = [("scale", StandardScaler()), ("waves", FunctionTransformer(waves)), ("model", model)]
    return Pipeline(steps), {
        "waves__kw_args": [{"frequency": 0.5}, {"frequency": 1.0}],
        "model__regressor__degree": [2, 4],
        "model__regressor__C": [0.1, 1.0, 10.0],
    }


def nearest_neighbours(seed: int) -> tuple[Any, Grid]:
    """The mean of the nearest rows, standardised; nothing in it is random."""
    from sklearn.neighbors import KNeighborsRegressor

    grid: Grid = {"model__n_neighbors": [1, 3, 7, 15, 31], "model__weights": ["uniform", "distance"]}
    return standardised(KNeighborsRegressor(algorithm="brute")), grid


def gaussian_process(seed: int) -> tuple[Any, Grid]:
    """A Gaussian process with an RBF kernel on standardised features, and normal noise: `alpha` of the target's variance.

    Its cost grows with the cube of the rows, so a pilot has to ask for it. Length scale and noise are tuned on the grid,
    as the classifiers' are.
    """
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF

    kernels = [RBF(length) for length in (0.5, 1.0, 2.0, 4.0, 8.0)]
    model = GaussianProcessRegressor(kernels[2], alpha=0.1, optimizer=None, random_state=seed)
    return standardised(_centred(model)), {
        "model__regressor__kernel": kernels,
        "model__regressor__alpha": [0.001, 0.01, 0.1, 1.0],
    }


def mlp(seed: int) -> tuple[Any, Grid]:
    """A multi-layer perceptron (ReLU, Adam) on standardised features, trained until an epoch gains less than 0.001."""
    from sklearn.neural_network import MLPRegressor

    model = MLPRegressor(max_iter=500, batch_size="auto", learning_rate_init=0.01, tol=1e-3, random_state=seed)
    return standardised(_centred(model)), {
        "model__regressor__hidden_layer_sizes": [(32,), (64, 64)],
        "model__regressor__alpha": [0.1, 1.0, 10.0],
    }


def gradient_boosting(seed: int) -> tuple[Any, Grid]:
    """Histogram gradient boosting; trees need no standardising."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.pipeline import Pipeline

    model = HistGradientBoostingRegressor(max_iter=100, random_state=seed)
    return Pipeline([("model", model)]), {"model__learning_rate": [0.05, 0.2], "model__max_leaf_nodes": [6, 20]}


MOST_ITERATIONS = 200_000
"""Of libsvm's solver, which a polynomial of high degree may keep busy for hours."""


def _centred(model: Any) -> Any:
    """The model fitted on the target less its mean, over its standard deviation; its settings are "regressor__..."."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    return TransformedTargetRegressor(model, transformer=StandardScaler())


REGRESSORS: Baselines = {
    "ridge": ridge,
    "rbf-svm": rbf_svm,
    "polynomial-svm": polynomial_svm,
    "fourier-svm": fourier_svm,
    "nearest-neighbours": nearest_neighbours,
    "mlp": mlp,
    "gradient-boosting": gradient_boosting,
    "gaussian-process": gaussian_process,
}

DEFAULT = tuple(name for name in REGRESSORS if name != "gaussian-process")
"""Those a pilot of a quantity meets where its file names none."""
