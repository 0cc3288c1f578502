"""`qpilot init`: a commented pilot file for a data file, every threshold written out, choices taken from the rows."""

import os
from pathlib import Path
from typing import Literal

import pandas as pd

from qpilot.data.columns import Columns, resolve
from qpilot.data.preparation import MAX_CATEGORIES
from qpilot.data.preparing import prepare
from qpilot.data.source import read_file
from qpilot.data.target import looks_like_a_quantity
from qpilot.errors import UsageError
from qpilot.pilot import Data
from qpilot.record import durable
from qpilot.scaffold import sections
from qpilot.scaffold.claim import claim

LOCKED = 0.3
Kind = Literal["classification", "regression"]

MOST_TRAINING_ROWS = 1000
"""Above this a kernel matrix and the training of a circuit take minutes on a laptop."""


def scaffold(data: Path, target: str, out: Path, header: bool = True, kind: Kind | None = None) -> str:
    """The text of a pilot file for the CSV or Parquet file `data`, to stand at `out`; nothing is written.

    kind: what the target is, where it is not what it looks like.
    Raises QpilotError where the rows cannot carry a pilot at all, UsageError where `target` is no column of theirs.
    """
    frame = read_file(data, header)
    path = Path(os.path.relpath(data.resolve(), out.resolve().parent)).as_posix()
    columns = resolve(frame, Data(path=path, target=target, header=header))
    dropped = _no_features(frame, columns)
    kept = [name for name in columns.features if name not in dropped]
    missing = [name for name in kept if frame[name].isna().any()]
    section = Data(
        path=path,
        target=columns.target,
        header=header,
        drop=tuple(dropped),
        missing="impute" if missing else "refuse",
        text="encode" if columns.texts & set(kept) else "refuse",
        locked=LOCKED,
    )
    quantity = looks_like_a_quantity(frame[columns.target]) if kind is None else kind == "regression"
    prepared = prepare(section, out.resolve().parent, seed=0, quantity=quantity)
    training = len(prepared.dataset.development)
    if training > MOST_TRAINING_ROWS:
        section = section.model_copy(update={"max_train_rows": MOST_TRAINING_ROWS})
    parts = [
        sections.head(data, prepared),
        sections.data(section, prepared, dropped, missing),
        claim(prepared.dataset.development, prepared.dataset.locked, quantum=sections.qubits(prepared) > 1),
        sections.models(prepared),
        sections.rest(prepared),
    ]
    return "\n".join(parts)


def write(text: str, out: Path, force: bool = False) -> None:
    """`text` stands in `out`, whole or not at all. Raises UsageError where it may not: see `require_place`."""
    require_place(out, force)
    durable.write(out, text.encode())


def require_place(out: Path, force: bool) -> None:
    """Nothing, where `out` may be written. Raises UsageError where its folder is missing, or it is there unforced."""
    if out.is_dir():
        raise UsageError(f"{out} is a folder; name a file with --out")
    if out.exists() and not force:
        raise UsageError(f"{out} is there already; --force overwrites it, --out names another file")
    if not out.parent.is_dir():
        raise UsageError(f"no such folder: {out.parent}; make it, or name another file with --out")


def _no_features(frame: pd.DataFrame, columns: Columns) -> dict[str, str]:
    """Columns that tell nothing a model may use, and why."""
    found = {}
    for name in columns.features:
        cells = frame[name]
        if cells.isna().all():
            found[name] = "empty"
        elif pd.api.types.is_datetime64_any_dtype(cells):
            found[name] = "a time stamp"
        elif name in columns.texts and cells.nunique() > MAX_CATEGORIES:
            found[name] = f"{cells.nunique()} different texts"
        elif pd.api.types.is_integer_dtype(cells) and cells.diff().dropna().eq(1).all():
            found[name] = "a row number"
    return found
