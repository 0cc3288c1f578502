"""What every task works with: the run's stores and folder, a clock, and whoever watches."""

from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from gates.records import Verdict
from qpilot.job import Job, Progress, Stores
from qpilot.record.home import Home
from qpilot.record.runfolder import RunFolder


class Watcher(Protocol):
    """Somebody who watches the run while it works."""

    def progress(self, stage: str, done: int, total: int, said: str = "") -> None:
        """`done` of `total` pieces of a stage are finished; `said` is how it stands, in a line."""

    def verdict(self, verdict: Verdict) -> None:
        """A gate has answered."""


WATCHER: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


def now() -> datetime:
    """The wall clock, in UTC. The domain takes the time as an argument."""
    return datetime.now(UTC)


def stores(job: Job) -> Stores:
    """The job's journal and artifacts."""
    home = Home(job.home)
    return Stores(home.journal, home.artifacts, now)


def folder(job: Job) -> RunFolder:
    """The run's folder."""
    return Home(job.home).run(job.run)


def progress(stage: str) -> Progress:
    """Tells the watcher, if there is one, how far the stage is."""
    watcher = WATCHER.get()
    return (lambda done, total: None) if watcher is None else partial(watcher.progress, stage)


def tell(verdict: Verdict) -> None:
    """Tells the watcher, if there is one, what a gate answered."""
    watcher = WATCHER.get()
    if watcher is not None:
        watcher.verdict(verdict)
