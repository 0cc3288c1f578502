"""An attestation is over exactly its entry, by a key that is trusted; anything else is refused."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from gates.records import digest
from qpilot.decisions import attested, envelope
from qpilot.decisions.attestation import PAYLOAD_TYPE, attestation
from qpilot.decisions.envelope import Unsigned
from qpilot.decisions.keys import Signer, trusted
from qpilot.record.home import Home

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONTENT = {"verdict": {"gate": "data", "outcome": "GO"}}


@pytest.fixture
def home(tmp_path, monkeypatch) -> Home:
    monkeypatch.delenv("QPILOT_SIGNING_KEY", raising=False)
    return Home(tmp_path / "home")


def payload(home: Home) -> dict[str, Any]:
    return attested(home, "p-1", "verdict", "p-1/data", CONTENT, {"evidence": "e" * 64, "lock": "absent"}, AT)


def test_what_was_attested_is_read_back(home):
    home.journal.append("work", "1", None, AT)
    said = attestation(payload(home), trusted([home.signer.path]))
    assert (said.run, said.kind, said.name, said.at) == ("p-1", "verdict", "p-1/data", AT.isoformat())
    assert said.subjects == {"evidence": "e" * 64, "entry": digest(CONTENT)}
    assert said.absent == ("lock",)
    assert said.journal == home.journal.head().plain()


def test_the_statement_is_in_toto_and_the_envelope_dsse(home):
    sealed = payload(home)["attestation"]
    told = json.loads(base64.b64decode(sealed["payload"]))
    assert sealed["payloadType"] == "application/vnd.in-toto+json"
    assert (told["_type"], told["subject"][1]) == (
        "https://in-toto.io/Statement/v1",
        {"name": "evidence", "digest": {"sha256": "e" * 64}},
    )
    # The example of the DSSE protocol, section "Test vectors".
    assert envelope.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def foreign(payload: dict[str, Any], home: Home) -> None:
    other = attested(Home(home.path / "other"), "p-1", "verdict", "p-1/data", CONTENT, {}, AT)
    payload["attestation"] = other["attestation"]


def renamed(payload: dict[str, Any], home: Home) -> None:
    other = attested(Home(home.path / "other"), "p-1", "verdict", "p-1/data", CONTENT, {}, AT)
    other["attestation"]["signatures"][0]["keyid"] = payload["attestation"]["signatures"][0]["keyid"]
    payload["attestation"] = other["attestation"]


def changed(payload: dict[str, Any], home: Home) -> None:
    payload["verdict"] = {"gate": "data", "outcome": "NO_GO"}


def reworded(payload: dict[str, Any], home: Home) -> None:
    text = base64.b64decode(payload["attestation"]["payload"]).replace(b"p-1", b"p-2")
    payload["attestation"]["payload"] = base64.b64encode(text).decode()


def retyped(payload: dict[str, Any], home: Home) -> None:
    payload["attestation"]["payloadType"] = "text/plain"


def stripped(payload: dict[str, Any], home: Home) -> None:
    del payload["attestation"]


def emptied(payload: dict[str, Any], home: Home) -> None:
    payload["attestation"]["signatures"] = []


def doubled(payload: dict[str, Any], home: Home) -> None:
    payload["attestation"]["signatures"] *= 2


def otherwise_signed(payload: dict[str, Any], home: Home) -> None:
    payload["attestation"] = envelope.seal(PAYLOAD_TYPE, b'["words"]', home.signer)


def not_json(payload: dict[str, Any], home: Home) -> None:
    payload["attestation"] = envelope.seal(PAYLOAD_TYPE, b"words", home.signer)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (foreign, "which is not trusted here"),
        (renamed, "is not what key"),
        (changed, "not the content that was attested"),
        (reworded, "is not what key"),
        (retyped, "no signature that can be read"),
        (stripped, "carries no attestation"),
        (emptied, "no signature that can be read"),
        (doubled, "no signature that can be read"),
        (otherwise_signed, "no statement about a decision"),
        (not_json, "no JSON"),
    ],
)
def test_anything_else_is_refused(home, change: Callable[[dict[str, Any], Home], None], said):
    made = payload(home)
    change(made, home)
    with pytest.raises(Unsigned, match=said):
        attestation(made, trusted([home.signer.path]))


@pytest.mark.parametrize("given", [None, [], "text", {}, {"attestation": None}, {"attestation": {"signatures": [1]}}])
def test_no_payload_of_any_shape_is_taken_for_one(home, given):
    with pytest.raises(Unsigned):
        attestation(given, trusted([]))


def test_a_digest_that_is_none_is_refused(home):
    with pytest.raises(ValueError, match="evidence: no sha256"):
        attested(home, "p-1", "verdict", "p-1/data", CONTENT, {"evidence": "e" * 63}, AT)
    with pytest.raises(ValueError, match="are made here"):
        attested(home, "p-1", "verdict", "p-1/data", CONTENT, {"entry": "e" * 64}, AT)
    assert Signer(home.path).public() is None
