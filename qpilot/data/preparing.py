"""From the pilot's data section to a split dataset: read, checked for use, ordered, split, and prepared."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qpilot.data.columns import Columns, listed, require_usable, resolve
from qpilot.data.fingerprint import fingerprint, row_hashes
from qpilot.data.growth import DEVELOPMENT, LEFT_OUT, LOCKED, Before, grown, row_keys
from qpilot.data.growth import ordered as in_old_order
from qpilot.data.preparation import fit
from qpilot.data.source import load
from qpilot.data.split import Rows, allot, split, time_numbers, together
from qpilot.data.strata import is_quantity, strata
from qpilot.data.table import Dataset, Table
from qpilot.data.target import encode_labels, read_quantity
from qpilot.errors import QpilotError
from qpilot.pilot import Data


@dataclass(frozen=True, eq=False)
class Prepared:
    """A dataset with what it came from: `frame` holds the rows in the file's order, `notes` what was done to them."""

    dataset: Dataset
    frame: pd.DataFrame
    columns: Columns
    dropped: int
    notes: tuple[str, ...]

    @property
    def target(self) -> pd.Series:
        """The target's cells, in the file's order."""
        return self.frame[self.columns.target]


def prepare(data: Data, folder: Path, seed: int, before: Before | None = None, quantity: bool = False) -> Prepared:
    """The data of a pilot, split by `seed`; imports neither scikit-learn nor Great Expectations.

    Rows are ordered by their content, so that a file with its rows shuffled gives the same tables. before: what a pilot that
    announced a top-up was tested on; a file that has grown since is split as it was, and the new rows are locked. quantity:
    the target is read as numbers, and no classes.
    Raises QpilotError where the rows cannot be read or used, UsageError where a column name is unknown.
    """
    frame = load(data, folder)
    columns = resolve(frame, data)
    require_usable(frame, columns, data)
    labels, classes = _target(frame[columns.target], quantity)
    known = fingerprint(frame)
    topped = before if before is not None and known != before.data else None
    if topped is None:
        order = _by_content(frame)
    else:
        topped.require_open(known)
        order = in_old_order(frame, topped)
    y = labels[order]
    ordered = frame.iloc[order]
    times = None if columns.time is None else time_numbers(ordered[columns.time])
    twins = row_hashes(ordered[list(columns.features)])
    groups = together(twins, _group_numbers(ordered, columns))
    notes: list[str] = []
    if topped is not None:
        development, locked = grown(topped, twins, groups, times)
        notes.append(f"{topped.add} new rows are locked beside the old ones (data.top_up)")
        groups = groups if times is None else None
    else:
        development, locked = split(y, groups, times, data.locked, seed)
    if times is not None and groups is not None:
        fresh = locked[~np.isin(twins[locked], twins[development])]
        if len(fresh) < len(locked):
            notes.append(f"{len(locked) - len(fresh)} locked rows repeat an earlier row and were left out")
        locked, groups = fresh, None
    if topped is None and data.max_train_rows is not None and len(development) > data.max_train_rows:
        notes.append(f"{data.max_train_rows} of {len(development)} development rows are used (data.max_train_rows)")
        development = _some(y, development, data.max_train_rows, seed)
    preparation = fit(ordered.iloc[development], columns, data, classes)
    if preparation.constant:
        notes.append(f"constant over the development rows and left out: {listed(preparation.constant)}")
    X = preparation.transform(ordered, unseen="zeros")
    table = Table(X, y, classes, preparation.features, groups, times)
    dataset = Dataset(
        development=table.take(development),
        locked=table.take(locked),
        development_rows=order[development],
        locked_rows=order[locked],
        preparation=preparation,
        fingerprint=known,
        locked_hash=_hash(table.take(locked)),
        before=None
        if data.top_up is None or topped is not None
        else _announced(ordered, development, locked, data.top_up),
        added=0 if topped is None else topped.add,
    )
    notes += _treated(frame, columns)
    return Prepared(dataset, frame, columns, len(frame) - len(development) - len(locked), tuple(notes))


def _target(cells: pd.Series, quantity: bool) -> tuple[NDArray[Any], tuple[str, ...]]:
    return (read_quantity(cells), ()) if quantity else encode_labels(cells)


def _by_content(frame: pd.DataFrame) -> Rows:
    order: Rows = np.argsort(row_hashes(frame), kind="stable")
    return order


def _announced(ordered: pd.DataFrame, development: Rows, locked: Rows, add: int) -> Before:
    parts = np.full(len(ordered), LEFT_OUT, dtype=np.int8)
    parts[development], parts[locked] = DEVELOPMENT, LOCKED
    return Before(row_keys(ordered), parts, add)


def _group_numbers(frame: pd.DataFrame, columns: Columns) -> Rows | None:
    if columns.group is None:
        return None
    cells = frame[columns.group]
    if cells.isna().any():
        empty = int(cells.isna().sum())
        raise QpilotError(f"data.group column {columns.group!r} is missing in {empty} rows; fill it in")
    numbers: Rows = pd.factorize(cells)[0].astype(np.int64)
    return numbers


def _some(y: NDArray[Any], rows: Rows, most: int, seed: int) -> Rows:
    """About `most` of `rows`, in the classes' or the bins' proportions."""
    share = most / len(rows)
    parts = allot(strata(y[rows]), None, np.array([share, 1 - share]), np.random.default_rng([seed, 3]))
    some: Rows = rows[parts == 0]
    return some


def _hash(table: Table) -> str:
    y = table.y.astype(">f8" if is_quantity(table.y) else ">i8")
    return hashlib.sha256(table.X.astype(">f8").tobytes() + y.tobytes()).hexdigest()


def _treated(frame: pd.DataFrame, columns: Columns) -> list[str]:
    empty = {name: int(frame[name].isna().sum()) for name in columns.features}
    filled = [f"{name} ({count})" for name, count in empty.items() if count]
    treated = []
    if filled:
        treated.append(f"missing values filled with the development rows' median or commonest text: {listed(filled)}")
    if columns.texts:
        treated.append(f"text encoded as 0/1 features: {listed(sorted(columns.texts))}")
    return treated
