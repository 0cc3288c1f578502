"""The journal: what is recorded once stays, in order, whole, whoever writes and whatever dies."""

import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gates.records import digest
from qpilot.errors import QpilotError
from qpilot.record.heads import Head
from qpilot.record.journal import Exists, Journal

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(params=["sqlite", "postgres"])
def journal(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    if request.param == "sqlite":
        return Journal(tmp_path / "home" / "journal.db")
    database = request.getfixturevalue("postgres").database()
    monkeypatch.setenv("QPILOT_JOURNAL_PASSWORD", database.password)
    return Journal(database.journal)


def test_entries_are_chained_by_the_sha256_of_their_content(journal):
    first = journal.append("try", "a/1", {"digest": "d"}, AT)
    second = journal.append("try", "a/2", None, AT)
    content = {"seq": 2, "kind": "try", "key": "a/2", "at": "2026-03-01T12:00:00+00:00", "payload": "null"}
    assert second.sha256 == digest({**content, "previous": first.sha256})
    assert (first.seq, first.previous) == (1, "0" * 64)
    assert journal.head() == Head(seq=2, sha256=second.sha256)
    assert journal.verify({"here": journal.head()}) == ()


def test_an_entry_happens_once(journal):
    standing = journal.append("opening", "x", {"n": 1}, AT)
    with pytest.raises(Exists, match="already in the journal") as caught:
        journal.append("opening", "x", {"n": 2}, AT)
    assert caught.value.entry == standing == journal.get("opening", "x")
    assert journal.head().seq == 1


def test_find_takes_the_prefix_literally_and_answers_in_order(journal):
    for key in ("a/2", "a/1", "A/3", "a%/4", "ab/5"):
        journal.append("alias", key, None, AT)
    journal.append("other", "a/9", None, AT)
    assert [entry.key for entry in journal.find("alias", "a/")] == ["a/2", "a/1"]
    assert [entry.key for entry in journal.find("alias", "a%")] == ["a%/4"]
    assert journal.get("alias", "a/7") is None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=json_values)
def test_any_json_comes_back_as_it_went_in(journal, payload):
    key = str(journal.head().seq)
    journal.append("any", key, payload, AT)
    assert Journal(journal.where).get("any", key).payload == payload


def test_what_is_not_json_or_has_no_time_zone_is_refused_and_leaves_nothing(journal):
    with pytest.raises(ValueError, match="not JSON compliant"):
        journal.append("x", "y", {"value": float("nan")}, AT)
    with pytest.raises(ValueError, match="no time zone"):
        journal.append("x", "y", None, datetime(2026, 3, 1))  # noqa: DTZ001
    assert journal.head() == Head()


def test_a_journal_travels_to_another_process(journal):
    journal.append("x", "y", 1, AT)
    assert pickle.loads(pickle.dumps(journal)).get("x", "y").payload == 1  # noqa: S301


@pytest.mark.parametrize(
    "junk", [b"not a database at all, but long enough to be read as one" * 40, b"SQLite format 3\0" + b"\1" * 5000]
)
def test_a_file_that_is_no_journal_is_said_in_a_sentence(tmp_path, junk):
    path = tmp_path / "journal.db"
    path.write_bytes(junk)
    for use in (Journal(path).head, lambda: Journal(path).append("x", "y", None, AT)):
        with pytest.raises(QpilotError, match=r"damaged or no journal of qpilot.*restore it from a backup"):
            use()
    assert len(Journal(path).verify()) == 1


def test_a_home_that_cannot_be_made_is_said_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(QpilotError, match="make the folder writable, or set QPILOT_HOME"):
        Journal(tmp_path / "file" / "journal.db").append("x", "y", None, AT)


def test_looking_at_a_journal_that_is_not_there_makes_none(tmp_path):
    journal = Journal(tmp_path / "home" / "journal.db")
    assert (journal.head(), journal.get("x", "y"), journal.find("x"), journal.verify()) == (Head(), None, (), ())
    assert not (tmp_path / "home").exists()
