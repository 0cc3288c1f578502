"""The signature an entry carries, and whose counts: those of keys that are known, and of keys that these have accepted."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import JsonValue

from qpilot.decisions import keys
from qpilot.decisions.envelope import pae
from qpilot.decisions.keys import Signer, Trusted

ENTRY_TYPE = "application/vnd.qpilot.entry"
NONE = "is not signed"
"""The flaw of an entry without a signature."""
ACCEPTED = "key"
"""The journal kind of an accepted key: KEYID, with the `public` key as PEM."""


class Signed(Protocol):
    """An entry, as far as it matters here."""

    @property
    def sha256(self) -> str: ...

    @property
    def signature(self) -> str: ...

    @property
    def payload(self) -> JsonValue: ...


def signature(sha256: str, signer: Signer | None) -> str:
    """What an entry with this sha256 carries: KEYID:SIGNATURE; empty without a signer."""
    return "" if signer is None else ":".join(signer.sign(pae(ENTRY_TYPE, sha256.encode())))


def flaw(signature: object, sha256: object, known: Trusted) -> str:
    """What is wrong with an entry's signature, to follow the entry's name in a sentence; empty where nothing is."""
    if not isinstance(signature, str) or not signature:
        return NONE
    identity, _, signed = signature.partition(":")
    if identity not in known:
        return f"is signed by key {identity[:16]}, which is not trusted here"
    return (
        ""
        if _verified(known[identity].public_bytes_raw(), signed, str(sha256))
        else f"is not what key {identity[:16]} signed"
    )


def closure(entries: Iterable[Signed], known: Trusted) -> Trusted:
    """The keys `known`, those they have accepted in `entries` (of kind ACCEPTED), those these have, and so on."""
    waiting, found = list(entries), dict(known)
    while True:
        accepted = [entry for entry in waiting if not flaw(entry.signature, entry.sha256, found)]
        if not accepted:
            return found
        for entry in accepted:
            public = _public(entry.payload)
            found[keys.keyid(public)] = public
            waiting.remove(entry)


@lru_cache(maxsize=100_000)
def _verified(public: bytes, signed: str, sha256: str) -> bool:
    """Whether the key signed the entry. Remembered: a run reads the same entries many times."""
    known = {"": Ed25519PublicKey.from_public_bytes(public)}
    return keys.verifies(known, "", signed, pae(ENTRY_TYPE, sha256.encode()))


def _public(payload: JsonValue) -> Ed25519PublicKey:
    text = payload.get("public") if isinstance(payload, dict) else None
    return keys.public_key(str(text).encode(), "an accepted key in the journal")
