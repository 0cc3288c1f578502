"""Rows that cannot carry a pilot: one clear line, the right exit code, no run left behind. The same from lint and run."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.conftest import Call

Spoil = Callable[[pd.DataFrame, Path], object]


def changed(**columns: object) -> Spoil:
    return lambda rows, path: rows.assign(**columns).to_csv(path, index=False)


def written(content: bytes) -> Spoil:
    return lambda rows, path: path.write_bytes(content)


def ragged(rows: pd.DataFrame, path: Path) -> None:
    rows.to_csv(path, index=False)
    path.write_text(path.read_text() + "1,2,3,4,yes,6\n")


def with_hole(value: float) -> Spoil:
    def spoil(rows: pd.DataFrame, path: Path) -> None:
        rows.loc[3, "b"] = value
        rows.to_csv(path, index=False)

    return spoil


CASES: dict[str, tuple[Spoil, int, str]] = {
    "missing": (lambda rows, path: path.unlink(), 1, "no such"),
    "empty": (written(b""), 1, "empty"),
    "header only": (written(b"a,b,c,d,label\n"), 1, "no row"),
    "ragged": (ragged, 1, "line 122"),
    "binary": (written(bytes(range(256)) * 20), 1, "binary file"),
    "encoding": (written("a,b,c,d,label\n1,2,3,4,gr\u00fcn\n".encode("utf-16")[:-1]), 1, "UTF"),
    "one class": (changed(label="yes"), 1, "one class"),
    "nan": (with_hole(np.nan), 1, "missing"),
    "inf": (with_hole(np.inf), 1, "inf"),
    "text": (changed(b="often"), 1, "text"),
    "constant": (changed(b=1.0, a=1.0, c=1.0, d=1.0), 1, "constant"),
    "duplicate names": (written(b"a,a,c,d,label\n1,2,3,4,yes\n2,3,4,5,no\n"), 1, "duplicate column names"),
    "three rows": (lambda rows, path: rows.iloc[[0, 1, 2]].to_csv(path, index=False), 1, "row"),
    "target": (lambda rows, path: rows.rename(columns={"label": "y"}).to_csv(path, index=False), 2, "known"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("command", ["lint", "run"])
def test_unusable_rows_are_said_in_one_line(
    command: str, name: str, pilot: Path, rows: pd.DataFrame, home: Path, call: Call
) -> None:
    spoil, code, said = CASES[name]
    spoil(rows, pilot.parent / "rows.csv")
    done = call(command, pilot)
    assert code == done.code, done.err
    assert said in done.line
    assert not (home / "runs").exists(), "a run was left behind"
    again = call(command, pilot, "--json")
    assert '"outcome": "ERROR"' in again.out.splitlines()[-1]


def test_a_database_that_is_not_there_is_said(pilot: Path, call: Call) -> None:
    text = pilot.read_text(encoding="utf-8").replace(
        'path = "rows.csv"', 'url = "sqlite:///none.db"\nquery = "select 1"'
    )
    pilot.write_text(text, encoding="utf-8")
    done = call("lint", pilot)
    assert done.code == 1
    assert "none.db" in done.line


def test_rows_from_a_database_and_from_parquet_are_the_same_pilot(pilot: Path, rows: pd.DataFrame, call: Call) -> None:
    import sqlalchemy

    text = pilot.read_text(encoding="utf-8")
    rows.to_parquet(pilot.parent / "rows.parquet")
    engine = sqlalchemy.create_engine(f"sqlite:///{pilot.parent / 'rows.db'}")
    rows.to_sql("points", engine, index=False)
    engine.dispose()
    for source in (
        'path = "rows.csv"',
        'path = "rows.parquet"',
        'url = "sqlite:///rows.db"\nquery = "select * from points"',
    ):
        pilot.write_text(text.replace('path = "rows.csv"', source), encoding="utf-8")
        done = call("lint", pilot)
        assert done.out.splitlines()[0] == "120 rows, 4 features, 2 classes; 84 to develop on, 36 locked"


def test_an_underpowered_pilot_is_refused_with_the_rows_it_would_take(pilot: Path, call: Call) -> None:
    done = call("lint", pilot)
    assert done.code == 4
    assert "This pilot cannot show an advantage" in done.out
    assert "takes 247 rows; there are 120" in done.out


def test_a_kernel_of_very_many_rows_is_refused_before_memory_is(pilot: Path, call: Call) -> None:
    generator = np.random.default_rng(1)
    frame = pd.DataFrame(generator.normal(size=(16_000, 4)), columns=["a", "b", "c", "d"])
    frame.assign(label=generator.integers(0, 2, 16_000)).to_csv(pilot.parent / "rows.csv", index=False)
    done = call("lint", pilot)
    assert done.code == 2
    assert "set landmarks (some hundreds), or data.max_train_rows to at most 10,000" in done.line
    assert call("lint", pilot, "--set", "data.max_train_rows=5000").code == 0
