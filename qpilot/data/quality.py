"""Figures about a whole table that tell whether its rows can carry a claim. Pure.

Each takes the frame, the feature columns, the target and a mask of the development rows, and answers a Finding. What
relates features to the target looks at development rows alone.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gates.wording import value
from qpilot.data.spread import heavy, spread
from qpilot.data.target import label_text

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SPARSE = 5
"""Rows with which a value stands for itself when targets are looked up by value."""


class Finding(NamedTuple):
    """A figure, and where in the table it was found (empty: nowhere in particular)."""

    value: float
    where: str


def smallest_class_share(frame: pd.DataFrame, features: list[str], target: str, development: Mask) -> Finding:
    """The rarest class's share of all rows."""
    shares = frame[target].value_counts(normalize=True)
    return Finding(float(shares.min()), f"class {label_text(shares.idxmin())}")


def largest_value_share(frame: pd.DataFrame, features: list[str], target: str, development: Mask) -> Finding:
    """The share of all rows that hold the commonest value of a quantity."""
    found = spread(_codes(frame[target]))
    return Finding(found.commonest_share, f"value {value(found.commonest)}")


def heavy_tail(frame: pd.DataFrame, features: list[str], target: str, development: Mask) -> Finding:
    """Share of a quantity's variance in the hundredth of all rows farthest from its mean, and the farthest of them."""
    y = _codes(frame[target])
    return Finding(heavy(y), f"up to {value(float(y[np.abs(y - y.mean()).argmax()]))}")


def nonfinite_values(frame: pd.DataFrame, features: list[str], target: str, development: Mask) -> Finding:
    """Infinite numbers among the features; missing ones are another expectation's."""
    infinite = {name: int(np.isinf(_codes(frame[name])).sum()) for name in features}
    return Finding(float(sum(infinite.values())), ", ".join(name for name, count in infinite.items() if count))


def largest_correlation(frame: pd.DataFrame, features: list[str], target: str, development: Mask) -> Finding:
    """The largest absolute Pearson correlation of two features, over development rows; 0 with fewer than two."""
    X = _matrix(frame, features)[development]
    spread = X.std(axis=0)
    varying = np.flatnonzero(spread > 1e-12 * (1 + np.abs(X).max(axis=0)))
    if len(varying) < 2:
        return Finding(0.0, "")
    Z = (X[:, varying] - X[:, varying].mean(axis=0)) / spread[varying]
    correlation = np.abs(np.triu(Z.T @ Z / len(Z), k=1))
    one, two = np.unravel_index(int(correlation.argmax()), correlation.shape)
    largest = min(1.0, float(correlation[one, two]))
    return Finding(largest, f"{features[varying[one]]} and {features[varying[two]]}")


def best_single_feature(frame: pd.DataFrame, features: list[str], target: str, development: Mask) -> Finding:
    """The largest area under the ROC curve by which one feature alone tells a class from the others, mean over classes.

    The larger of two: by the feature's order, either way; and by the class rate among rows of nearly the same value,
    which finds a feature that tells classes apart without doing so in order.
    """
    X = _matrix(frame, features)[development]
    labels = pd.factorize(frame[target][development])[0]
    texts = [not pd.api.types.is_numeric_dtype(frame[name]) for name in features]
    best = Finding(0.0, "")
    for at, name in enumerate(features):
        areas = []
        for label in np.unique(labels):
            ordered = area(X[:, at], labels == label)
            areas.append(max(ordered, 1 - ordered, _local_area(X[:, at], labels == label, texts[at])))
        best = max(best, Finding(sum(areas) / len(areas), name))
    return best


def best_single_rank(frame: pd.DataFrame, features: list[str], target: str, development: Mask) -> Finding:
    """The largest Spearman correlation, either sign, by which one feature alone tells a quantity.

    The larger of two: of the feature itself; and of the mean rank of the target among the other rows of nearly the same
    value, which finds a feature that tells the target without rising or falling with it.
    """
    X = _matrix(frame, features)[development]
    ranks = _ranked(_codes(frame[target])[development])
    texts = [not pd.api.types.is_numeric_dtype(frame[name]) for name in features]
    best = Finding(0.0, "")
    for at, name in enumerate(features):
        near = _neighbours(X[:, at], ranks, texts[at]).round(9)
        own = abs(_correlation(_ranked(X[:, at]), ranks))
        best = max(best, Finding(max(own, _correlation(_ranked(near), ranks)), name))
    return best


def overlap_share(frame: pd.DataFrame, features: list[str], target: str, development: Mask) -> Finding:
    """Share of locked rows whose features, to a millionth of a standard deviation, stand in a development row too."""
    X = _matrix(frame, features)
    spread = X.std(axis=0)
    rounded = np.round(X / np.where(spread > 0, spread, 1.0), 6) + 0.0
    keys = pd.util.hash_pandas_object(pd.DataFrame(rounded), index=False).to_numpy()
    repeated = np.isin(keys[~development], keys[development])
    return Finding(float(repeated.mean()) if len(repeated) else float("nan"), "")


STATISTICS: dict[str, Callable[[pd.DataFrame, list[str], str, Mask], Finding]] = {
    "smallest class share": smallest_class_share,
    "share of rows with the commonest value": largest_value_share,
    "variance in a hundredth of the rows": heavy_tail,
    "infinite values": nonfinite_values,
    "largest correlation of two features": largest_correlation,
    "best single feature (AUC)": best_single_feature,
    "best single feature (Spearman)": best_single_rank,
    "locked rows seen in development": overlap_share,
}


def area(scores: Floats, positive: Mask) -> float:
    """Area under the ROC curve, ties counted half (Mann-Whitney); 0.5 where one side is empty."""
    from scipy.stats import rankdata

    n = int(positive.sum())
    others = len(positive) - n
    if not n or not others:
        return 0.5
    return float((rankdata(scores)[positive].sum() - n * (n + 1) / 2) / (n * others))


def _local_area(cells: Floats, positive: Mask, text: bool) -> float:
    """The area earned by the class rate among a row's neighbours in value, itself left out; 0.5 or less by chance."""
    return area(_neighbours(cells, positive, text), positive)


def _neighbours(cells: Floats, target: Floats | Mask, text: bool) -> Floats:
    """(n,) the target's mean among the rows of nearly the same value; for the row itself stands the mean over all rows."""
    _, place, counts = np.unique(cells, return_inverse=True, return_counts=True)
    total = np.bincount(place, weights=target)
    if not text:
        # a value seen in a few rows only says nothing alone; the next lower and higher values help out
        sparse = counts < SPARSE
        total = np.where(sparse, np.convolve(total, [1, 1, 1])[1:-1], total)
        counts = np.where(sparse, np.convolve(counts, [1, 1, 1])[1:-1], counts)
    mean: Floats = (total[place] - target + target.mean()) / counts[place]
    return mean


def _ranked(values: Floats) -> Floats:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values), dtype=np.float64)


def _correlation(one: Floats, other: Floats) -> float:
    """Pearson's; 0 where either is constant."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return min(1.0, max(-1.0, float(np.corrcoef(one, other)[0, 1])))


def _matrix(frame: pd.DataFrame, features: list[str]) -> Floats:
    """The features as numbers, texts as codes, gaps and infinities filled with the column's median."""
    filled = []
    for name in features:
        cells = _codes(frame[name])
        finite = np.isfinite(cells)
        filled.append(np.where(finite, cells, np.median(cells[finite]) if finite.any() else 0.0))
    return np.column_stack(filled)


def _codes(cells: pd.Series) -> Floats:
    if pd.api.types.is_numeric_dtype(cells):
        numbers: Floats = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        return numbers
    codes: Floats = pd.factorize(cells, use_na_sentinel=False)[0].astype(np.float64)
    return codes
