"""Rows as the models see them: numeric features, coded classes or a quantity, and what must stay together."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qpilot.arrays import arrays as read
from qpilot.data.growth import Before
from qpilot.data.preparation import Preparation
from qpilot.errors import QpilotError

Rows = NDArray[np.int64]  # row numbers, from 0


@dataclass(frozen=True, eq=False)
class Table:
    """Features and target of some rows, in no meaningful order.

    X: (n, n_features) float64, finite, in the units of the file. y: (n,) int64, index into `classes`; of a quantity (n,)
    float64, finite, in the units of the file, and `classes` is empty.
    groups: (n,) int64; rows of one number never straddle a split (None: every row stands alone).
    times: (n,) float64; splits go forward (None: no time).
    """

    X: NDArray[np.float64]
    y: NDArray[Any]
    classes: tuple[str, ...]
    features: tuple[str, ...]
    groups: NDArray[np.int64] | None = None
    times: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.y)

    @property
    def quantity(self) -> bool:
        """Whether the target is a number, and not a class."""
        return not self.classes

    def take(self, rows: NDArray[Any]) -> "Table":
        """The table of `rows` (numbers or a mask) alone."""
        groups = None if self.groups is None else self.groups[rows]
        times = None if self.times is None else self.times[rows]
        return Table(self.X[rows], self.y[rows], self.classes, self.features, groups, times)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A pilot's rows, split once: everything is fitted on `development`, the `locked` set is opened by one finalist.

    `development_rows`, `locked_rows`: where the rows stand in the file (from 0, header not counted).
    `fingerprint`: the data's sha256, whatever its file name, row order or format; `locked_hash`: the locked set's.
    `before`: all rows and where they went, kept where the pilot announces a top-up; `added`: the locked rows that came
    with one.
    """

    development: Table
    locked: Table
    development_rows: Rows
    locked_rows: Rows
    preparation: Preparation
    fingerprint: str
    locked_hash: str
    before: Before | None = None
    added: int = 0

    def to_bytes(self) -> bytes:
        """The dataset as an npz file without pickle; the same dataset gives the same bytes."""
        meta: dict[str, Any] = {
            "preparation": self.preparation.plain(),
            "fingerprint": self.fingerprint,
            "locked_hash": self.locked_hash,
        }
        announced = {} if self.before is None else self.before.to_arrays()
        if self.before is not None:
            meta["top_up"] = self.before.add
        if self.added:
            meta["added"] = self.added
        arrays: dict[str, Any] = {
            "meta": np.frombuffer(json.dumps(meta, sort_keys=True).encode(), dtype=np.uint8),
            "development_rows": self.development_rows,
            "locked_rows": self.locked_rows,
            **_arrays("development", self.development),
            **_arrays("locked", self.locked),
            **{f"before_{name}": array for name, array in announced.items()},
        }
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Dataset":
        """The dataset `to_bytes` wrote. Raises QpilotError where `content` is something else."""
        try:
            arrays = read(content)
            meta = json.loads(arrays["meta"].tobytes())
            preparation = Preparation.model_validate(meta["preparation"])
            return cls(
                development=_table("development", arrays, preparation),
                locked=_table("locked", arrays, preparation),
                development_rows=arrays["development_rows"],
                locked_rows=arrays["locked_rows"],
                preparation=preparation,
                fingerprint=meta["fingerprint"],
                locked_hash=meta["locked_hash"],
                before=_before(arrays, meta["top_up"]) if "top_up" in meta else None,
                added=int(meta.get("added", 0)),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise QpilotError(f"this is no dataset qpilot stored ({error}); run the pilot again to make it") from error


def _arrays(part: str, table: Table) -> dict[str, NDArray[Any]]:
    named = {"X": table.X, "y": table.y, "groups": table.groups, "times": table.times}
    return {f"{part}_{name}": array for name, array in named.items() if array is not None}


def _before(arrays: Mapping[str, NDArray[Any]], add: int) -> Before:
    return Before(arrays["before_keys"], arrays["before_parts"], int(add))


def _table(part: str, arrays: Mapping[str, NDArray[Any]], preparation: Preparation) -> Table:
    return Table(
        X=arrays[f"{part}_X"],
        y=arrays[f"{part}_y"],
        classes=preparation.classes,
        features=preparation.features,
        groups=arrays.get(f"{part}_groups"),
        times=arrays.get(f"{part}_times"),
    )
