"""Whether an export is what was exported, and whether what it holds is what was recorded."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from gates.records import canonical
from qpilot.decisions import envelope, keys
from qpilot.decisions.envelope import Unsigned
from qpilot.decisions.keys import Trusted
from qpilot.errors import QpilotError
from qpilot.export import lines
from qpilot.export.contents import SEAL, SEAL_TYPE
from qpilot.export.crate import Crate
from qpilot.record.heads import Head
from qpilot.record.runfolder import ANCHOR, read_anchor
from qpilot.record.signatures import ACCEPTED, closure
from qpilot.verification.findings import Finding, guarded
from qpilot.verification.signed import decisions


def verify(crate: Crate, trust: Sequence[Path] = (), head: Head | None = None) -> tuple[Finding, ...]:
    """Every file, entry and decision that is not as it was, and all that no trusted key has signed; none where all is.

    trust: files with the keys that are trusted. Without any it is the keys in the export itself: these show that it is of
    one piece, not whose it is. head: what the journal was known to hold, kept elsewhere.
    """
    found = list(guarded("export", lambda: _crate(crate)))
    if found:
        return tuple(found)
    try:
        roots = keys.trusted(trust) if trust else crate.keys
        known = closure(crate.home.journal.find(ACCEPTED), roots)
    except QpilotError as error:
        return (Finding("export", str(error)),)
    anchors: dict[str, Head] = {} if head is None else {"the head that was given": head}
    found += guarded("export", lambda: _sealed(crate, known))
    found += guarded(f"run {crate.seal.run}", lambda: _folder(crate, known, anchors))
    found += guarded("journal", lambda: decisions(crate.home, known, anchors))
    found += guarded("journal", lambda: _chain(crate, anchors, known))
    return tuple(dict.fromkeys(found))


def _crate(crate: Crate) -> Iterator[Finding]:
    """What keeps the export from being read at all."""
    run = crate.seal.run
    if not crate.entries:
        yield Finding("journal", f"no entry of run {run} is in it")


def _sealed(crate: Crate, known: Trusted) -> Iterator[Finding]:
    """The files that are not what export.json says, and export.json itself where no trusted key signed it."""
    held = crate.read(SEAL)
    try:
        envelope.opened(envelope.read(held), SEAL_TYPE, known)
        if canonical(envelope.read(held)) != held:
            raise Unsigned("it was changed")
    except Unsigned as error:
        yield Finding("export", f"{SEAL} cannot be relied on: {error}")
    present, stated = crate.files(), crate.seal.files
    for name in sorted({*present, *stated}):
        if name not in present:
            yield Finding("export", f"{name} is missing")
        elif name not in stated:
            yield Finding("export", f"{name} was added")
        elif present[name] != stated[name]:
            yield Finding("export", f"{name} was changed")


def _folder(crate: Crate, known: Trusted, anchors: dict[str, Head]) -> Iterator[Finding]:
    """The run's folder and artifacts against the seal in the journal. Its anchored head goes to `anchors`."""
    where, run, kept = f"run {crate.seal.run}", crate.run, crate.kept
    try:
        anchors[where] = read_anchor(run, known)
    except QpilotError as error:
        yield Finding(where, str(error).replace(f"{crate.folder}/", ""))
    present, sealed = run.files(), kept.sealed.get("files", {})
    for name in sorted({*present, *sealed} - {ANCHOR}):
        if present.get(name) != sealed.get(name):
            change = "is missing" if name not in present else "was added" if name not in sealed else "was changed"
            yield Finding(where, f"{name} {change}")
    for sha256 in kept.sealed.get("artifacts", ()):
        if sha256 not in crate.seal.left_out:
            yield from guarded(where, lambda sha256=sha256: _artifact(crate, sha256))  # type: ignore[misc]


def _artifact(crate: Crate, sha256: str) -> Iterator[Finding]:
    crate.artifact(sha256)
    return iter(())


def _chain(crate: Crate, anchors: dict[str, Head], known: Trusted) -> Iterator[Finding]:
    for what in lines.faults(crate.lines, crate.seal.journal, anchors, known):
        yield Finding("journal", what)
