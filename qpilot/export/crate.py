"""An export as it is read again: unpacked into a folder that is gone afterwards, and nothing in it believed yet."""

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from gates.records import Record
from qpilot.decisions import envelope, keys
from qpilot.decisions.envelope import Unsigned
from qpilot.decisions.keys import Trusted
from qpilot.errors import QpilotError
from qpilot.export import lines
from qpilot.export.contents import FORMAT, JOURNAL, SEAL, SEAL_TYPE
from qpilot.packing import Limits, Unpackable, extract
from qpilot.record.entries import Entry
from qpilot.record.heads import Head
from qpilot.record.home import Home
from qpilot.record.runfolder import RunFolder
from qpilot.replay.kept import Kept, KeptJournal, LeftOut

LIMITS = Limits(files=20_000, bytes=4 << 30, ratio=400)


class Seal(Record):
    """What export.json states: files by sha256, the journal's head, the exporting code, the artifacts that were left out."""

    format: int
    run: str
    journal: Head
    code: str
    files: dict[str, str]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Crate:
    """An unpacked export. Raises QpilotError where a part is not what an export holds."""

    folder: Path

    @cached_property
    def seal(self) -> Seal:
        """What the export states about itself, whoever signed it."""
        try:
            told = envelope.read(envelope.parts(envelope.read(self.read(SEAL)), SEAL_TYPE)[0])
            seal = Seal.model_validate(told)
        except (Unsigned, ValueError, RecursionError) as error:
            raise QpilotError(f"{SEAL} is not what an export of qpilot holds: {error}") from error
        if seal.format != FORMAT or seal.run != RunFolder(Path(seal.run)).path.name or seal.run in ("", ".", ".."):
            raise QpilotError(f"{SEAL} is of format {seal.format} about run {seal.run!r}; format {FORMAT} is read here")
        return seal

    @cached_property
    def lines(self) -> tuple[dict[str, Any], ...]:
        """The journal's lines."""
        return lines.read(self.read(JOURNAL))

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The journal's entries that are here whole."""
        return tuple(lines.entries(self.lines))

    @property
    def run(self) -> RunFolder:
        """The run's folder."""
        return RunFolder(self.folder / "runs" / self.seal.run)

    @property
    def home(self) -> Home:
        """What of a home is here, for code that finds entries in its journal."""
        return cast(Home, _Journalled(KeptJournal(self.entries)))

    @property
    def keys(self) -> Trusted:
        """The public keys that came along: good for what one key signed, not for who holds it."""
        return keys.trusted(sorted((self.folder / "keys").glob("*.pem")))

    def files(self) -> Mapping[str, str]:
        """Name -> sha256 of every file but the seal."""
        found = (path for path in sorted(self.folder.rglob("*")) if path.is_file())
        named = ((path.relative_to(self.folder).as_posix(), path) for path in found)
        return {name: _sha256(path) for name, path in named if name != SEAL}

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise QpilotError(f"there is no {name} in it, so it is no export of qpilot") from error

    def artifact(self, sha256: str) -> bytes:
        """The bytes stored under `sha256`. Raises LeftOut where the export says that they were left out."""
        place = self.folder / "artifacts" / sha256
        if sha256 in self.seal.left_out:
            raise LeftOut("the rows were left out of this export")
        if len(sha256) != 64 or not place.is_file():
            raise QpilotError(f"artifact {sha256[:12]} is not in the export")
        data = place.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise QpilotError(f"artifact {sha256[:12]} was changed after it was stored")
        return data

    @property
    def kept(self) -> Kept:
        """The run, to be replayed."""
        return Kept.of(self.seal.run, self.entries, self.artifact, self.run.path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class _Journalled:
    journal: KeptJournal


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Crate]:
    """The export at `path`, unpacked into a temporary folder that is removed afterwards, whatever happens.

    Raises Unpackable where it is no zip, or one made to do harm.
    """
    with tempfile.TemporaryDirectory(prefix="qpilot-") as folder:
        try:
            extract(path, Path(folder), LIMITS)
        except Unpackable as error:
            raise Unpackable(f"{path}: {error}; nothing of it was kept") from error
        yield Crate(Path(folder))
