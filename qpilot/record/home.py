"""QPILOT_HOME: where the journal, the artifacts, the runs and the models lie, and who is at work on what.

home.toml   journal.db   head.json   artifacts/   runs/RUN/   registry/NAME/VERSION/   devices/   locks/   keys/   prefect/
"""

import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from qpilot.decisions.keys import Signer
from qpilot.errors import QpilotError, unknown
from qpilot.record import durable, settings
from qpilot.record.artifacts import Artifacts
from qpilot.record.journal import Journal
from qpilot.record.locks import PilotLock
from qpilot.record.runfolder import RunFolder
from qpilot.record.settings import Settings


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
        return Journal(self.settings.journal or self.path / "journal.db", self.signer, self.head)

    def unasked(self) -> "Home":
        """This home with `Journal.unasked`."""
        other = Home(self.path)
        other.__dict__["journal"] = self.journal.unasked()
        return other

    @property
    def head(self) -> Path:
        """Where the home keeps the journal's head, signed."""
        return self.path / "head.json"

    @property
    def signer(self) -> Signer:
        """What signs in this home's name."""
        return Signer(self.path)

    @cached_property
    def artifacts(self) -> Artifacts:
        return Artifacts(self.settings.artifacts or self.path / "artifacts", self.settings.storage.given)

    @cached_property
    def settings(self) -> Settings:
        """What home.toml says. Raises UsageError where it is damaged, and names the known keys for an unknown one."""
        return settings.read(self.path)

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

    def lock(self, pilot: str, run: str, since: datetime) -> AbstractContextManager[None]:
        """Nobody else in this home, nor on another host with the same journal, works on `pilot` meanwhile.

        Raises Busy naming the holder where somebody does. A process that died holds nothing.
        """
        return self._lock(pilot).held(run, since)

    def holder(self, pilot: str) -> str | None:
        """Who works on the pilot. None where nobody does, also after a process that died at work."""
        return self._lock(pilot).holder()

    def _lock(self, pilot: str) -> PilotLock:
        return PilotLock(self.path / "locks", self.journal, pilot)
