"""A journal that may only be read (a mount, a backup) is read as it lies there, and refuses to be written."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qpilot.errors import QpilotError
from qpilot.record.home import Home
from qpilot.record.journal import Journal
from qpilot.verification import verify
from tests.read_only import read_only

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.journal.append("note", "1", {"a": 1}, AT)
    return home


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_it_is_read_and_nothing_is_left_beside_it(home: Home) -> None:
    with read_only(home.path) as copy:
        before = names(copy)
        journal = Home(copy).journal
        assert [entry.key for entry in journal.find("note")] == ["1"]
        assert verify(Home(copy)) == ()
        with pytest.raises(QpilotError, match="make it writable, or set QPILOT_HOME to another folder"):
            journal.append("note", "2", None, AT)
        assert names(copy) == before


def test_the_last_writes_are_read_where_another_process_still_has_the_journal_open(home: Home) -> None:
    with closing(sqlite3.connect(home.path / "journal.db")) as other:
        other.execute("SELECT * FROM entries").fetchall()
        home.journal.append("note", "2", None, AT)
        assert (home.path / "journal.db-wal").stat().st_size
        with read_only(home.path) as copy:
            assert [entry.key for entry in Journal(copy / "journal.db").find("note")] == ["1", "2"]


def test_a_copy_without_the_index_of_its_last_writes_is_no_journal_without_them(home: Home) -> None:
    with closing(sqlite3.connect(home.path / "journal.db")) as other:
        other.execute("SELECT * FROM entries").fetchall()
        home.journal.append("note", "2", None, AT)
        (home.path / "journal.db-shm").rename(home.path.parent / "shm")
        with read_only(home.path) as copy, pytest.raises(QpilotError, match="make it readable, or set QPILOT_HOME to"):
            Journal(copy / "journal.db").find("note")
        (home.path.parent / "shm").rename(home.path / "journal.db-shm")


def test_one_that_may_not_even_be_read_is_said_in_a_sentence(home: Home) -> None:
    with read_only(home.path) as copy:
        (copy / "journal.db").chmod(0)
        with pytest.raises(QpilotError, match=r"cannot read the journal .*; make it readable"):
            Journal(copy / "journal.db").head()
        copy.chmod(0)
        with pytest.raises(QpilotError, match=r"cannot read the journal .*Permission denied.*; make it readable"):
            Journal(copy / "journal.db").head()
