"""The model registry: version folders put in place whole, and aliases moved by compare-and-swap in the journal.

registry/NAME/VERSION/manifest.json and the model's files; nothing in it is pickled.
"""

import hashlib
import re
import shutil
import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue

from qpilot.decisions import attested
from qpilot.errors import QpilotError, UsageError, unknown
from qpilot.record import durable, version
from qpilot.record.entries import Entry
from qpilot.record.home import Home
from qpilot.record.journal import Exists
from qpilot.record.version import Content, Version

VERSION = "version"
ALIAS = "alias"
CHAMPION = "champion"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_ALIAS = re.compile(r"[a-z][a-z0-9-]{0,47}")
_STAGED = ".staged"


class Registry:
    """The models of a home. Safe for several processes; a reader never sees half a version."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.folder = home.registry
        self.journal = home.journal

    def register(
        self, name: str, files: Mapping[str, bytes], metadata: Mapping[str, JsonValue], at: datetime
    ) -> Version:
        """A new version holds `files` and `metadata`; the same again answers the version that stands.

        Its manifest keeps the journal's head. Raises QpilotError where the disk is full; then there is no new version.
        """
        _require(_NAME, "model name", name)
        content = Content(files, metadata)
        while True:
            standing = self.versions(name)
            same = [number for number, entry in standing.items() if entry["content"] == content.sha256]
            number = same[0] if same else max(standing, default=0) + 1
            if same or self._reserve(name, number, content, at):
                return self._read(name, number)

    def point(
        self,
        name: str,
        alias: str,
        number: int,
        *,
        expect: int | None,
        at: datetime,
        run: str = "",
        kind: Literal["promotion", "rollback"] = "promotion",
        said: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """The alias names version `number`, if it named `expect` (None: nothing) until now; already there is no change.

        The move is attested as `kind`; `said` (who, why) goes into its entry. A run moves an alias once: continued after
        a later run's move, it changes nothing. Raises QpilotError where it was moved meanwhile, or the version is unknown
        or damaged.
        """
        _require(_ALIAS, "alias", alias)
        self._read(name, number)
        moves = self.journal.find(ALIAS, f"{name}/{alias}/")
        current = self.aliases(name).get(alias)
        if current == number or (run and run in map(_mover, moves)):
            return
        if current == expect:
            key = f"{name}/{alias}/{max((_number(move) for move in moves), default=0) + 1}"
            content = {"version": number, "run": run, **(said or {})}
            about = {part: self.versions(name)[number][part] for part in ("manifest", "content")}
            try:
                self.journal.append(ALIAS, key, attested(self.home, run, kind, key, content, about, at), at)
                return
            except Exists as exists:
                current = _target(exists.entry)
        raise QpilotError(
            f"alias {name}@{alias} was moved meanwhile: it names version {current}, not {expect}; look at that version"
            " and decide anew"
        )

    def aliases(self, name: str) -> dict[str, int]:
        """Alias -> version of a model."""
        return {entry.key.split("/")[1]: _target(entry) for entry in self.journal.find(ALIAS, f"{name}/")}

    def names(self) -> tuple[str, ...]:
        """The names of the registered models, sorted."""
        return tuple(sorted({entry.key.split("/")[0] for entry in self.journal.find(VERSION)}))

    def versions(self, name: str) -> dict[int, Mapping[str, str]]:
        """Version -> what the journal holds of it: sha256 of its `manifest` and its `content`, and when (`at`)."""
        entries = self.journal.find(VERSION, f"{name}/")
        return {_number(entry): {**entry.payload, "at": entry.at} for entry in entries}  # type: ignore[dict-item]

    def resolve(self, model: str) -> Version:
        """The version that `NAME` (its champion), `NAME@ALIAS` or `NAME@VERSION` stands for, every file verified.

        Raises QpilotError listing what is known for an unknown one, and where a file was changed, added or is missing.
        """
        name, _, label = model.partition("@")
        if name not in self.names():
            raise QpilotError(unknown("model", name, self.names() or ("none yet",)))
        known = {**self.aliases(name), **{str(number): number for number in self.versions(name)}}
        if (label or CHAMPION) not in known:
            raise QpilotError(unknown(f"alias or version of {name}", label or CHAMPION, known))
        return self._read(name, known[label or CHAMPION])

    def faults(self, name: str, number: int) -> tuple[str, ...]:
        """A sentence for every file of a version that was changed, added or is missing; none where it is whole."""
        entry = self.versions(name)[number]
        folder, staged = self.folder / name / str(number), self.folder / _STAGED / entry["staged"]
        if staged.is_dir() and not folder.exists():
            _move(staged, folder)
        return version.faults(folder, entry["manifest"])

    def _read(self, name: str, number: int) -> Version:
        if number not in (known := self.versions(name)):
            raise QpilotError(unknown(f"version of {name}", str(number), known))
        faults = self.faults(name, number)
        if faults:
            raise QpilotError(
                f"model {name}@{number} is not what was registered: {'; '.join(faults)}. Restore it from a backup, or"
                " run the pilot again under a changed file"
            )
        return version.read(self.folder / name / str(number), name, number)

    def _reserve(self, name: str, number: int, content: Content, at: datetime) -> bool:
        """Version `number` is recorded; False where another process took the number.

        From its entry on the version exists, and whoever reads it next moves its folder in place.
        """
        staged = self.folder / _STAGED / uuid.uuid4().hex
        manifest = content.manifest(name, number, self.journal.head())
        entry: JsonValue = {
            "manifest": hashlib.sha256(manifest).hexdigest(),
            "content": content.sha256,
            "staged": staged.name,
        }
        try:
            content.write(staged, manifest)
            self.journal.append(VERSION, f"{name}/{number}", entry, at)
        except Exists:
            shutil.rmtree(staged, ignore_errors=True)
            return False
        except QpilotError:
            shutil.rmtree(staged, ignore_errors=True)
            raise
        return True


def _move(staged: Path, folder: Path) -> None:
    with durable.writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            staged.rename(folder)
        except OSError:
            # Another reader was faster.
            if not folder.is_dir():
                raise
        durable.sync(folder.parent)


def _number(entry: Entry) -> int:
    return int(entry.key.rsplit("/", 1)[1])


def _mover(entry: Entry) -> str:
    """The run an alias entry was made by; empty where it names none."""
    payload: Any = entry.payload
    return str(payload["run"])


def _target(entry: Entry) -> int:
    return int(entry.payload["version"])  # type: ignore[arg-type,call-overload,index]


def _require(pattern: re.Pattern[str], kind: str, given: str) -> None:
    if not pattern.fullmatch(given):
        raise UsageError(f"{given!r} is no {kind}; required: {pattern.pattern}")
