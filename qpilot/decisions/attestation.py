"""Attestations: a decision and its signed statement are one journal entry, so that no crash comes between the two."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from pydantic import JsonValue

from gates.records import Record, canonical, digest
from qpilot.decisions import envelope
from qpilot.decisions.envelope import Unsigned
from qpilot.decisions.keys import Signer, Trusted
from qpilot.decisions.statement import ENTRY, statement, subjects

Kind = Literal["verdict", "approval", "rejection", "expiry", "promotion", "rollback", "abort"]
PAYLOAD_TYPE = "application/vnd.in-toto+json"
ATTESTATION = "attestation"
DECISIONS: Mapping[str, frozenset[Kind]] = {
    "verdict": frozenset(["verdict"]),
    "approval": frozenset(["approval"]),
    "rejected": frozenset(["rejection"]),
    "expired": frozenset(["expiry"]),
    "alias": frozenset(["promotion", "rollback"]),
    "aborted": frozenset(["abort"]),
}
"""Journal kind -> what its attestation may be of. An entry of these kinds without one is a finding of `verify`."""


class _Journal(Protocol):
    @property
    def signer(self) -> Signer | None: ...

    def head(self) -> Record: ...


class Signing(Protocol):
    """A home, or whatever else has a journal, and in it what signs."""

    @property
    def journal(self) -> _Journal: ...


def attested(
    home: Signing,
    run: str,
    kind: Kind,
    name: str,
    content: Mapping[str, JsonValue],
    about: Mapping[str, str],
    at: datetime,
) -> dict[str, JsonValue]:
    """`content` with its "attestation", the payload of the journal entry whose key is `name`.

    about: what was decided on, name -> sha256 (64 hex digits), or "absent" where it was looked for and is missing; the
    content itself is always the subject "entry". The statement also holds the journal's head as it is now. at: with time
    zone. Raises QpilotError where the signing key cannot be read or made.
    """
    if ATTESTATION in content or ENTRY in about:
        raise ValueError(f"{ATTESTATION!r} and the subject {ENTRY!r} are made here")
    head = home.journal.head().plain()
    stamp = at.astimezone(UTC).isoformat()
    predicate: dict[str, JsonValue] = {"run": run, "kind": kind, "name": name, "at": stamp, "journal": head}
    told = statement({**about, ENTRY: digest({**content})}, predicate)
    return {**content, ATTESTATION: envelope.seal(PAYLOAD_TYPE, canonical(told), home.journal.signer)}


class Attestation(Record):
    """What a valid attestation says."""

    run: str
    kind: str
    name: str
    at: str
    journal: dict[str, JsonValue]
    absent: tuple[str, ...]
    subjects: dict[str, str]
    keyid: str


def attestation(payload: JsonValue, trusted: Trusted) -> Attestation:
    """What the attestation in an entry's payload says. Raises Unsigned where there is none, its signature is not by a
    trusted key, or it is about another content.
    """
    if not isinstance(payload, dict) or ATTESTATION not in payload:
        raise Unsigned("it carries no attestation")
    content = {name: value for name, value in payload.items() if name != ATTESTATION}
    told: Any = envelope.read(envelope.opened(payload[ATTESTATION], PAYLOAD_TYPE, trusted))
    about = subjects(told)
    if about.get(ENTRY) != digest(content):
        raise Unsigned("it is not the content that was attested")
    identity = envelope.parts(payload[ATTESTATION], PAYLOAD_TYPE)[1]
    try:
        return Attestation(**told["predicate"], subjects=about, keyid=identity)
    except (ValueError, TypeError, KeyError) as error:
        raise Unsigned("its statement does not say what was decided") from error
