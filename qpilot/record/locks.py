"""Who is at work on a pilot: a lock of the home's folder, and one of the journal's database for other hosts."""

import contextlib
import json
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from qpilot.errors import Busy
from qpilot.record import durable
from qpilot.record.journal import Journal
from qpilot.record.journal_store import Held


@dataclass(frozen=True)
class PilotLock:
    """The lock of one pilot, in `folder` and in `journal`. The system frees what a dead process held."""

    folder: Path
    journal: Journal
    pilot: str

    @contextlib.contextmanager
    def held(self, run: str, since: datetime) -> Iterator[None]:
        """Nobody else works on the pilot meanwhile. Raises Busy naming the holder where somebody does."""
        with durable.writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._file)
            try:
                lock.acquire(timeout=0.2, poll_interval=0.02)  # who asks for the holder has it for a moment
            except Timeout as error:
                raise Busy(self._busy(self._named())) from error
        try:
            with contextlib.ExitStack() as stack:
                who = f"run {run} (process {os.getpid()} on {platform.node()}, since {since.isoformat()})"
                try:
                    stack.enter_context(self.journal.alone(self.pilot, who))
                except Held as error:
                    raise Busy(self._busy(str(error))) from error
                holder = {"pid": os.getpid(), "run": run, "since": since.isoformat()}
                durable.write(self._holder, json.dumps(holder).encode())
                yield
        finally:
            self._holder.unlink(missing_ok=True)
            lock.release()

    def holder(self) -> str | None:
        """Who works on the pilot; None where nobody does."""
        return self.journal.holder(self.pilot) if self._free() else self._named()

    @property
    def _file(self) -> Path:
        return self.folder / f"{self.pilot}.lock"

    @property
    def _holder(self) -> Path:
        return self.folder / f"{self.pilot}.json"

    def _free(self) -> bool:
        if not self._file.is_file():
            return True
        try:
            with FileLock(self._file, timeout=0):
                return True
        except Timeout:
            return False
        except OSError:  # a home that may only be read
            return False

    def _named(self) -> str | None:
        try:
            return "run {run} (process {pid}, since {since})".format(**json.loads(self._holder.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _busy(self, holder: str | None) -> str:
        by = holder or "another process"
        return f"pilot {self.pilot!r} is being run by {by}; wait for it to end, or end that process and run again"
