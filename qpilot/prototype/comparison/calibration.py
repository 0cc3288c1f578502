"""How far a model's confidence is from how often it is right."""

import numpy as np
from numpy.typing import NDArray

from gates.records import Measure

BINS = 10
DRAWS = 200


def calibration_error(confidence: NDArray[np.float64], correct: NDArray[np.bool_], seed: int) -> Measure:
    """Expected calibration error: mean |share right - mean confidence| over ten bins of equally many answers.

    confidence: (n,), the probability given to the class that was named; NaN where a model names none. The interval is a
    bootstrap over answers, moved back by what resampling adds to the error. The estimate is never 0 on finitely many
    answers: `method` says what a model whose confidence were exactly right would show on average (Naeini et al. 2015;
    Nixon et al. 2019, arXiv 1904.01685).
    """
    if not len(confidence) or not np.isfinite(confidence).all():
        return Measure.missing("the model names classes without probabilities", "calibration error")
    rng = np.random.default_rng([seed, 12])
    resampled = rng.integers(len(correct), size=(DRAWS, len(correct)))
    spread = [_error(confidence[rows], correct[rows]) for rows in resampled]
    perfect = float(np.mean([_error(confidence, rng.random(len(correct)) < confidence) for _ in range(DRAWS // 4)]))
    value = _error(confidence, correct)
    low, high = np.maximum(0.0, np.quantile(spread, [0.025, 0.975]) - (np.mean(spread) - value))
    return Measure(
        value=value,
        low=min(float(low), value),
        high=max(float(high), value),
        n=len(correct),
        unit="calibration error",
        method=f"{BINS} bins of equal size, bootstrap 95 %; a calibrated model would show {perfect:.3f}",
    )


def _error(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> float:
    order = np.argsort(confidence, kind="stable")
    bins = min(BINS, len(order))
    gaps = [
        abs(float(correct[part].mean() - confidence[part].mean())) * len(part) for part in np.array_split(order, bins)
    ]
    return sum(gaps) / len(order)
