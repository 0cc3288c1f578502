"""CSV text into a frame, refusing what cannot be read for certain."""

import csv
import io

import pandas as pd

from qpilot.data.columns import listed
from qpilot.errors import QpilotError

DELIMITERS = (",", ";", "\t", "|")
FOREIGN = {
    b"PK\x03\x04": "an Excel or zip file",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
}
"""First bytes of what people give in place of CSV."""


def read_delimited(content: bytes, name: str, header: bool) -> pd.DataFrame:
    """The rows of the CSV `content`; `name` stands in the errors. Without a header columns are c0, c1, ...

    Raises QpilotError on an empty, binary, wrongly encoded or ragged file, a header without rows or a wrong `header`.
    """
    text = _decode(content, name)
    line = next((line for line in io.StringIO(text) if line.strip()), None)
    if line is None:
        raise QpilotError(f"{name} is empty; it needs a line for every row")
    delimiter = "," if "," in line else max(DELIMITERS, key=line.count)
    first, second = _require_even(text, delimiter, name)
    names = _header(first, name) if header else [f"c{at}" for at in range(len(first))]
    if not header and second and not any(map(_is_number, first)) and any(map(_is_number, second)):
        raise QpilotError(
            f"the first line of {name} looks like names ({listed(first, 3)});"
            " set data.header = true (on the command line: --header)"
        )
    if header and not second:
        raise QpilotError(f"{name} has a header but no rows")
    return pd.read_csv(
        io.StringIO(text),
        sep=delimiter,
        names=names,
        header=0 if header else None,
        index_col=False,
        skipinitialspace=True,
        low_memory=False,
        float_precision="round_trip",
    )


def _decode(content: bytes, name: str) -> str:
    kind = next((kind for magic, kind in FOREIGN.items() if content.startswith(magic)), None)
    if kind is not None:
        raise QpilotError(f"{name} is {kind}, not CSV; save it as CSV (UTF-8) or Parquet")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise QpilotError(f"{name} is encoded as UTF-16; save it as UTF-8")
    start = content[:65536]
    control = sum(start.count(byte) for byte in range(32) if byte not in b"\t\n\r\f")
    if b"\x00" in content or control > len(start) / 100:
        raise QpilotError(f"{name} is a binary file, not CSV; give a CSV (UTF-8) or Parquet file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise QpilotError(
            f"{name} is not UTF-8 (byte {content[error.start]:#04x} in line {line}); save it as UTF-8, for example with"
            f" iconv -f WINDOWS-1252 -t UTF-8"
        ) from error


def _require_even(text: str, delimiter: str, name: str) -> tuple[list[str], list[str]]:
    """The first two rows, once every row has as many cells as the first."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    kept: list[list[str]] = []
    try:
        for row in reader:
            if not row:
                continue
            if kept and len(row) != len(kept[0]):
                raise QpilotError(
                    f"{name} is ragged: line {reader.line_num} has {len(row)} cells where the first has {len(kept[0])};"
                    " correct that line"
                )
            if len(kept) < 2:
                kept.append(row)
    except csv.Error as error:
        raise QpilotError(
            f"{name} is no CSV near line {reader.line_num}: {error}; look for an unclosed quote"
        ) from error
    return kept[0], kept[1] if len(kept) > 1 else []


def _header(cells: list[str], name: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    if sum(_is_number(cell) and not cell.isdigit() for cell in names) > len(names) / 2:
        raise QpilotError(
            f"the first line of {name} looks like data ({listed(names, 3)});"
            " set data.header = false (on the command line: --no-header)"
        )
    twice = sorted({cell for cell in names if names.count(cell) > 1 and cell})
    if twice:
        raise QpilotError(f"duplicate column names in {name}: {listed(twice)}; every column needs its own name")
    if "" in names:
        raise QpilotError(
            f"column {names.index('') + 1} of {name} has no name; name it, or leave it out (a row number written by"
            " pandas: save with index=False)"
        )
    return names


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
