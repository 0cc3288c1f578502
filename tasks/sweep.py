"""A search as it stands, for whoever watches: the terminal, and in Prefect's UI a progress bar and a table."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from httpx import HTTPError
from prefect.artifacts import create_progress_artifact, create_table_artifact, update_progress_artifact
from prefect.runtime import task_run

from qpilot.prototype.search.sweep import Standing
from tasks.desk import WATCHER

BAR_SECONDS, TABLE_SECONDS = 2.0, 30.0
"""How often the server is told: an update takes it some milliseconds, and a sweep may be thousands of fits."""

_LOG = logging.getLogger(__name__)


@dataclass
class Shown:
    """Shows a sweep. clock: seconds. A server that cannot be told does not stop the search.

    tells: whether there is a server to tell; outside a task run Prefect would start one for a bar that nobody looks for.
    """

    run: str
    clock: Callable[[], float] = time.monotonic
    bar: UUID | None = None
    bar_at: float = 0.0
    table_at: float = 0.0
    tells: bool = field(default_factory=lambda: task_run.id is not None)

    def __call__(self, standing: Standing) -> None:
        """The watcher and the server know how the sweep stands."""
        watcher = WATCHER.get()
        if watcher is not None:
            watcher.progress("prototype", standing.done, standing.total, standing.said)
        if not self.tells:
            return
        try:
            self._tell(standing)
        except HTTPError as error:
            _LOG.warning("the server was not told how the search stands: %s", error)

    def _tell(self, standing: Standing) -> None:
        now, ended = self.clock(), standing.done == standing.total
        percent = standing.percent
        said = f"{self.run}: {standing.done} of {standing.total}; {standing.said}{fits(standing)}"
        if self.bar is None:
            created = create_progress_artifact(percent, key="search", description=said)
            self.bar, self.bar_at, self.table_at = created if isinstance(created, UUID) else None, now, now
        elif ended or now - self.bar_at >= BAR_SECONDS:
            update_progress_artifact(self.bar, progress=percent, description=said)
            self.bar_at = now
        if ended or now - self.table_at >= TABLE_SECONDS:
            create_table_artifact(rows(standing), key="search-so-far", description=said)
            self.table_at = now


def fits(standing: Standing) -> str:
    """Fits under way as a Markdown table to be put behind a sentence; nothing where none takes long enough to tell."""
    if not standing.underway:
        return ""
    lines = [
        f"| {one.entrant} | {one.fold} of {one.folds} | {one.step} of {one.steps} | {one.loss:.3g} |"
        for one in standing.underway
    ]
    return "\n".join(("\n", "| under way | fold | step | loss |", "|---|---|---|---|", *lines))


def rows(standing: Standing) -> list[dict[str, str]]:
    """A row for each entrant that has finished, best first, those that failed last with the reason."""
    ordered = sorted(standing.finished, key=lambda result: (result.failure is not None, -result.score))
    return [
        {
            "entrant": result.entrant.name,
            "score": "failed" if result.failure is not None else f"{result.score:.3f}",
            "CPU seconds a fold": f"{result.cpu_seconds:.2f}",
            "why": result.failure or "",
        }
        for result in ordered
    ]
