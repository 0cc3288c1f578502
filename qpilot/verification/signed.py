"""What has to be signed: the head the home keeps, and every decision in the journal."""

from collections.abc import Iterable

from qpilot.decisions.attestation import DECISIONS, attestation
from qpilot.decisions.envelope import Unsigned
from qpilot.decisions.keys import Trusted
from qpilot.record import heads
from qpilot.record.entries import Entry
from qpilot.record.heads import Head
from qpilot.record.home import Home
from qpilot.verification.findings import Finding


def kept_head(home: Home, known: Trusted, anchors: dict[str, Head]) -> Iterable[Finding]:
    """The head that the home keeps is added to `anchors`; it is there as soon as there is an entry, and signed."""
    if not known and home.journal.head().seq:
        yield Finding(
            "journal", "no key is trusted here: name one with --trust FILE, or the home's with QPILOT_SIGNING_KEY"
        )
    try:
        anchors["the home"] = heads.opened(heads.HOME, home.head.read_bytes(), known)
    except FileNotFoundError:
        if home.journal.head().seq and "://" not in home.journal.where:
            yield Finding("journal", f"{home.head} is missing")
    except Unsigned as error:
        yield Finding("journal", f"{home.head} cannot be relied on: {error}")


def decisions(home: Home, known: Trusted, anchors: dict[str, Head]) -> Iterable[Finding]:
    """The decisions without a statement about exactly them by a trusted key. The heads in statements go to `anchors`."""
    for kind in DECISIONS:
        for entry in home.journal.find(kind):
            try:
                anchors[f"the attestation of {kind} {entry.key}"] = _attested(entry, known)
            except Unsigned as error:
                yield Finding("journal", f"{kind} {entry.key} is not attested: {error}")


def _attested(entry: Entry, known: Trusted) -> Head:
    """The journal's head when the decision was signed. Raises Unsigned where its attestation is not about it."""
    said = attestation(entry.payload, known)
    if said.kind not in DECISIONS[entry.kind] or said.name != entry.key:
        raise Unsigned(f"its statement is about {said.kind} {said.name}")
    try:
        head = Head.model_validate(said.journal)
    except ValueError as error:
        raise Unsigned("its statement holds no head of a journal") from error
    if head.seq >= entry.seq:
        raise Unsigned("its statement was made after it")
    return head
