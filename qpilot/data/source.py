"""Where rows come from: a CSV or Parquet file, or a query. Every way it can go wrong has its own sentence."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from qpilot.data.columns import listed, numeric_where_possible
from qpilot.data.delimited import read_delimited
from qpilot.errors import QpilotError
from qpilot.pilot import VARIABLE, Data

if TYPE_CHECKING:
    from sqlalchemy import URL


def load(data: Data, folder: Path) -> pd.DataFrame:
    """The rows `data` names, paths taken from `folder`: unique text column names, one row or more.

    Columns that are numbers throughout are numbers; texts are stripped. Raises QpilotError where rows cannot be read.
    """
    if data.url is not None and data.query is not None:
        return _plain(_read_query(data.url, data.query, folder), "the query")
    return read_file(folder / str(data.path), data.header)


def read_file(path: Path, header: bool = True) -> pd.DataFrame:
    """The rows of one CSV or Parquet file; without a header its columns are c0, c1, ...

    Raises QpilotError where the file is missing, empty, ragged, binary, wrongly encoded or has duplicate column names.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise QpilotError(
            f"no such data file: {path}; a path in a pilot file counts from the folder the pilot file is in"
        ) from error
    except OSError as error:
        raise QpilotError(f"cannot read data file {path}: {error.strerror}") from error
    if content[:4] == b"PAR1" or path.suffix.lower() in (".parquet", ".pq"):
        return _plain(_read_parquet(path), path.name)
    return _plain(read_delimited(content, path.name, header), path.name)


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa

    try:
        return pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise QpilotError(f"{path.name} is no readable Parquet file: {_first_line(error)}") from error


def _read_query(url: str, query: str, folder: Path) -> pd.DataFrame:
    import sqlalchemy
    from sqlalchemy.exc import SQLAlchemyError

    try:
        address = _expanded(url)
        database = address.database
        if address.get_backend_name() == "sqlite" and database and database != ":memory:":
            if not (folder / database).is_file():  # sqlite would make an empty one
                found = "" if VARIABLE.search(url) else f", which is {folder / database}"
                raise QpilotError(f"no such database file: {url}{found}; check data.url")
            address = address.set(database=str(folder / database))
        engine = sqlalchemy.create_engine(address)
        try:
            with engine.connect() as connection:
                return pd.read_sql_query(sqlalchemy.text(query), connection)
        finally:
            engine.dispose()
    except ModuleNotFoundError as error:
        raise QpilotError(f"data.url needs the database driver {error.name!r}; install it next to qpilot") from error
    except (SQLAlchemyError, ValueError) as error:
        said = _without_values(_first_line(error), url)
        raise QpilotError(f"the query of data.url failed: {said}; check data.url and data.query") from error


def _expanded(url: str) -> "URL":
    """`url` with the environment variables it names put in, part by part: a value may hold any character."""
    import sqlalchemy

    whole = VARIABLE.fullmatch(url)
    if whole is not None:
        return sqlalchemy.make_url(_value(whole))
    address = sqlalchemy.make_url(url)
    query = {
        name: VARIABLE.sub(_value, value) if isinstance(value, str) else value for name, value in address.query.items()
    }
    return address.set(
        username=_put_in(address.username),
        password=_put_in(address.password and str(address.password)),
        host=_put_in(address.host),
        database=_put_in(address.database),
        query=query,
    )


def _put_in(text: str | None) -> str | None:
    return None if text is None else VARIABLE.sub(_value, text)


def _value(variable: re.Match[str]) -> str:
    name = variable[1].strip("{}")
    if name not in os.environ:
        raise QpilotError(f"data.url names the environment variable {name}, which is not set; set it and run again")
    return os.environ[name]


def _without_values(text: str, url: str) -> str:
    """`text` with the values that `url` takes from the environment named again: one may be a password."""
    for variable in VARIABLE.finditer(url):
        value = os.environ.get(variable[1].strip("{}"))
        text = text.replace(value, variable[0]) if value else text
    return text


def _plain(frame: pd.DataFrame, source: str) -> pd.DataFrame:
    names = [str(name).strip() for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise QpilotError(f"duplicate column names in {source}: {listed(twice)}; every column needs its own name")
    if not len(frame):
        raise QpilotError(f"{source} has columns but no rows")
    return pd.DataFrame({name: _plain_column(frame.iloc[:, at], name) for at, name in enumerate(names)})


def _plain_column(cells: pd.Series, name: str) -> pd.Series:
    cells = cells.reset_index(drop=True)
    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.astype(object)
    if pd.api.types.is_complex_dtype(cells):
        raise QpilotError(f"column {name!r} holds complex numbers; give real and imaginary part a column each")
    if pd.api.types.is_bool_dtype(cells) or pd.api.types.is_datetime64_any_dtype(cells):
        return cells
    if pd.api.types.is_numeric_dtype(cells):
        return cells.astype("float64") if cells.dtype.kind not in "iuf" or cells.isna().any() else cells
    try:
        distinct = cells.unique()
    except TypeError as error:
        raise QpilotError(f"column {name!r} holds lists or records; give each part a column of its own") from error
    padded = {cell: cell.strip() for cell in distinct if isinstance(cell, str) and cell != cell.strip()}
    return numeric_where_possible(cells.replace(padded) if padded else cells)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]
