"""Which rows are developed on, which stay locked, and the folds of cross-validation."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qpilot.data.strata import is_quantity, strata
from qpilot.errors import QpilotError

Rows = NDArray[np.int64]


class Fold(NamedTuple):
    """Row numbers of one training and one test part."""

    train: Rows
    test: Rows


def split(
    y: NDArray[Any], groups: Rows | None, times: NDArray[np.float64] | None, locked: float, seed: int
) -> tuple[Rows, Rows]:
    """Row numbers of development and locked rows, about `locked` (fraction) of them locked.

    y: class indices (int64), or values (float64). Stratified by class, or by bins of the values; rows of one group stay
    together. With times the locked rows are the last, equal times together. Raises QpilotError where a class is left without
    rows on one side, or values do not vary there.
    """
    if times is not None:
        boundary = np.sort(times)[min(len(y) - 1, round((1 - locked) * len(y)))]
        parts = (times >= boundary).astype(np.int64)
    else:
        parts = allot(strata(y), groups, np.array([1 - locked, locked]), np.random.default_rng([seed, 1]))
    development, kept = np.flatnonzero(parts == 0), np.flatnonzero(parts == 1)
    _require_varied(y, development, "the development rows")
    _require_varied(y, kept, "the locked rows")
    return development, kept


def folds(
    y: NDArray[Any], groups: Rows | None, times: NDArray[np.float64] | None, folds: int, repeats: int, seed: int
) -> tuple[Fold, ...]:
    """The `repeats` x `folds` parts of repeated cross-validation, stratified as in `split`, groups kept together.

    With times there is one repeat, and every fold is trained on what came before it (an expanding window).
    Raises QpilotError where a training part lacks a class, or its values do not vary.
    """
    if times is not None:
        ranks = np.unique(times, return_inverse=True)[1]
        share = (np.searchsorted(np.sort(ranks), ranks) / len(y)) * (folds + 1)
        parts = share.astype(np.int64)
        made = [Fold(np.flatnonzero(parts < k), np.flatnonzero(parts == k)) for k in range(1, folds + 1)]
    else:
        made, kinds = [], strata(y)
        for repeat in range(repeats):
            parts = allot(kinds, groups, np.full(folds, 1 / folds), np.random.default_rng([seed, 2, repeat]))
            made += [Fold(np.flatnonzero(parts != k), np.flatnonzero(parts == k)) for k in range(folds)]
    for fold in made:
        _require_varied(y, fold.train, f"a training part of {folds}-fold cross-validation")
        if not len(fold.test):
            raise QpilotError(f"{folds} folds of {len(y)} rows leave one empty; lower search.folds or give more rows")
    return tuple(made)


def together(hashes: NDArray[np.uint64], groups: Rows | None) -> Rows | None:
    """Numbers of what must stay together: rows of equal `hashes`, and rows of one group. None: every row is alone."""
    _, equal = np.unique(hashes, return_inverse=True)
    if groups is None:
        units = equal
    else:
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        # rows and groups as the two sides of a graph: what is connected stays together
        size = int(equal.max()) + 1
        edges = coo_array((np.ones(len(equal)), (equal, size + groups)), shape=(size + int(groups.max()) + 1,) * 2)
        units = connected_components(edges, directed=False)[1][equal]
    _, units = np.unique(units, return_inverse=True)
    return None if int(units.max()) + 1 == len(units) else units.astype(np.int64)


def allot(y: Rows, groups: Rows | None, weights: NDArray[np.float64], rng: np.random.Generator) -> Rows:
    """A part number for every row: parts get about `weights` (sum 1) of every class, groups whole.

    Groups of two rows or more are placed first, the largest first, where they unbalance least; single rows fill up.
    """
    parts = np.full(len(y), -1, dtype=np.int64)
    per_class = np.bincount(y).astype(np.float64)
    wanted = weights[:, None] * per_class[None, :]
    filled = np.zeros_like(wanted)
    if groups is not None:
        sizes = np.bincount(groups)
        placed = np.flatnonzero(sizes > 1)
        rng.shuffle(placed)
        placed = placed[np.argsort(-sizes[placed], kind="stable")]
        content = np.zeros((len(sizes), len(per_class)))
        np.add.at(content, (groups, y), 1)
        part_of = np.full(len(sizes), -1, dtype=np.int64)
        for group in placed:
            # how far each part is from what it should hold, if it took the group: relative, so that a small part counts
            before = ((filled - wanted) ** 2 / wanted.clip(1e-9)).sum(axis=1)
            after = ((filled + content[group] - wanted) ** 2 / wanted.clip(1e-9)).sum(axis=1)
            part = int(np.argmin(after - before))
            filled[part] += content[group]
            part_of[group] = part
        parts = part_of[groups]
    for label in range(len(per_class)):
        alone = np.flatnonzero((y == label) & (parts < 0))
        rng.shuffle(alone)
        parts[alone] = np.repeat(np.arange(len(weights)), _shares((wanted - filled)[:, label], len(alone), label))
    return parts


def time_numbers(cells: pd.Series) -> NDArray[np.float64]:
    """The times of a column as numbers: (n,). Raises QpilotError where a cell is missing or no time."""
    if not pd.api.types.is_numeric_dtype(cells):
        try:
            stamps = pd.to_datetime(cells, utc=True)
        except (ValueError, TypeError) as error:
            raise QpilotError(f"data.time column {cells.name!r} holds something that is no time: {error}") from error
        numbers = np.where(stamps.isna(), np.nan, stamps.astype("int64").to_numpy(dtype=np.float64))
    else:
        numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(numbers).all():
        raise QpilotError(f"data.time column {cells.name!r} is missing in {int((~np.isfinite(numbers)).sum())} rows")
    return numbers


def _shares(deficit: NDArray[np.float64], total: int, turn: int) -> Rows:
    """`total` rows dealt in proportion to `deficit`, by largest remainder; `turn` spreads what ties over the parts."""
    open_ = deficit.clip(0)
    exact = open_ / open_.sum() * total if open_.sum() else np.full(len(deficit), total / len(deficit))
    counts = np.floor(exact + 1e-9).astype(np.int64)
    by_remainder = np.argsort(-np.roll(exact - counts, turn).round(9), kind="stable")
    counts[(by_remainder[: total - int(counts.sum())] - turn) % len(counts)] += 1
    return counts


def _require_varied(y: NDArray[Any], rows: Rows, where: str) -> None:
    if is_quantity(y):
        if len(np.unique(y[rows])) < 2:
            raise QpilotError(
                f"the target would not vary over the {len(rows)} rows of {where}; give more rows, or another data.group or"
                " data.time"
            )
        return
    missing = np.setdiff1d(np.unique(y), y[rows])
    if len(missing):
        raise QpilotError(
            f"{len(missing)} of {len(np.unique(y))} classes would have no row in {where}; give more rows of the rare"
            " classes, or another data.group or data.time"
        )
