"""A run's folder: what a person reads, sealed in the journal so that a later change shows."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue

from gates.records import Evidence, Verdict
from qpilot.decisions.envelope import Unsigned
from qpilot.decisions.keys import Trusted
from qpilot.errors import QpilotError
from qpilot.record import durable, heads
from qpilot.record.entries import Entry
from qpilot.record.heads import Head
from qpilot.record.journal import Exists, Journal

ANCHOR = "anchor.json"
KIND = "folder"


@dataclass(frozen=True)
class RunFolder:
    """pilot.toml, evidence/STAGE.json, verdicts/GATE.json, plots/, counts/, report.html and anchor.json of one run.

    Every file is whole or absent. `release` before changing a sealed folder, `seal` when the run has ended: a crash
    between the two is then no finding of `verify`, and a change at any other time is one.
    """

    path: Path

    @property
    def run(self) -> str:
        return self.path.name

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def found(self) -> str | None:
        """Where the report lies by now: a home may have moved since, and a run been pruned."""
        return str(self.report) if self.report.is_file() else None

    def write(self, name: str, data: bytes | str) -> Path:
        """The file `name` ("plots/kernel.svg") holds `data`; answers its path."""
        path = self.path / name
        durable.write(path, data.encode() if isinstance(data, str) else data)
        return path

    def write_json(self, name: str, value: JsonValue) -> Path:
        """The file `name` holds `value` as JSON people can read."""
        return self.write(name, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")

    def write_evidence(self, evidence: Evidence) -> Path:
        """evidence/STAGE.json holds what the stage measured."""
        return self.write_json(f"evidence/{evidence.stage}.json", evidence.plain())

    def write_verdict(self, verdict: Verdict) -> Path:
        """verdicts/GATE.json holds what the gate answered."""
        return self.write_json(f"verdicts/{verdict.gate}.json", verdict.plain())

    def read(self, name: str) -> bytes:
        """The bytes of the file `name`. Raises QpilotError where there is none."""
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise QpilotError(f"run {self.run} has no {name}; run its pilot again to have it written") from error

    def files(self) -> dict[str, str]:
        """Every file's name -> sha256, without the anchor and what a killed write left; a link or a device has none.

        What a link points to is no part of the folder: it may change, or be a secret, without the folder changing.
        """
        found = (path for path in sorted(self.path.rglob("*")) if path.is_symlink() or not path.is_dir())
        named = {path.relative_to(self.path).as_posix(): path for path in found}
        return {name: _sha256(path) for name, path in named.items() if name != ANCHOR and not _left_over(path)}

    def anchor(self, journal: Journal) -> None:
        """The journal's head is kept here, so that cutting it off shows; call it after entries that must not vanish."""
        self.write(ANCHOR, heads.sealed(self.run, journal.head(), journal.signer))

    def seal(self, journal: Journal, at: datetime, artifacts: tuple[str, ...] = ()) -> None:
        """The journal knows every file here by sha256, and `artifacts` as the run's own; its head is anchored here."""
        self.anchor(journal)  # first too: a sealed folder has one, wherever the process is killed
        files: dict[str, JsonValue] = {**self.files()}
        self._state(journal, {"state": "sealed", "files": files, "artifacts": [*artifacts]}, at)
        self.anchor(journal)

    def release(self, journal: Journal, at: datetime, state: Literal["open", "pruned"] = "open") -> None:
        """The journal knows that the folder is being changed (or went): `verify` lets it be until it is sealed."""
        self._state(journal, {"state": state}, at)

    def last_state(self, journal: Journal) -> Entry | None:
        """The entry that says how the folder stands, or None where it was never sealed."""
        found = journal.find(KIND, f"{self.run}/")
        return found[-1] if found else None

    def artifacts(self, journal: Journal) -> tuple[str, ...]:
        """The artifacts of the last seal, also where a killed command has left the folder open; none before the first."""
        states: list[Any] = [entry.payload for entry in journal.find(KIND, f"{self.run}/")]
        return next((tuple(state["artifacts"]) for state in reversed(states) if state["state"] == "sealed"), ())

    def _state(self, journal: Journal, payload: dict[str, JsonValue], at: datetime) -> None:
        last = self.last_state(journal)
        if last is None and payload["state"] == "open":
            return
        if last is not None and last.payload == payload:
            return
        place = 1 if last is None else int(last.key.rsplit("/", 1)[1]) + 1
        try:
            journal.append(KIND, f"{self.run}/{place}", payload, at)
        except Exists as error:
            raise QpilotError(
                f"another process is changing the folder of run {self.run}; wait for it to end"
            ) from error


def _sha256(path: Path) -> str:
    plain = path.is_file() and not path.is_symlink()
    return hashlib.sha256(path.read_bytes()).hexdigest() if plain else "no plain file"


def _left_over(path: Path) -> bool:
    return path.name.startswith(".") and path.suffix == ".part" and path.is_file() and not path.is_symlink()


def read_anchor(folder: RunFolder, trusted: Trusted) -> Head:
    """The journal's head the folder keeps. Raises QpilotError where a byte of the anchor was changed, or no trusted key
    signed it.
    """
    try:
        return heads.opened(folder.run, folder.read(ANCHOR), trusted)
    except Unsigned as error:
        raise QpilotError(f"{folder.path / ANCHOR} cannot be relied on: {error}") from error
