"""What the data is, whatever its file is called and however its rows and numbers are written."""

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]


def fingerprint(frame: pd.DataFrame) -> str:
    """sha256 (hex) of the cells of `frame`: the same for any order of rows and columns, names, and number format."""
    rows = np.sort(row_hashes(frame)).astype(">u8")
    return hashlib.sha256(f"{frame.shape[1]} columns\n".encode() + rows.tobytes()).hexdigest()


def row_hashes(frame: pd.DataFrame) -> Hashes:
    """A 64-bit hash of every row's cells, the same wherever its columns stand: (n,).

    A column is known by the cells it has over all rows, so equal values in different columns do not cancel out.
    """
    total = np.zeros(len(frame), dtype=np.uint64)
    for name in frame.columns:
        cells = cell_hashes(frame[name])
        content = hashlib.sha256(np.sort(cells).astype(">u8").tobytes()).digest()
        total += mix(cells ^ np.uint64(int.from_bytes(content[:8], "big")))
    return mix(total)


def cell_hashes(cells: pd.Series) -> Hashes:
    """A 64-bit hash of every cell, (n,): numbers by value however they are written, and texts."""
    if pd.api.types.is_numeric_dtype(cells):
        return _number_hashes(cells.to_numpy(dtype=np.float64, na_value=np.nan))
    codes, texts = pd.factorize(cells, use_na_sentinel=True)
    known: Hashes = np.array(
        [_text_hash(text) for text in texts] + [_number_hashes(np.array([np.nan]))[0]], dtype=np.uint64
    )
    hashes: Hashes = known[codes]
    return hashes


def _text_hash(text: object) -> np.uint64:
    try:
        return np.uint64(_number_hashes(np.array([float(str(text))]))[0])
    except ValueError:
        return np.uint64(int.from_bytes(hashlib.sha256(str(text).encode()).digest()[:8], "big"))


def _number_hashes(numbers: NDArray[np.float64]) -> Hashes:
    plain = np.where(np.isnan(numbers), np.nan, numbers + 0.0)  # one NaN, and no negative zero
    return mix(plain.view(np.uint64))


def mix(words: Hashes) -> Hashes:
    """Each word scrambled by the finaliser of splitmix64 (Steele, Lea, Flood 2014)."""
    mixed = words + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
