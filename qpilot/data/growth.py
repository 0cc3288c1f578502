"""A data file that has grown by rows announced beforehand: the old rows stay where they were split to, the new are locked."""

import hashlib
import io
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qpilot.arrays import arrays as read
from qpilot.data.fingerprint import cell_hashes, mix
from qpilot.data.split import Rows
from qpilot.errors import QpilotError

Keys = NDArray[np.uint64]
LEFT_OUT, DEVELOPMENT, LOCKED = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Before:
    """The rows of a run whose pilot announced a top-up, as they stood when its locked set was opened.

    keys: (n,) of every row of the file, in the order of the tables; parts: (n,), which part each went to. add: rows
    announced. data: the fingerprint then. refusal: why no rows may be added any more; used: the fingerprint of the data
    that the one top-up was made with.
    """

    keys: Keys
    parts: NDArray[np.int8]
    add: int
    data: str = ""
    refusal: str | None = None
    used: str | None = None

    def require_open(self, data: str) -> None:
        """Raises QpilotError where rows may not be added, or not these: `data` is the fingerprint of the grown file."""
        if self.refusal is not None:
            raise QpilotError(self.refusal)
        if self.used not in (None, data):
            raise QpilotError(
                "the one top-up of this pilot was made with other rows; change the pilot file to make it a new try"
            )

    def to_arrays(self) -> dict[str, Any]:
        """Name -> array, for an npz file."""
        return {"keys": self.keys, "parts": self.parts}

    def to_bytes(self) -> bytes:
        """As an npz file without pickle."""
        buffer = io.BytesIO()
        np.savez(buffer, **self.to_arrays())
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes, add: int) -> "Before":
        """What was kept of it. Raises QpilotError where `content` is something else."""
        try:
            found = read(content)
            return cls(found["keys"].astype(np.uint64), found["parts"].astype(np.int8), add)
        except (OSError, ValueError, KeyError) as error:
            raise QpilotError(f"these are not the rows of a pilot with a top-up ({error})") from error


def row_keys(frame: pd.DataFrame) -> Keys:
    """A 64-bit key of every row's cells, (n,), whatever other rows there are: unlike a row hash, it knows columns by name."""
    total = np.zeros(len(frame), dtype=np.uint64)
    for name in frame.columns:
        told = hashlib.sha256(str(name).encode()).digest()
        total += mix(cell_hashes(frame[name]) ^ np.uint64(int.from_bytes(told[:8], "big")))
    return mix(total)


def ordered(frame: pd.DataFrame, before: Before) -> Rows:
    """Row numbers of the file: the old rows in their old order, then the new ones in an order their content decides.

    Raises QpilotError where an old row is gone or was changed.
    """
    keys, places = row_keys(frame), defaultdict[int, list[int]](list)
    for place in range(len(keys) - 1, -1, -1):
        places[int(keys[place])].append(place)
    old = [places[key].pop() if places[key] else -1 for key in map(int, before.keys)]
    gone = old.count(-1)
    if gone:
        raise QpilotError(
            f"{gone} of the {len(old)} rows this pilot was tested on are gone or were changed; a top-up (data.top_up) adds"
            " rows and leaves the others as they were. Change the pilot file to make it a new try"
        )
    new = np.setdiff1d(np.arange(len(frame)), np.array(old, dtype=np.int64))
    return np.concatenate([np.array(old, dtype=np.int64), new[np.argsort(keys[new], kind="stable")]])


def grown(before: Before, twins: Keys, groups: Rows | None, times: NDArray[np.float64] | None) -> tuple[Rows, Rows]:
    """The split of before, with the announced number of new rows locked: row numbers in the order of `ordered`.

    twins: (n,) hashes of the features; groups: what must stay together; times: (n,). A new row that repeats a development
    row, belongs to its group, or is earlier than the locked rows is not taken. Raises QpilotError where too few are left.
    """
    size = len(before.keys)
    development, locked = (np.flatnonzero(before.parts == part) for part in (DEVELOPMENT, LOCKED))
    new = np.arange(size, len(twins))
    fits = ~np.isin(twins[new], twins[development])
    if groups is not None and times is None:
        fits &= ~np.isin(groups[new], groups[development])
    if times is not None:
        fits &= times[new] >= times[locked].min()
    if fits.sum() < before.add:
        raise QpilotError(
            f"data.top_up announced {before.add} more rows, and {int(fits.sum())} of the {len(new)} new ones can be locked"
            " (the others repeat a development row, share its group or are too early): the second look is made at"
            " exactly that number"
        )
    return development, np.concatenate([locked, new[fits][: before.add]])
