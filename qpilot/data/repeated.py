"""Rows that stand in two data sets, however the second file is written: more columns, another order, fewer decimals."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qpilot.data.preparation import Preparation

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

CLOSE = 1e-6
"""Standard deviations within which two numbers are one, as in `quality.overlap_share`."""

DECIMALS = 12
"""Most decimals by which a column is told to be rounded."""

TELLING = 0.5
"""Share of rows that must differ from each other in the shared columns where these are not all of them."""

CHANCE = 1e-3
"""How improbable so many equal rows must be before columns of other names are held to be the same."""

MOST = 16
"""Columns that are compared without their names; those with the most values are."""


def repeated(X: Floats, preparation: Preparation, frame: pd.DataFrame) -> Mask:
    """Which rows of X (n, n_features), as `preparation` made them, stand in `frame`: (n,).

    Columns are known by their names, and, for files without a header or with other names, by their values.
    """
    return _by_name(X, *_shared(preparation, frame)) | _by_value(X[:, _numbers(preparation)], frame)


def _shared(preparation: Preparation, frame: pd.DataFrame) -> tuple[list[int], Floats]:
    """The features that `frame` has, by place, and their values there: (m, n_shared), NaN where there is no number."""
    places, cells = [], []
    for place, (feature, column, text) in enumerate(_features(preparation)):
        if feature in frame:
            cells.append(_floats(frame[feature]))
        elif text is not None and column in frame:
            cells.append((frame[column].astype(str) == text).to_numpy(dtype=np.float64))
        else:
            continue
        places.append(place)
    return places, np.column_stack(cells) if cells else np.empty((len(frame), 0))


def _features(preparation: Preparation) -> Iterator[tuple[str, str, str | None]]:
    """Every feature's name, its column, and the text it stands for."""
    for column in preparation.columns:
        if column in preparation.categories:
            yield from ((f"{column}={text}", column, text) for text in preparation.categories[column])
        else:
            yield column, column, None


def _numbers(preparation: Preparation) -> list[int]:
    return [place for place, (_, _, text) in enumerate(_features(preparation)) if text is None]


def _floats(cells: pd.Series) -> Floats:
    numbers: Floats = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers


def _by_name(X: Floats, places: list[int], other: Floats) -> Mask:
    """Rows of X that are a row of `other` to the decimals of the coarser of both, in every shared column."""
    from scipy.spatial import KDTree

    whole = other[np.isfinite(other).all(axis=1)]
    if not places or not len(whole):
        return np.zeros(len(X), dtype=bool)
    own = X[:, places]
    grid = np.array([0.5 * 10.0 ** -min(_decimals(a), _decimals(b)) for a, b in zip(own.T, whole.T, strict=True)])
    units = np.maximum(grid, CLOSE * np.where(own.std(axis=0) > 0, own.std(axis=0), 1.0))
    told = len(np.unique(np.round(own / units / 2), axis=0))
    if len(places) < X.shape[1] and told < TELLING * len(own):
        return np.zeros(len(X), dtype=bool)
    distances, _ = KDTree(whole / units).query(own / units, p=np.inf, distance_upper_bound=1.001)
    near: Mask = np.isfinite(distances)
    return near


def _by_value(X: Floats, frame: pd.DataFrame) -> Mask:
    """Rows of X all of whose numbers stand in one row of `frame`, where that is no chance."""
    columns = [_floats(frame[name]) for name in frame.columns if not pd.api.types.is_datetime64_any_dtype(frame[name])]
    if X.shape[1] < 2 or len(columns) < 2:
        return np.zeros(len(X), dtype=bool)
    most = np.argsort([-len(np.unique(column)) for column in X.T], kind="stable")[:MOST]
    own, other = X[:, most], np.column_stack(columns)
    grids = {_decimals(column) for column in (*own.T, *other.T) if np.isfinite(column).any()}
    found = np.zeros(len(X), dtype=bool)
    for decimals in sorted(grids):
        found |= _contained(np.round(own, decimals) + 0.0, np.round(other, decimals) + 0.0)
    return found


def _contained(own: Floats, other: Floats) -> Mask:
    """Rows of `own` whose values, each as often as it comes, stand in one row of `other`; none where chance explains them."""
    from scipy.stats import poisson

    found = np.zeros(len(own), dtype=bool)
    known = np.isin(other, own)
    expected = _by_chance(own, other, known)
    if expected >= len(own):
        return found
    rows_of = defaultdict[tuple[float, int], set[int]](set)
    for row in np.flatnonzero(known.sum(axis=1) >= own.shape[1]):
        for cell in _counted(other[row, known[row]]):
            rows_of[cell].add(int(row))
    for place, values in enumerate(own):
        sharing = sorted((rows_of.get(cell, set()) for cell in _counted(values)), key=len)
        found[place] = bool(set.intersection(*sharing))
    if found.any() and poisson.sf(found.sum() - 1, expected) > CHANCE:
        found[:] = False
    return found


def _by_chance(own: Floats, other: Floats, known: Mask) -> float:
    """Pairs of rows that would agree were the columns independent; known: the cells of `other` with a value of `own`."""
    values, codes = np.unique(own, return_inverse=True)
    rows = np.nonzero(known)[0]
    pairs = np.unique(rows * len(values) + np.searchsorted(values, other[known]))
    held = np.bincount(pairs % len(values), minlength=len(values)) / len(other)
    return float(len(own) * len(other) * np.prod(held[codes.reshape(own.shape)].mean(axis=0)))


def _counted(values: Floats) -> Iterator[tuple[float, int]]:
    """Every value with how often it came before."""
    seen = defaultdict[float, int](int)
    for value in values.tolist():
        yield value, seen[value]
        seen[value] += 1


def _decimals(column: Floats) -> int:
    """With how many decimals its numbers are written, at most DECIMALS."""
    numbers = column[np.isfinite(column)]
    error = 1e-12 * max(1.0, float(np.abs(numbers).max(initial=0.0)))
    return next((k for k in range(DECIMALS) if (np.abs(numbers - np.round(numbers, k)) <= error).all()), DECIMALS)
