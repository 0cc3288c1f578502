"""Which keys are trusted: those somebody names, and those that they have accepted in the journal."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import JsonValue

from qpilot.decisions import keys
from qpilot.decisions.keys import Trusted
from qpilot.errors import QpilotError
from qpilot.record import heads
from qpilot.record.home import Home
from qpilot.record.journal import Entry, Exists

KIND = "key"


def roots(home: Home, named: Sequence[Path] = ()) -> Trusted:
    """The keys in the files `named`; where none is, the home's own."""
    if named:
        return keys.trusted(named)
    own = home.signer.public()
    return {} if own is None else {keys.keyid(own): own}


def accept(home: Home, file: Path, by: str, at: datetime) -> str:
    """The journal says that what the key in `file` signed counts as well; answers its keyid. Repeated, it changes nothing.

    Raises QpilotError where the file holds no key, and where nobody says who accepts it.
    """
    if not by.strip():
        raise QpilotError("say who accepts the key; the journal keeps the name")
    ((identity, public),) = keys.trusted([file]).items()
    try:
        home.journal.append(KIND, identity, {"public": keys.pem(public), "by": by}, at)
    except Exists as exists:
        if _by(exists.entry, roots(home)):
            return identity
        raise QpilotError(
            f"the journal holds an acceptance of key {identity[:16]} that this home's key did not sign;"
            " `qpilot verify` says who did"
        ) from exists
    return identity


def trusted(home: Home, known: Trusted) -> Trusted:
    """The keys `known`, those they have accepted, those these have, and so on."""
    waiting, found = list(home.journal.find(KIND)), dict(known)
    while True:
        accepted = [entry for entry in waiting if _by(entry, found)]
        if not accepted:
            return found
        for entry in accepted:
            found |= _key(entry.payload)
            waiting.remove(entry)


def _by(entry: Entry, known: Trusted) -> bool:
    return not heads.flaw(entry.signature, entry.sha256, known)


def _key(payload: JsonValue) -> Trusted:
    text = payload.get("public") if isinstance(payload, dict) else None
    public = keys.public_key(str(text).encode(), "an accepted key in the journal")
    return {keys.keyid(public): public}
