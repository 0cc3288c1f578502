"""Every file that cannot be read says why and what to do; every source of the same rows gives the same rows."""

from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import create_engine

from qpilot.data.source import _expanded, load, read_file
from qpilot.errors import QpilotError
from qpilot.pilot import Data

UNREADABLE = {
    "empty": (b"", True, "is empty"),
    "blank lines only": (b"\n \n\n", True, "is empty"),
    "header only": (b"a,b,label\n", True, "has a header but no rows"),
    "ragged, short": (b"a,b,label\n1,2,x\n1,2\n", True, "line 3 has 2 cells where the first has 3"),
    "ragged, long": (b"a,b,label\n1,2,x\n\n1,2,x,9\n", True, "line 4 has 4 cells where the first has 3"),
    "unclosed quote": (b'a,b,label\n1,2,"x\n1,2,y\n', True, "ragged|no CSV"),
    "binary junk": (bytes(range(256)) * 8, True, "is a binary file"),
    "zeros": (b"a,b\n1,\x002\n", True, "is a binary file"),
    "an Excel file": (b"PK\x03\x04" + b"junk" * 50, True, "is an Excel or zip file, not CSV"),
    "gzip": (b"\x1f\x8b\x08" + b"junk" * 50, True, "is a gzip file"),
    "Latin-1": ("a,label\n1,größe\n".encode("latin-1"), True, "not UTF-8 .* in line 2.*iconv"),
    "UTF-16": ("a,label\n1,x\n".encode("utf-16"), True, "is encoded as UTF-16"),
    "duplicate names": (b"a,b,a,label\n1,2,3,x\n", True, "duplicate column names in rows.csv: a;"),
    "nameless column": (b",a,label\n0,1,x\n", True, "column 1 of rows.csv has no name.*index=False"),
    "data for a header": (b"0.5,1.5,x\n0.25,2.5,y\n", True, "looks like data .*data.header = false"),
    "header for data": (b"a,b,label\n1,2,x\n", False, "looks like names .*data.header = true"),
    "not Parquet": (b"PAR1 and then nothing of it", True, "no readable Parquet file"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_unreadable_file_is_one_sentence_that_says_what_to_do(case: str, tmp_path: Path) -> None:
    content, header, sentence = UNREADABLE[case]
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(QpilotError, match=sentence) as refused:
        load(Data(path="rows.csv", target="label", header=header), tmp_path)
    assert refused.value.exit_code == 1
    assert "\n" not in str(refused.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(QpilotError, match=r"no such data file: .*nowhere.csv"):
        read_file(tmp_path / "nowhere.csv")
    with pytest.raises(QpilotError, match="cannot read data file"):
        read_file(tmp_path)


def test_csv_parquet_and_query_give_the_same_rows(rows: pd.DataFrame, tmp_path: Path) -> None:
    rows.to_csv(tmp_path / "rows.csv", index=False)
    rows.to_parquet(tmp_path / "rows.parquet")
    rows.to_sql("measured", create_engine(f"sqlite:///{tmp_path / 'rows.db'}"), index=False)
    query = Data(url="sqlite:///rows.db", query="select * from measured", target="label")
    for data in (Data(path="rows.csv", target="label"), Data(path="rows.parquet", target="label"), query):
        pd.testing.assert_frame_equal(load(data, tmp_path), rows, check_exact=True)


def test_without_header_columns_are_numbered_and_semicolons_are_seen(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("\ufeff1; 2.5; x \n3; 4.5; y\n", encoding="utf-8")
    frame = read_file(tmp_path / "rows.csv", header=False)
    assert list(frame.columns) == ["c0", "c1", "c2"]
    assert frame["c1"].tolist() == [2.5, 4.5]
    assert frame["c2"].tolist() == ["x", "y"]


def test_a_query_that_fails_is_one_sentence_and_makes_no_database(rows: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(QpilotError, match="no such database file"):
        load(Data(url="sqlite:///rows.db", query="select 1", target="label"), tmp_path)
    assert not list(tmp_path.iterdir())
    rows.to_sql("measured", create_engine(f"sqlite:///{tmp_path / 'rows.db'}"), index=False)
    for url, query, sentence in (
        ("sqlite:///rows.db", "select * from elsewhere", "no such table: elsewhere"),
        ("sqlite:///rows.db", "select * from measured where a > 99", "columns but no rows"),
        ("sqlite:///rows.db", "select a, a, label from measured", "duplicate column names"),
        ("nonsense", "select 1", "check data.url"),
        ("oracle+nodriver://host/x", "select 1", "data.url"),
    ):
        with pytest.raises(QpilotError, match=sentence):
            load(Data(url=url, query=query, target="label"), tmp_path)


def test_a_list_or_complex_column_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"a": [[1, 2], [3]], "label": [0, 1]}).to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(QpilotError, match="column 'a' holds lists"):
        read_file(tmp_path / "rows.parquet")


def test_a_url_takes_its_parts_from_the_environment_and_keeps_none(tmp_path, monkeypatch):
    folder = tmp_path / "a b@c"
    folder.mkdir()
    engine = create_engine(f"sqlite:///{folder / 'rows.db'}")
    pd.DataFrame({"x": [1, 2], "label": [0, 1]}).to_sql("measured", engine, index=False)
    engine.dispose()
    query = "select * from measured"
    monkeypatch.setenv("ROWS", str(folder / "rows.db"))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder / 'rows.db'}")
    for url in ("sqlite:///$ROWS", "sqlite:///${ROWS}", "$DATABASE_URL"):
        assert len(load(Data(url=url, query=query, target="label"), tmp_path)) == 2
    with pytest.raises(QpilotError, match="environment variable NOT_SET, which is not set; set it and run again"):
        load(Data(url="sqlite:///$NOT_SET", query=query, target="label"), tmp_path)
    monkeypatch.setenv("DB_PASSWORD", "p/w:1@x")
    assert _expanded("postgresql://me:$DB_PASSWORD@host/rows?sslmode=require").password == "p/w:1@x"
    monkeypatch.setenv("DATABASE_URL", "sqlite:///hidden.db?sekret")
    with pytest.raises(QpilotError) as failed:
        load(Data(url="$DATABASE_URL", query="select nothing", target="label"), tmp_path)
    assert "sekret" not in str(failed.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:secret@host/rows",
        "mysql+pymysql://me:p$X@host/rows",
        "postgresql://host/rows?user=me&password=secret",
    ],
)
def test_a_literal_password_is_refused_since_the_pilot_file_is_kept(url):
    with pytest.raises(ValueError, match=r"url holds a password.*\$DB_PASSWORD"):
        Data(url=url, query="select 1", target="label")


def test_a_database_that_is_not_there_is_named_as_the_url_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "correct-horse")
    monkeypatch.setenv("ADDRESS", "sqlite:////correct-horse.db")
    for url in ("sqlite:////dir/${SECRET}.db", "sqlite:///$SECRET", "$ADDRESS"):
        with pytest.raises(QpilotError, match="no such database file") as refused:
            load(Data(url=url, query="select 1", target="label"), tmp_path)
        assert url in str(refused.value)
        assert "horse" not in str(refused.value)
    with pytest.raises(QpilotError, match=str(tmp_path / "rows.db")):
        load(Data(url="sqlite:///rows.db", query="select 1", target="label"), tmp_path)
