"""Which keys are trusted: those somebody names, and those that they have accepted in the journal."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from qpilot.decisions import keys
from qpilot.decisions.keys import Trusted
from qpilot.errors import QpilotError
from qpilot.record import signatures
from qpilot.record.home import Home
from qpilot.record.journal import Exists
from qpilot.record.signatures import ACCEPTED


def roots(home: Home, named: Sequence[Path] = ()) -> Trusted:
    """The keys in the files `named`; where none is, the home's own."""
    if named:
        return keys.trusted(named)
    own = home.signer.public()
    return {} if own is None else {keys.keyid(own): own}


def accept(home: Home, file: Path, by: str, at: datetime) -> str:
    """The journal says that what the key in `file` signed counts as well; answers its keyid. Repeated, it changes nothing.

    Raises QpilotError where the file holds no key, where nobody says who accepts it, and where a stranger has.
    """
    if not by.strip():
        raise QpilotError("say who accepts the key; the journal keeps the name")
    ((identity, public),) = keys.trusted([file]).items()
    with suppress(Exists):
        home.journal.append(ACCEPTED, identity, {"public": keys.pem(public), "by": by}, at)
    return identity


def trusted(home: Home, known: Trusted) -> Trusted:
    """The keys `known`, those they have accepted, those these have, and so on."""
    return signatures.closure(home.journal.unasked().find(ACCEPTED), known)
