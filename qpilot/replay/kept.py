"""What is kept of one run, to be read and never written: its journal entries, its artifacts, its folder's files."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

from pydantic import JsonValue

from qpilot.errors import QpilotError, unknown
from qpilot.record.artifacts import Artifacts
from qpilot.record.entries import Entry
from qpilot.record.home import Home
from qpilot.record.journal import Journal

_SHA256 = re.compile(r"[0-9a-f]{64}")
_BY_DATA = ("opening", "reading")
_NAMING = ("inputs", "counts", "calibration", "calibrations", "plan", "result", "artifacts")
"""The fields in which an entry names artifacts. What a person wrote (a name, a note) names none, whatever it says."""


class LeftOut(QpilotError):  # noqa: N818 - an answer
    """What is asked for was left out on purpose: a replay goes without it, and says so."""


@dataclass(frozen=True)
class KeptJournal:
    """A journal of the entries given. Stands where a `Journal` is read; nothing can be appended."""

    entries: tuple[Entry, ...]

    def get(self, kind: str, key: str) -> Entry | None:
        """The entry of (kind, key), or None."""
        return next((entry for entry in self.entries if (entry.kind, entry.key) == (kind, key)), None)

    def find(self, kind: str, prefix: str = "") -> tuple[Entry, ...]:
        """The entries of `kind` whose key starts with `prefix`, oldest first."""
        return tuple(entry for entry in self.entries if entry.kind == kind and entry.key.startswith(prefix))

    def before(self, seq: int) -> Journal:
        """The journal as it stood before entry `seq`, for code that only reads it."""
        return cast(Journal, KeptJournal(tuple(entry for entry in self.entries if entry.seq < seq)))

    def append(self, *_: object, **__: object) -> NoReturn:
        raise QpilotError("a replay records nothing")


@dataclass(frozen=True)
class KeptArtifacts:
    """Artifacts that can be had and not stored. read: as `Artifacts.get`."""

    read: Callable[[str], bytes]

    def get(self, sha256: str) -> bytes:
        """The bytes stored under `sha256`. Raises QpilotError where they are missing or were changed."""
        return self.read(sha256)

    def put(self, data: bytes) -> NoReturn:
        raise QpilotError("a replay stores nothing")

    put_json = put


@dataclass(frozen=True)
class Kept:
    """One run. `files`: name in its folder -> bytes, read when asked for; None for a file that is not there."""

    run: str
    journal: KeptJournal
    artifacts: Artifacts
    file: Callable[[str], bytes | None]

    @classmethod
    def of(cls, run: str, entries: Iterable[Entry], read: Callable[[str], bytes], folder: Path) -> "Kept":
        """The run as its entries, its artifacts and its folder keep it."""
        artifacts = cast(Artifacts, KeptArtifacts(read))
        return cls(run, KeptJournal(own(tuple(entries), run)), artifacts, lambda name: _bytes(folder / name))

    @classmethod
    def of_home(cls, home: Home, run: str) -> "Kept":
        """The run as the home keeps it. Raises QpilotError listing the runs where it is none of them."""
        entries = home.journal.entries() if home.path.is_dir() else ()
        known = {entry.key for entry in entries if entry.kind == "started"}
        if run not in known:
            raise QpilotError(unknown("run", run, known or ("none yet",)))
        return cls.of(run, entries, home.artifacts.get, home.run(run).path)

    @property
    def named(self) -> tuple[str, ...]:
        """Every sha256 in the fields that name artifacts, each once; others may be among them."""
        found = [sha256 for entry in self.journal.entries for sha256 in _hashes(entry.payload)]
        return tuple(dict.fromkeys(found))

    @property
    def sealed(self) -> Mapping[str, Any]:
        """The folder's last seal: `files` (name -> sha256) and `artifacts`; empty where the folder was never sealed."""
        states = [_payload(entry) for entry in self.journal.find("folder", f"{self.run}/")]
        return next((one for one in reversed(states) if one.get("state") == "sealed"), {})


def own(entries: Sequence[Entry], run: str) -> tuple[Entry, ...]:
    """The entries that are about the run: its own, its try, what it opened and read of its data, what it promoted."""
    pilot, _, rest = run.rpartition("-")
    name = pilot.rpartition("-")[0]
    openings = {entry.key for entry in entries if entry.kind == "opening" and _payload(entry).get("run") == run}
    models = {
        f"{entry.key.split('/')[0]}/{_payload(entry)['version']}"
        for entry in entries
        if entry.kind == "alias" and _payload(entry).get("run") == run
    }

    def mine(entry: Entry) -> bool:
        if entry.kind == "try":
            return entry.key == f"{name}/{rest}"
        if entry.kind in _BY_DATA:
            return "/".join(entry.key.split("/")[:2]) in openings
        if entry.kind == "version":
            return entry.key in models
        if entry.kind == "alias":
            return bool(_payload(entry).get("run") == run)
        return entry.key == run or entry.key.startswith(f"{run}/")

    return tuple(entry for entry in entries if mine(entry))


def _hashes(value: JsonValue, naming: bool = False) -> Iterator[str]:
    """naming: `value` lies in a field that names artifacts."""
    if isinstance(value, str) and naming and _SHA256.fullmatch(value):
        yield value
    elif isinstance(value, dict):
        for field, inner in value.items():
            yield from _hashes(inner, naming or field in _NAMING)
    elif isinstance(value, list):
        yield from (found for inner in value for found in _hashes(inner, naming))


def _payload(entry: Entry) -> Mapping[str, Any]:
    return entry.payload if isinstance(entry.payload, dict) else {}


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
