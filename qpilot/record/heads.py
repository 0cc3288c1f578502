"""Heads kept outside the journal: signed, so that who cuts the journal short cannot make one that fits."""

from pathlib import Path

from pydantic import JsonValue

from gates.records import Record, canonical
from qpilot.decisions import envelope
from qpilot.decisions.envelope import Unsigned
from qpilot.decisions.keys import Signer, Trusted

HEAD_TYPE = "application/vnd.qpilot.head+json"
HOME = "home"
"""The place of the head that the home keeps."""


class Head(Record):
    """The journal's last entry: its place (0 for none) and sha256. Kept elsewhere, it shows a journal cut short."""

    seq: int = 0
    sha256: str = "0" * 64

    def __str__(self) -> str:
        return f"{self.seq}:{self.sha256}"


def sealed(place: str, head: Head, signer: Signer | None) -> bytes:
    """The head as the file of `place` holds it: one DSSE envelope. Canonical, so that any change of a byte shows."""
    return canonical(envelope.seal(HEAD_TYPE, canonical({"place": place, "journal": head.plain()}), signer))


def opened(place: str, data: bytes, trusted: Trusted) -> Head:
    """The head in the file of `place`. Raises Unsigned where a byte of it was changed, or no trusted key signed it."""
    found = envelope.read(data)
    if canonical(found) != data:
        raise Unsigned("it was changed")
    told = envelope.read(envelope.opened(found, HEAD_TYPE, trusted))
    return _head(place, told)


def stated(path: Path, place: str) -> Head | None:
    """The head in a file, whoever signed it; None where there is none to be read."""
    try:
        return _head(place, envelope.read(envelope.parts(envelope.read(path.read_bytes()), HEAD_TYPE)[0]))
    except (OSError, Unsigned):
        return None


def _head(place: str, told: JsonValue) -> Head:
    if not isinstance(told, dict) or told.get("place") != place:
        raise Unsigned("it was written for another place")
    try:
        return Head.model_validate(told.get("journal"))
    except ValueError as error:
        raise Unsigned("it holds no head of a journal") from error
