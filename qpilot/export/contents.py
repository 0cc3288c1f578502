"""What an export holds: the run's folder, its artifacts, the journal, public keys, the lock file, and what ties them together."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from gates.records import canonical
from qpilot import provenance
from qpilot.decisions import envelope, keys
from qpilot.decisions.envelope import Unsigned
from qpilot.errors import QpilotError
from qpilot.export.lines import lines
from qpilot.export.metadata import METADATA, metadata
from qpilot.record import durable, heads, trust
from qpilot.record.entries import Entry
from qpilot.record.home import Home
from qpilot.record.runfolder import ANCHOR
from qpilot.record.signatures import ACCEPTED
from qpilot.replay.ground import payload
from qpilot.replay.kept import Kept

JOURNAL, SEAL = "journal.jsonl", "export.json"
SEAL_TYPE = "application/vnd.qpilot.export+json"
FORMAT = 1
_EPOCH = (1980, 1, 1, 0, 0, 0)
_ROWS = ("counts", "calibration")
"""The artifacts of an export without data: models, programs and results hold the rows they were made from, or their angles."""


@dataclass(frozen=True)
class Export:
    """Where it lies, its size, and the artifacts that were left out."""

    path: Path
    size: int
    files: int
    left_out: tuple[str, ...]


def export(home: Home, run: str, path: Path, data: bool = True) -> Export:
    """`path` is an RO-Crate of the run, as a zip; the same run and journal give the same bytes. Nothing in the home changes.

    data: with the rows, and what holds them in another form. Raises QpilotError for an unknown run, a folder that is open
    (its run is at work, or was killed) or not as it was sealed, and a path that is taken or cannot be written.
    """
    if path.exists():
        raise QpilotError(f"{path} is there already; name another file with --out")
    kept = Kept.of_home(home, run)
    state = home.run(run).last_state(home.journal)
    if state is None or payload(state.payload).get("state") != "sealed":
        raise QpilotError(
            f"the folder of run {run} is not sealed: its run is at work, was killed, or the folder was pruned; run its pilot"
            " again, then export"
        )
    if not trust.roots(home):
        raise QpilotError(
            "this home has signed nothing yet, so an export could not be verified; `qpilot key` makes its key"
        )
    entries = home.journal.entries()
    left_out = () if data else tuple(name for name in _artifacts(kept, home) if name not in _plain(kept))
    files = {name: home.artifacts.get(name) for name in _artifacts(kept, home) if name not in left_out}
    content = {f"artifacts/{name}": held for name, held in files.items()}
    content |= _folder(home, kept)
    content[JOURNAL] = lines(entries, {entry.seq for entry in (*kept.journal.entries, *home.journal.find(ACCEPTED))})
    content |= _keys(home)
    locked = provenance.lock()
    if locked is not None:
        content[provenance.LOCK] = locked
    content[METADATA] = metadata(kept, {**content, SEAL: b""}, entries[-1].at)
    content[SEAL] = _seal(home, run, content, entries[-1], left_out)
    durable.write(path, _zip(content))
    return Export(path, path.stat().st_size, len(content), left_out)


def _artifacts(kept: Kept, home: Home) -> tuple[str, ...]:
    """The artifacts that the run's entries name, and, damaged or not, those its folder was sealed with."""
    sealed = set(kept.sealed["artifacts"])
    return tuple(sorted(name for name in kept.named if name in sealed or name in home.artifacts))


def _plain(kept: Kept) -> set[str]:
    counts = kept.journal.find("counts", f"{kept.run}/")
    return {str(payload(entry.payload)[field]) for entry in counts for field in _ROWS}


def _folder(home: Home, kept: Kept) -> dict[str, bytes]:
    """The folder's files as they were sealed, and its anchor. Raises QpilotError where one is another by now: what somebody
    put there, or a link leads to, is not passed on.
    """
    folder, sealed, present = home.run(kept.run), kept.sealed["files"], home.run(kept.run).files()
    changed = sorted(name for name in {*sealed, *present} if present.get(name) != sealed.get(name))
    held = {} if changed else {name: folder.read(name) for name in (*sealed, ANCHOR)}
    # Of the bytes that go along: a file may be swapped after the look at the folder.
    changed += [name for name in held if name != ANCHOR and hashlib.sha256(held[name]).hexdigest() != sealed[name]]
    try:
        if not changed:
            heads.opened(kept.run, held[ANCHOR], trust.trusted(home, trust.roots(home)))
    except Unsigned:
        changed = [ANCHOR]
    if changed:
        raise QpilotError(
            f"the folder of run {kept.run} is not as it was sealed ({changed[0]}), so it is not passed on; `qpilot verify"
            f" {kept.run}` lists what was changed"
        )
    return {f"runs/{kept.run}/{name}": data for name, data in held.items()}


def _keys(home: Home) -> dict[str, bytes]:
    """The public keys: the home's own, and those it accepts."""
    known = trust.trusted(home, trust.roots(home))
    return {f"keys/{identity}.pem": keys.pem(key).encode() for identity, key in sorted(known.items())}


def _seal(home: Home, run: str, content: Mapping[str, bytes], last: Entry, left_out: tuple[str, ...]) -> bytes:
    """Every file's sha256 and the journal's head, signed by the home's key."""
    told: dict[str, JsonValue] = {
        "format": FORMAT,
        "run": run,
        "journal": {"seq": last.seq, "sha256": last.sha256},
        "code": provenance.code_digest(),
        "files": {name: hashlib.sha256(held).hexdigest() for name, held in sorted(content.items())},
        "left_out": [*left_out],
    }
    return canonical(envelope.seal(SEAL_TYPE, canonical(told), home.signer))


def _zip(content: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(content, key=lambda name: (name != METADATA, name)):
            info = zipfile.ZipInfo(name, date_time=_EPOCH)
            info.external_attr = 0o100644 << 16
            info.create_system = 3
            info.compress_type = zipfile.ZIP_STORED if name.startswith("artifacts/") else zipfile.ZIP_DEFLATED
            archive.writestr(info, content[name])
    return buffer.getvalue()
