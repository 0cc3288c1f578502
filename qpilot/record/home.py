"""QPILOT_HOME: where the journal, the artifacts, the runs and the models lie, and who is at work on what.

journal.db     head.json     artifacts/     runs/RUN/     registry/NAME/VERSION/     devices/     locks/     keys/     prefect/
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from filelock import FileLock, Timeout

from qpilot.decisions.keys import Signer
from qpilot.errors import Busy, QpilotError, unknown
from qpilot.record import durable
from qpilot.record.artifacts import Artifacts
from qpilot.record.journal import Journal
from qpilot.record.runfolder import RunFolder


@dataclass(frozen=True)
class Home:
    """A state folder. Nothing is made until something is written."""

    path: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Home":
        """The home QPILOT_HOME names, by default .qpilot in the working directory."""
        return cls(Path(environment.get("QPILOT_HOME") or ".qpilot").absolute())

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.path / "journal.db", self.signer, self.head)

    @property
    def head(self) -> Path:
        """Where the home keeps the journal's head, signed."""
        return self.path / "head.json"

    @property
    def signer(self) -> Signer:
        """What signs in this home's name."""
        return Signer(self.path)

    @property
    def artifacts(self) -> Artifacts:
        return Artifacts(self.path / "artifacts")

    @property
    def registry(self) -> Path:
        return self.path / "registry"

    @property
    def devices(self) -> Path:
        """Where pulled device profiles lie."""
        return self.path / "devices"

    @property
    def prefect(self) -> Path:
        return self.path / "prefect"

    def run(self, run: str) -> RunFolder:
        """The folder of `run`, there or not yet."""
        return RunFolder(self.path / "runs" / run)

    def runs(self) -> tuple[str, ...]:
        """The names of the runs that have a folder, sorted."""
        return tuple(sorted(path.parent.name for path in (self.path / "runs").glob("*/pilot.toml")))

    def standing_run(self, run: str) -> RunFolder:
        """The folder of a run that is there. Raises QpilotError listing the runs where it is not."""
        if run not in self.runs():
            raise QpilotError(unknown("run", run, self.runs() or ("none yet",)))
        return self.run(run)

    def require_room(self, least: int) -> None:
        """Nothing, where the home's disk has `least` bytes free. Raises QpilotError where it has not."""
        with durable.writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.path).free
        if free < least:
            raise QpilotError(
                f"the disk of {self.path} has {free / 1e6:.0f} MB free, and a run takes {least / 1e6:.0f} MB or more; free"
                " some space, or set QPILOT_HOME to another disk, and run again to continue"
            )

    def prune(self, run: str, at: datetime) -> None:
        """The run's folder is gone, and the journal says that it went on purpose; its entries all stay.

        Raises QpilotError where there is no such folder, and where its pilot is at work.
        """
        folder = self.standing_run(run)
        with self.lock(run.rsplit("-", 2)[0], run, at), durable.writing(folder.path):
            folder.release(self.journal, at, state="pruned")
            shutil.rmtree(folder.path)

    @contextlib.contextmanager
    def lock(self, pilot: str, run: str, since: datetime) -> Iterator[None]:
        """Nobody else in this home works on `pilot` meanwhile; the system frees the lock of a process that died.

        Raises Busy naming the holder where somebody does.
        """
        folder = self.path / "locks"
        with durable.writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / f"{pilot}.lock")
            try:
                lock.acquire(timeout=0.2, poll_interval=0.02)  # who asks for the holder has it for a moment
            except Timeout as error:
                raise Busy(self._held(pilot)) from error
        try:
            holder = {"pid": os.getpid(), "run": run, "since": since.isoformat()}
            durable.write(self._holder(pilot), json.dumps(holder).encode())
            yield
        finally:
            self._holder(pilot).unlink(missing_ok=True)
            lock.release()

    def holder(self, pilot: str) -> str | None:
        """Who works on the pilot. None where nobody does, also after a process that died at work."""
        return None if self._free(pilot) else self._named(pilot)

    def _free(self, pilot: str) -> bool:
        place = self.path / "locks" / f"{pilot}.lock"
        if not place.is_file():
            return True
        try:
            with FileLock(place, timeout=0):
                return True
        except Timeout:
            return False
        except OSError:  # a home that may only be read
            return False

    def _named(self, pilot: str) -> str | None:
        try:
            return "run {run} (process {pid}, since {since})".format(**json.loads(self._holder(pilot).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _holder(self, pilot: str) -> Path:
        return self.path / "locks" / f"{pilot}.json"

    def _held(self, pilot: str) -> str:
        by = self._named(pilot) or "another process"
        return f"pilot {pilot!r} is being run by {by}; wait for it to end, or end that process and run again"
