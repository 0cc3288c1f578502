"""One Prefect server for every test of the flow, and shipped pilots shrunk so that a run takes seconds."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flows.embedded import EMBEDDED
from tests.postgres import Cluster
from tests.shared import once

if TYPE_CHECKING:
    from tests.flows.deployed import Deployed

ROOT = Path(__file__).parent.parent.parent
PILOTS = ROOT / "pilots"
SHRUNK: dict[str, tuple[str, ...]] = {
    "planted": (
        'candidates=[{model="projected-kernel", encoding="zz", layers=2, qubits=4, scaling="none"}]',
        'baselines=[{model="logistic"}]',
        "search.folds=3",
        'search.runner="threads"',
        "data.max_train_rows=200",
        "hardware.shots=200",
    ),
    "breast-cancer": (
        'candidates=[{model="projected-kernel", encoding="angle", layers=1, qubits=4}]',
        "reduce.components=4",
        'baselines=[{model="logistic"}]',
        "search.folds=3",
        'search.runner="threads"',
        "hardware.shots=200",
    ),
    "diabetes": (
        'candidates=[{model="projected-kernel", encoding="angle", layers=1, qubits=4}]',
        'baselines=[{model="ridge"}]',
        "search.folds=3",
        'search.runner="threads"',
        "hardware.shots=200",
    ),
    "h4-correlation": (
        'candidates=[{model="hybrid", encoding="angle", ansatz="strongly-entangling", layers=1, qubits=4, steps=30}]',
        "reduce.components=4",
        'baselines=[{model="logistic"}]',
        "search.folds=3",
        'search.runner="threads"',
        "hardware.shots=200",
        "gates.reduction.max_accuracy_loss=0.4",
        "gates.forecast.max_emulated_loss=0.4",
    ),
}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Prefect server of the tests' own; every flow in this process talks to it."""
    for name, value in EMBEDDED.items():
        os.environ.setdefault(name, value)
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory, postgres: Cluster) -> "Iterator[Deployed]":
    """A server and a worker in processes of their own, for every test that needs a run to be deployed."""
    from tests.flows.deployed import Deployed

    database = postgres.database().url("postgresql+asyncpg")
    with Deployed(tmp_path_factory.mktemp("deployed"), database) as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty QPILOT_HOME."""
    monkeypatch.setenv("QPILOT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def begun(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """In `home` Prefect has made its tables, as it has before any but the first run."""
    home.joinpath("prefect").mkdir(parents=True)
    shutil.copy(once(tmp_path_factory, "prefect", migrate) / "prefect.db", home / "prefect")


def migrate(place: Path) -> None:
    """Prefect's own tables and nothing in them."""
    words = [Path(sys.executable).parent / "prefect", "server", "database", "upgrade", "--yes"]
    done = subprocess.run(words, env=environment(place) | {"PREFECT_HOME": str(place)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def shrunk(name: str) -> tuple[Path, tuple[str, ...]]:
    """A shipped pilot's file and the overrides that make it small."""
    return PILOTS / name / "pilot.toml", SHRUNK[name]


def command(home: Path, *words: object, timeout: float = 240) -> tuple[int, dict[str, Any], str]:
    """`qpilot` in a process of its own: exit code, the JSON of its last line (empty where there is none), stderr."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "qpilot"), *map(str, words)],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    last = done.stdout.splitlines()[-1:] or ["{}"]
    return done.returncode, json.loads(last[0]) if last[0].startswith("{") else {}, done.stderr


def environment(home: Path) -> dict[str, str]:
    """The environment of a user's shell with `home`; the tests' own Prefect server is not in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return kept | {"QPILOT_HOME": str(home), "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120"}


def flags(overrides: tuple[str, ...]) -> list[str]:
    """Overrides as the command line takes them."""
    return [word for override in overrides for word in ("--set", override)]
