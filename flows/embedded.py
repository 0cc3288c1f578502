"""Runs the pilot flow in this process, on Prefect's embedded defaults kept under QPILOT_HOME."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flows.interruption import beside
from qpilot.errors import Busy, QpilotError
from qpilot.record.home import Home
from qpilot.runs import lifetime
from qpilot.runs.identity import identify
from qpilot.runs.summary import Summary
from tasks.desk import WATCHER, Watcher, now

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

EMBEDDED = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "OMP_NUM_THREADS": "1",  # the search already keeps every core busy
}
"""Settings of a run in this process; what the user's environment says goes first."""

START_BYTES, LEAST_BYTES = 50_000_000, 5_000_000
"""Free space a run starts with, and ends below: Prefect's server would go on trying on a full disk, for minutes."""


def run(
    path: Path, overrides: Sequence[str], explore: bool, home: Home, watcher: Watcher | None, by: str = ""
) -> Summary:
    """How the pilot ended, waits or is held: from the journal where it has ended, else after running what is missing.

    A request for approval that nobody answered in time ends it once; asked again, it asks anew. by: who starts the run.
    Raises UsageError for an invalid pilot file, QpilotError for rows that cannot be used or a run that is under way.
    """
    found = identify(path, overrides, home, now())
    standing = lifetime.final(home.journal, found.job.run, explore)
    if standing is not None:
        return standing.model_copy(update={"report": home.run(found.job.run).found})
    with home.lock(found.job.pilot.name, found.job.run, now()):
        pass  # somebody else's run is known now, before Prefect takes its seconds to start
    home.require_room(START_BYTES)
    settle(home)
    from flows.pilot import pilot

    token = WATCHER.set(watcher)
    try:
        state = beside(
            lambda: cast("State[Any]", pilot(path.resolve(), tuple(overrides), explore, by, return_state=True)),
            require=lambda: home.require_room(LEAST_BYTES),
        )
    finally:
        WATCHER.reset(token)
    ended = lifetime.ending(home.journal, found.job.run, explore)
    if ended is not None:
        return ended
    if state.name == "Held":
        return lifetime.stopped(home, found.job.run)
    if state.name == "Busy":
        raise Busy(str(state.message))
    error = state.result(raise_on_failure=False)
    if isinstance(error, Exception):
        raise error
    raise QpilotError(f"run {found.job.run} stopped without an ending ({state.name}); run it again to continue")


def settle(home: Home) -> None:
    """Prefect keeps its database and results under `home`; must come before Prefect is imported."""
    os.environ.setdefault("PREFECT_HOME", str(home.prefect))
    for name, value in EMBEDDED.items():
        os.environ.setdefault(name, value)
