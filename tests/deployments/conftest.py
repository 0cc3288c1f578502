"""One `make server` for the tests of deployments: a Prefect server, a worker and the reports, as processes."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from prefect.client.orchestration import SyncPrefectClient

from flows.api import api
from tests.postgres import Cluster

ROOT = Path(__file__).parent.parent.parent
PLANTED = ROOT / "pilots" / "planted"
SMALL = (
    'candidates=[{model="projected-kernel", encoding="zz", layers=2, qubits=4, scaling="none"}]',
    'baselines=[{model="logistic"}]',
    "search.folds=3",
    'search.runner="threads"',
    "data.max_train_rows=200",
    "hardware.shots=200",
)
"""The positive control, small enough to be promoted in seconds."""

REFUSED = (*SMALL, "gates.data.min_rows=100000")
"""It is refused at its first gate: a decision too, and the fastest there is."""

SOON = {"PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "3", "PREFECT_WORKER_QUERY_SECONDS": "1"}
"""Who waits for a schedule or a worker waits less."""


@dataclass(frozen=True)
class Local:
    """What `make server` printed."""

    home: Path
    process: "subprocess.Popen[str]"
    url: str
    reports: str


@contextmanager
def local(home: Path, words: Sequence[str] = ("--port", "0", "--reports-port", "0"), **given: str) -> Iterator[Local]:
    """`make server` on free ports, with `given` in its environment; everything it started has ended after."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.server", *words],
        env=environment(home) | SOON | given,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = ""
        for line in process.stdout or ():
            said += line
            if "Ctrl-C" in line:
                break
        found = re.findall(r"http://127\.0\.0\.1:\d+", said)
        assert len(found) >= 2, said
        yield Local(home, process, found[0], found[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode in (128 + signal.SIGTERM, 128 + signal.SIGINT)


def environment(home: Path) -> dict[str, str]:
    """A user's shell with `home`; no other test's Prefect is in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "QPILOT_"))}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return kept | {"QPILOT_HOME": str(home), "PYTHONPATH": path}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, postgres: Cluster) -> Iterator[Local]:
    """On PostgreSQL: under load Prefect on SQLite finds its database locked and loses an event now and then."""
    database = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": postgres.database().url("postgresql+asyncpg")}
    with local(tmp_path_factory.mktemp("server") / "home", **database) as made:
        yield made


@pytest.fixture
def client(server: Local) -> Iterator[SyncPrefectClient]:
    """A client of that server."""
    with reaching(f"{server.url}/api") as made:
        yield made


@contextmanager
def reaching(url: str, login: str | None = None) -> Iterator[SyncPrefectClient]:
    """A client as the commands have it."""
    from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: url, PREFECT_API_AUTH_STRING: login}), api() as made:
        yield made


def qpilot(server: Local, *words: object, **given: str) -> tuple[int, str, str]:
    """A command of a user of that server: exit code, stdout, stderr."""
    command = [str(Path(sys.executable).parent / "qpilot"), *map(str, words)]
    reached = environment(server.home) | {"PREFECT_API_URL": f"{server.url}/api"} | given
    done = subprocess.run(command, env=reached, cwd=ROOT, capture_output=True, text=True, timeout=240)
    return done.returncode, done.stdout, done.stderr


def changed(overrides: Sequence[str], name: str) -> list[str]:
    """The positive control under another name, changed, as the command line takes it."""
    return [str(PLANTED / "pilot.toml"), *(word for one in (*overrides, f'name="{name}"') for word in ("--set", one))]
