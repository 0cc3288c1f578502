"""The target column: classes, which are coded, or a quantity, which is read as it is."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gates.target import LEAST_VALUES
from qpilot.data.columns import counted
from qpilot.errors import QpilotError

MIN_CLASS_ROWS = 4
"""Rows a class needs to stand on both sides of the locked split and of a cross-validation fold."""

MAX_CLASSES = 50
"""Distinct targets beyond which the target is a quantity and not a class."""


def encode_labels(labels: pd.Series) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Codes (n,) and class names: numbers in their order, texts alphabetically.

    Raises QpilotError on missing labels, one class, a class too rare to split, and a target that is a quantity.
    """
    name = labels.name
    _require_whole(labels)
    codes, found = pd.factorize(labels)
    if len(found) < 2:
        raise QpilotError(f"target {name!r} holds one class only, {label_text(found[0])!r}; two or more are needed")
    if len(found) > _most_classes(labels):
        numbers = pd.api.types.is_numeric_dtype(labels)
        advice = 'a quantity; say kind = "regression", or bin it' if numbers else "no classes; merge them, or bin them"
        raise QpilotError(f"target {name!r} has {len(found)} distinct values in {len(labels)} rows: {advice}")
    order = sorted(range(len(found)), key=lambda code: _place(found[code]))
    classes = tuple(label_text(found[code]) for code in order)
    place = np.empty(len(found), dtype=np.int64)
    place[order] = np.arange(len(found))
    y = place[codes]
    rare = {label: int(n) for label, n in zip(classes, np.bincount(y), strict=True) if n < MIN_CLASS_ROWS}
    if rare:
        broken = pd.api.types.is_float_dtype(labels) and any(not float(value).is_integer() for value in found)
        other = ', or say kind = "regression" if it is a quantity' if broken else ""
        raise QpilotError(
            f"too few rows of class {counted(rare)}; {MIN_CLASS_ROWS} are needed: merge or remove the class{other}"
        )
    return y, classes


def read_quantity(cells: pd.Series) -> NDArray[np.float64]:
    """The values (n,), finite, in the units of the file.

    Raises QpilotError where one is missing, no number or infinite, and where they are constant or so few that they look
    like classes.
    """
    name = cells.name
    _require_whole(cells)
    if pd.api.types.is_datetime64_any_dtype(cells):
        raise QpilotError(f'target {name!r} holds time stamps, and kind = "regression" takes numbers')
    if not pd.api.types.is_numeric_dtype(cells):
        odd = pd.to_numeric(cells, errors="coerce").isna().to_numpy()
        first, row = str(cells[odd].iloc[0])[:40], int(odd.argmax()) + 1
        raise QpilotError(
            f"target {name!r} holds text ({int(odd.sum())} of {len(cells)} values, first {first!r} in row {row}), and"
            ' kind = "regression" takes numbers; correct them, or say kind = "classification"'
        )
    y: NDArray[np.float64] = cells.to_numpy(dtype=np.float64)
    infinite = int(np.isinf(y).sum())
    if infinite:
        raise QpilotError(f"target {name!r} is infinite in {infinite} of {len(y)} rows; correct or remove them")
    distinct = len(np.unique(y))
    if distinct < 2:
        raise QpilotError(f"target {name!r} is constant, {y[0]:g} in every row: there is nothing to predict")
    if distinct < LEAST_VALUES:
        raise QpilotError(
            f'target {name!r} has {distinct} distinct values: these look like classes, say kind = "classification"'
            f" (a quantity has {LEAST_VALUES} or more)"
        )
    with np.errstate(over="ignore", under="ignore"):
        variance = float(np.square(y - y.mean()).mean())
    if not 0 < variance < np.inf:
        size = f"{y.min():.3g} to {y.max():.3g}"
        raise QpilotError(f"target {name!r}, {size}, cannot be squared in double precision; give it in other units")
    return y


def looks_like_a_quantity(cells: pd.Series) -> bool:
    """Whether numbers are rather values than classes: many, and not whole, or more than classes can be, or mostly rare."""
    if pd.api.types.is_bool_dtype(cells) or not pd.api.types.is_numeric_dtype(cells):
        return False
    counts = cells.value_counts()
    if len(counts) < LEAST_VALUES:
        return False
    values = counts.index.to_numpy(dtype=np.float64)
    return (
        bool((values != np.floor(values)).any())
        or len(counts) > _most_classes(cells)
        or float((counts < MIN_CLASS_ROWS).mean()) > 0.5
    )


def label_text(value: object) -> str:
    """A class as the user wrote it: whole numbers without a point."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _require_whole(cells: pd.Series) -> None:
    if cells.isna().any():
        empty = int(cells.isna().sum())
        raise QpilotError(f"target {cells.name!r} is missing in {empty} of {len(cells)} rows; label or remove them")


def _most_classes(cells: pd.Series) -> float:
    return min(MAX_CLASSES, len(cells) / 2)


def _place(value: object) -> tuple[int, float, str]:
    if isinstance(value, int | float | np.integer | np.floating):
        return 0, float(value), ""
    return 1, 0.0, str(value)
