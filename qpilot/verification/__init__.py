"""Whether the record is what was recorded: the journal's chain and signatures, decisions, runs, artifacts and models.

What cannot be seen from the home alone is the whole home put back to an earlier state: hold it against a head that was
kept elsewhere.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from qpilot.errors import QpilotError, UsageError, unknown
from qpilot.record import trust as trusting
from qpilot.record.heads import Head
from qpilot.record.home import Home
from qpilot.verification.findings import Finding, guarded
from qpilot.verification.folders import folder, stored, strays
from qpilot.verification.models import models
from qpilot.verification.signed import decisions, kept_head
from qpilot.verification.states import States

__all__ = ["Finding", "head_of", "verify"]


def verify(
    home: Home, run: str | None = None, trust: Sequence[Path] = (), head: Head | None = None
) -> tuple[Finding, ...]:
    """Every edited, deleted, added, reordered or cut-off piece of the record, and all that no trusted key has signed; none
    where everything is as recorded.

    With `run`: the journal, its decisions, that run's folder and its artifacts alone. trust: files with the keys that are
    trusted, by default the home's own; and what these have accepted. head: what the journal was known to hold, kept
    elsewhere. A run that is still open is not held to its last seal. Raises QpilotError for an unknown run, and where a
    file of `trust` holds no key.
    """
    home = home.unasked()
    known = trusting.roots(home, trust)
    states = States()
    found = list(guarded("journal", lambda: states.read(home)))
    if run is not None and run not in states.names:
        raise QpilotError(unknown("run", run, states.names or {"none yet"}))
    anchors: dict[str, Head] = {} if head is None else {"the head that was given": head}
    try:
        known = trusting.trusted(home, known)
    except QpilotError as error:
        found.append(Finding("journal", str(error)))
    found += guarded("journal", lambda: kept_head(home, known, anchors))
    found += guarded("journal", lambda: decisions(home, known, anchors))
    for name in sorted(states.names) if run is None else (run,):
        found += guarded(f"run {name}", partial(folder, home, name, states, known, anchors))
    if run is None:
        found += guarded("runs", lambda: strays(home, states))
        found += guarded("artifacts", lambda: stored(home.artifacts))
        found += guarded("registry", lambda: models(home, anchors))
    chain = [Finding("journal", what) for what in home.journal.verify(anchors, known)]
    return tuple(dict.fromkeys([*chain, *found]))


def head_of(text: str) -> Head:
    """The head that SEQ:SHA256 names, as `qpilot verify` prints it. Raises UsageError for anything else."""
    seq, _, sha256 = text.partition(":")
    if not (seq.isascii() and seq.isdigit() and len(sha256) == 64 and set(sha256) <= set("0123456789abcdef")):
        raise UsageError(f"{text!r} is no head; required: SEQ:SHA256, as `qpilot verify` prints it")
    return Head(seq=int(seq), sha256=sha256)
