"""`qpilot key` and `qpilot verify` from the command line."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from qpilot.decisions.keys import keyid, pem
from qpilot.record.home import Home
from tests.cli.conftest import Call

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QPILOT_SIGNING_KEY", raising=False)


@pytest.fixture
def entered(home: Path) -> Home:
    """A home with three entries."""
    place = Home(home)
    for number in range(3):
        place.journal.append("work", str(number), None, AT)
    return place


def test_a_key_is_made_shown_and_printed(call: Call, home: Path, tmp_path: Path) -> None:
    done = call("key", "--json")
    told = json.loads(done.out)
    assert (done.code, told["accepted"], Path(told["path"])) == (0, [], home / "keys" / "signing.pem")
    assert told["keyid"] in call("key").out
    assert call("key", "--public").out.strip() == told["public"].strip()
    assert "PRIVATE" not in done.out


def test_another_key_is_accepted(call: Call, home: Path, tmp_path: Path) -> None:
    public, other = Ed25519PrivateKey.generate().public_key(), tmp_path / "other.pem"
    other.write_text(pem(public))
    assert call("key", "--accept", other).code == 1
    assert call("key", "--accept", tmp_path / "none.pem", "--by", "Ada").code == 1
    assert call("key", "--by", "Ada").code == 2
    done = call("key", "--accept", other, "--by", "Ada")
    assert (done.code, f"accepts key {keyid(public)}" in done.out) == (0, True)
    assert json.loads(call("key", "--json").out)["accepted"] == [keyid(public)]
    assert call("verify").code == 0


def test_a_record_is_held_against_named_keys_and_a_kept_head(call: Call, entered: Home, tmp_path: Path) -> None:
    done = call("verify")
    head = done.out.splitlines()[-1].removeprefix("head ")
    assert (done.code, head) == (0, str(entered.journal.head()))
    assert json.loads(call("verify", "--json").out) == {"whole": True, "findings": [], "head": head}
    assert call("verify", "--head", head, "--trust", entered.signer.path).code == 0

    late = call("verify", "--head", f"9:{'0' * 64}")
    assert (late.code, "journal entry 9, anchored in the head that was given, is gone" in late.out) == (1, True)
    assert call("verify", "--head", "9").code == 2

    other = tmp_path / "other.pem"
    other.write_text(pem(Ed25519PrivateKey.generate().public_key()))
    foreign = call("verify", "--trust", other, "--json")
    found = json.loads(foreign.out)
    assert (foreign.code, found["whole"], found["head"]) == (1, False, None)
    assert any(one["what"].startswith("3 journal entries (1, 2, 3) are signed by key") for one in found["findings"])
    assert call("verify", "--trust", tmp_path / "none.pem").code == 1
