"""Which column is what, and whether the rows can be used at all."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qpilot.errors import QpilotError, UsageError
from qpilot.pilot import Data

MIN_ROWS = 10
"""Fewer rows cannot be split into development and locked ones, whatever the policy says."""


@dataclass(frozen=True)
class Columns:
    """The role of every column of a frame. `texts` are the features that hold text, `ignored` what is no feature."""

    target: str
    features: tuple[str, ...]
    texts: frozenset[str]
    group: str | None
    time: str | None
    ignored: tuple[str, ...]


def resolve(frame: pd.DataFrame, data: Data) -> Columns:
    """The roles `data` gives to the columns of `frame`. Raises UsageError on a name the frame does not have."""
    target = _find(frame, data.target, "target", data.header)
    group = None if data.group is None else _find(frame, data.group, "group", data.header)
    time = None if data.time is None else _find(frame, data.time, "time", data.header)
    dropped = tuple(_find(frame, name, "drop", data.header) for name in data.drop)
    ignored = tuple(name for name in (group, time, *dropped) if name is not None)
    if target in ignored:
        raise UsageError(f"data.target {target!r} is also named as group, time or drop; it can be only one of them")
    features = tuple(name for name in frame.columns if name != target and name not in ignored)
    if not features:
        raise UsageError(f"no feature is left beside the target {target!r}; the data has {listed(frame.columns)}")
    texts = frozenset(name for name in features if not _is_number(frame[name]))
    return Columns(target, features, texts, group, time, ignored)


def require_usable(frame: pd.DataFrame, columns: Columns, data: Data) -> None:
    """Nothing, where the rows can be used as `data` says. Raises QpilotError saying what to do where they cannot."""
    if len(frame) < MIN_ROWS:
        raise QpilotError(
            f"the data has {len(frame)} rows; at least {MIN_ROWS} are needed to split them, hundreds to show anything"
        )
    stamps = [name for name in columns.features if pd.api.types.is_datetime64_any_dtype(frame[name])]
    if stamps:
        raise QpilotError(f"time stamps are no features: {listed(stamps)}; name the column in data.time or data.drop")
    if columns.texts and data.text == "refuse":
        where = "; ".join(_odd_cells(frame[name], name) for name in columns.features if name in columns.texts)
        raise QpilotError(f'text features: {_short(where)}. Set data.text = "encode", or name the columns in data.drop')
    features = frame[list(columns.features)]
    empty = [name for name in columns.features if features[name].isna().all()]
    if empty:
        raise QpilotError(f"columns without any value: {listed(empty)}; name them in data.drop")
    if all(features[name].nunique() < 2 for name in columns.features):
        raise QpilotError("every feature is constant: there is nothing to learn from; check data.drop and the file")
    numbers = [name for name in columns.features if name not in columns.texts]
    infinite = {name: int(np.isinf(_floats(frame[name])).sum()) for name in numbers}
    if any(infinite.values()):
        raise QpilotError(f"infinite values in {counted(infinite)}; correct or remove these rows")
    missing = {name: int(features[name].isna().sum()) for name in columns.features}
    if any(missing.values()) and data.missing == "refuse":
        raise QpilotError(f'missing values in {counted(missing)}; fill them in, or set data.missing = "impute"')


def numeric_where_possible(cells: pd.Series) -> pd.Series:
    """The column as numbers where every cell is one (database decimals, numbers written as text), else as it is."""
    if pd.api.types.is_bool_dtype(cells) or pd.api.types.is_datetime64_any_dtype(cells):
        return cells
    numbers = pd.to_numeric(cells, errors="coerce")
    return cells if (numbers.isna() & cells.notna()).any() else numbers


def listed(names: Iterable[object], most: int = 12) -> str:
    """The first `most` names, and how many more there are."""
    every = [str(name) for name in names]
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def counted(counts: dict[str, int]) -> str:
    """The names with a count above 0, each with its count."""
    return listed(f"{name!r} ({count})" for name, count in counts.items() if count)


def _find(frame: pd.DataFrame, given: str, role: str, header: bool) -> str:
    names = list(frame.columns)
    if given in names:
        return given
    if not header and given.lstrip("-").isdigit() and -len(names) <= int(given) < len(names):
        return str(names[int(given)])
    hint = "" if header else ' (a file without header has c0, c1, ...; a number counts columns, "-1" is the last)'
    raise UsageError(f"unknown data.{role} column {given!r}; known: {listed(names, 30)}{hint}")


def _is_number(cells: pd.Series) -> bool:
    kinds = pd.api.types
    return bool(kinds.is_numeric_dtype(cells) or kinds.is_datetime64_any_dtype(cells) or cells.isna().all())


def _floats(cells: pd.Series) -> NDArray[np.float64]:
    floats: NDArray[np.float64] = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    return floats


def _odd_cells(cells: pd.Series, name: str) -> str:
    odd = (pd.to_numeric(cells, errors="coerce").isna() & cells.notna()).to_numpy()
    first, row = str(cells[odd].iloc[0])[:40], int(odd.argmax()) + 1
    return f"{name!r} ({int(odd.sum())} of {len(cells)} values, first {first!r} in row {row})"


def _short(text: str) -> str:
    return text if len(text) <= 300 else text[:300] + " ..."
