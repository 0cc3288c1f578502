"""How much a fitted model leans on each feature, and how easily small noise changes its answers."""

import numpy as np
from numpy.typing import NDArray

from gates.records import Measure
from qpilot.prototype.fitted import Fitted

ROWS = 200
REPEATS = 5


def importance(
    model: Fitted, X: NDArray[np.float64], y: NDArray[np.int64], features: tuple[str, ...], seed: int
) -> dict[str, Measure]:
    """Accuracy lost when one raw feature is permuted, on at most 200 development rows; most important first.

    Rows the model was fitted on: it says what the model uses, not what generalises. The interval is the range over five
    permutations (Breiman 2001, Machine Learning 45). X: (n_rows, n_features), raw; y: (n_rows,), class indices.
    """
    generator = np.random.default_rng([seed, 1])
    rows = generator.permutation(len(X))[:ROWS]
    X, y = X[rows], y[rows]
    whole = np.mean(model.predict(X) == y)
    losses = {}
    for place, feature in enumerate(features):
        stacked = np.concatenate([X] * REPEATS)
        stacked[:, place] = np.concatenate([generator.permutation(X[:, place]) for _ in range(REPEATS)])
        kept = (model.predict(stacked) == np.tile(y, REPEATS)).reshape(REPEATS, -1).mean(axis=1)
        losses[feature] = whole - kept
    order = sorted(features, key=lambda feature: -float(losses[feature].mean()))
    return {
        feature: Measure(
            value=float(losses[feature].mean()),
            low=float(losses[feature].min()),
            high=float(losses[feature].max()),
            n=len(X),
            unit="accuracy",
            method=f"permutation, range over {REPEATS}, rows the model was fitted on",
        )
        for feature in order
    }


def noise_sensitivity(model: Fitted, X: NDArray[np.float64], seed: int) -> Measure:
    """Share of answers that change under Gaussian noise of a tenth of each feature's standard deviation.

    X: (n_rows, n_features), raw; at most 200 of them are read.
    """
    from gates.statistics.intervals import wilson

    generator = np.random.default_rng([seed, 2])
    rows = generator.permutation(len(X))[:ROWS]
    noise = generator.normal(size=(len(rows), X.shape[1])) * 0.1 * X.std(axis=0)
    changed = model.predict(X[rows] + noise) != model.predict(X[rows])
    low, high = wilson(int(changed.sum()), len(changed))
    return Measure(
        value=float(changed.mean()),
        low=low,
        high=high,
        n=len(changed),
        unit="share of answers",
        method="Wilson 95 %, noise of 0.1 standard deviations on every feature",
    )
