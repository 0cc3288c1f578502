"""A journal's file holds the one table; what else somebody makes in it, which could act on entries, is found."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qpilot.record.home import Home
from qpilot.verification import verify

MADE = {
    "a trigger": "CREATE TRIGGER gone AFTER INSERT ON entries BEGIN DELETE FROM entries WHERE seq = new.seq; END",
    "a view": "ALTER TABLE entries RENAME TO kept; CREATE VIEW entries AS SELECT * FROM kept",
    "a table": "CREATE TABLE other (x)",
}


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_what_qpilot_did_not_make_is_found(tmp_path: Path, made: str) -> None:
    home = Home(tmp_path)
    home.journal.append("note", "one", {}, datetime(2026, 3, 1, tzinfo=UTC))
    assert verify(home) == ()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as database:
        database.executescript(made)
    assert any("holds what qpilot did not make" in finding.what for finding in verify(Home(tmp_path)))
