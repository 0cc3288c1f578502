"""Entries that no trusted key signed are neither read nor built upon; another key counts once ours has accepted it."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from qpilot.decisions import attested
from qpilot.decisions.keys import keyid, pem
from qpilot.errors import QpilotError
from qpilot.record import trust
from qpilot.record.home import Home
from qpilot.record.journal import Journal
from qpilot.verification import verify

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Home:
    monkeypatch.delenv("QPILOT_SIGNING_KEY", raising=False)
    home = Home(tmp_path / "home")
    home.journal.append("limit", "team/1", {"usd": "10"}, AT)
    return home


def forge(home: Home) -> None:
    """An entry with the right hashes, by somebody who has no key."""
    Journal(home.path / "journal.db").append("limit", "team/2", {"usd": "1000"}, AT)


def replaced(home: Home, monkeypatch) -> Path:
    """The home's key is another from here on; answers the file with the first one's public key."""
    former = home.path.parent / "former.pem"
    former.write_text(pem(home.signer.made()))
    key = home.path.parent / "new.pem"
    key.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    monkeypatch.setenv("QPILOT_SIGNING_KEY", str(key))
    return former


def test_a_forged_entry_is_neither_read_nor_built_upon(home):
    forge(home)
    for use in (
        lambda: home.journal.find("limit", "team/"),
        lambda: home.journal.get("limit", "team/2"),
        lambda: home.journal.append("work", "1", None, AT),
        lambda: home.journal.append("limit", "team/2", {}, AT),
    ):
        with pytest.raises(
            QpilotError, match=r"journal entry 2 \(limit 'team/2'\) is not signed; if that key is yours"
        ):
            use()
    assert home.journal.get("limit", "team/1").payload == {"usd": "10"}
    assert "journal entry 2 is not signed" in {finding.what for finding in verify(home)}


def test_a_decision_without_a_statement_is_found(home):
    home.journal.append("verdict", "p-1/data/e", {"verdict": "GO"}, AT)
    payload = attested(home, "p-1", "verdict", "p-1/data/other", {"verdict": "GO"}, {}, AT)
    home.journal.append("verdict", "p-1/data/f", payload, AT)
    payload = attested(home, "p-1", "approval", "p-1/1/ada", {}, {}, AT)
    home.journal.append("rejected", "p-1/1/ada", payload, AT)
    assert [finding.what for finding in verify(home)] == [
        "verdict p-1/data/e is not attested: it carries no attestation",
        "verdict p-1/data/f is not attested: its statement is about verdict p-1/data/other",
        "rejected p-1/1/ada is not attested: its statement is about approval p-1/1/ada",
    ]


def test_another_key_counts_once_ours_accepts_it(home, monkeypatch):
    former = replaced(home, monkeypatch)
    with pytest.raises(QpilotError, match=r"is signed by key .* which is not trusted here"):
        home.journal.append("work", "1", None, AT)
    assert verify(home) != ()
    with pytest.raises(QpilotError, match="say who accepts the key"):
        trust.accept(home, former, " ", AT)
    assert trust.accept(home, former, "Ada", AT) == trust.accept(home, former, "Ada", AT)
    home.journal.append("work", "1", None, AT)
    assert [entry.key for entry in home.journal.find("limit")] == ["team/1"]
    assert verify(home) == ()
    assert verify(home, trust=[former]) != (), "the first key never accepted the second"


def test_a_key_that_only_a_stranger_accepts_does_not_count(home):
    stranger = Home(home.path.parent / "stranger")
    public = home.path.parent / "stranger.pem"
    public.write_text(pem(stranger.signer.made()))
    theirs = Journal(home.path / "journal.db", stranger.signer)
    with pytest.raises(QpilotError, match="not trusted here"):
        theirs.append("work", "1", None, AT)
    theirs.append("key", keyid(stranger.signer.made()), {"public": public.read_text(), "by": "Mallory"}, AT)
    assert any("not trusted here" in finding.what for finding in verify(home))
    with pytest.raises(QpilotError, match="not trusted here"):
        trust.accept(home, public, "Ada", AT)


def test_whoever_has_no_key_reads_but_writes_nothing(home):
    home.signer.path.unlink()
    assert len(Home(home.path).journal.find("limit")) == 1
    with pytest.raises(QpilotError, match="not trusted here; if that key is yours, name it with QPILOT_SIGNING_KEY"):
        Home(home.path).journal.append("work", "1", None, AT)
    assert not home.signer.path.exists()
    assert any(finding.what.startswith("no key is trusted here: name one") for finding in verify(home))


def test_the_head_that_the_home_keeps_follows_and_is_never_moved_past_a_cut(home):
    for number in range(5):
        home.journal.append("work", str(number), None, AT)
    assert verify(home) == ()
    with closing(sqlite3.connect(home.path / "journal.db")) as rows, rows:
        rows.execute("DELETE FROM entries WHERE seq > 3")
    for number in range(9):
        home.journal.append("more", str(number), None, AT)
    assert [finding.what for finding in verify(home)] == ["journal entry 6 is not the one anchored in the home"]
    home.head.unlink()
    home.journal.append("more", "9", None, AT)
    assert [finding.what for finding in verify(home)] == [f"{home.head} is missing"]


@pytest.mark.parametrize("column", [True, False], ids=["unsigned", "no place for signatures"])
def test_a_home_from_before_signatures_says_so_and_is_left_as_it_is(tmp_path, monkeypatch, column):
    monkeypatch.delenv("QPILOT_SIGNING_KEY", raising=False)
    database = tmp_path / "journal.db"
    Journal(database).append("limit", "team/1", {"usd": "10"}, AT)
    if not column:
        with closing(sqlite3.connect(database)) as opened:
            opened.execute("ALTER TABLE entries DROP COLUMN signature")
    before = database.read_bytes()
    said = "this home is from a version before entries were signed: set QPILOT_HOME to a new folder and begin there"
    home = Home(tmp_path)
    home.signer.made()
    for use in (lambda: home.journal.find("limit"), lambda: home.journal.append("work", "1", None, AT)):
        with pytest.raises(QpilotError, match=said):
            use()
    assert any(finding.what.startswith(said) for finding in verify(home))
    assert database.read_bytes() == before


def test_an_entry_whose_signature_was_taken_away_later_is_no_home_from_before(home):
    forge(home)
    assert not any("from a version before" in finding.what for finding in verify(home))
