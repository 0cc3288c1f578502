"""How much a fitted model leans on each feature, how easily small noise changes its answers, and what both are counted in."""

import numpy as np
from numpy.typing import NDArray

from gates.claim import Claim
from gates.grading import grades, score
from gates.records import Measure
from gates.statistics import intervals
from qpilot.data.table import Table
from qpilot.prototype.fitted import Fitted

ROWS = 200
REPEATS = 5


def score_unit(claim: Claim) -> str:
    """What a mean grade is counted in."""
    return "score" if claim.quantity else claim.metric.replace("_", " ")


def noise_unit(claim: Claim) -> str:
    """What `noise_sensitivity` is counted in."""
    return "share of worst_error" if claim.quantity else "share of answers"


def importance(model: Fitted, rows: Table, claim: Claim, seed: int) -> dict[str, Measure]:
    """Score lost, by the claim's metric, when one raw feature is permuted, on at most 200 development rows; most important first.

    Rows the model was fitted on: it says what the model uses, not what generalises. The interval is the range over five
    permutations (Breiman 2001, Machine Learning 45).
    """
    generator = np.random.default_rng([seed, 1])
    some = rows.take(generator.permutation(len(rows))[:ROWS])
    X, y, features = some.X, some.y, rows.features
    whole = score(grades(claim, model.predict(X), y), y, claim.metric)
    losses = {}
    for place, feature in enumerate(features):
        stacked = np.concatenate([X] * REPEATS)
        stacked[:, place] = np.concatenate([generator.permutation(X[:, place]) for _ in range(REPEATS)])
        found = grades(claim, model.predict(stacked), np.tile(y, REPEATS)).reshape(REPEATS, -1)
        losses[feature] = whole - np.array([score(once, y, claim.metric) for once in found])
    order = sorted(features, key=lambda feature: -float(losses[feature].mean()))
    return {
        feature: Measure(
            value=float(losses[feature].mean()),
            low=float(losses[feature].min()),
            high=float(losses[feature].max()),
            n=len(X),
            unit=score_unit(claim),
            method=f"permutation, range over {REPEATS}, rows the model was fitted on",
        )
        for feature in order
    }


def noise_sensitivity(model: Fitted, X: NDArray[np.float64], claim: Claim, seed: int) -> Measure:
    """Share of answers that change under Gaussian noise of a tenth of each feature's standard deviation.

    Of a quantity: what the noisy answers would lose of their grade if the others were true. X: (n_rows, n_features), raw;
    at most 200 of them are read.
    """
    generator = np.random.default_rng([seed, 2])
    rows = generator.permutation(len(X))[:ROWS]
    noise = generator.normal(size=(len(rows), X.shape[1])) * 0.1 * X.std(axis=0)
    kept = intervals.accuracy(grades(claim, model.predict(X[rows] + noise), model.predict(X[rows])))
    return Measure(
        value=1 - kept.value,
        low=1 - kept.high,
        high=1 - kept.low,
        n=kept.n,
        unit=noise_unit(claim),
        method=f"{kept.method}, noise of 0.1 standard deviations on every feature",
    )
