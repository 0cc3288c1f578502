"""The team version as processes: PostgreSQL for Prefect and the journal, S3 for the artifacts, a login, workers.

Started by the same words as in deployments/compose.yaml, through deployments/entry, with secrets as files.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.deployments.conftest import ROOT
from tests.postgres import PASSWORD, USER, Cluster, _free_port

LOGIN = "qpilot:open-sesame"
SECRETS = {
    "postgres_password": PASSWORD,
    "prefect_auth": LOGIN,
    "s3_access_key": "AKIDTEST",
    "s3_secret_key": "sesame-at-the-store",
}
BUCKET = "qpilot"


@dataclass
class Team:
    """What runs; `environment` is a container's."""

    folder: Path
    url: str
    environment: dict[str, str]
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "state"

    def start(self, name: str, *words: str, **given: str) -> None:
        """A container's process, in a group of its own; its log lies beside the home."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                ["sh", str(ROOT / "deployments" / "entry"), *words], env=self.environment | given, cwd=ROOT, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip

    def run(self, *words: str, **given: str) -> "subprocess.CompletedProcess[str]":
        """`docker compose run`: a process, waited for."""
        command = ["sh", str(ROOT / "deployments" / "entry"), *words]
        environment = self.environment | given
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=240)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def kill(self, name: str) -> None:
        """kill -9 of the process and of all that it started."""
        os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes.pop(name).wait()

    def worker(self, name: str, *options: str) -> None:
        words = ("prefect", "worker", "start", "--pool", "qpilot", "--type", "process")
        self.start(name, *words, "--name", name, *options)


@contextmanager
def team(folder: Path, postgres: Cluster) -> Iterator[Team]:
    """Databases, bucket and server are there; nothing of it is left after. The cluster is its own: databases have names."""
    from moto.server import ThreadedMotoServer

    secrets = folder / "secrets"
    secrets.mkdir(parents=True)
    for name, value in SECRETS.items():
        (secrets / name).write_text(value)
    port = _free_port()
    with ExitStack() as stack:
        store = ThreadedMotoServer(port=0, verbose=False)
        store.start()
        stack.callback(store.stop)
        _, store_port = store.get_host_and_port()
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "QPILOT_", "AWS_"))
        }
        made = Team(folder, f"http://127.0.0.1:{port}/api", kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "QPILOT_SECRETS": str(secrets),
            "QPILOT_HOME": str(folder / "state"),
            "QPILOT_POSTGRES": f"{USER}@127.0.0.1:{postgres.port}",
            "QPILOT_BUCKET": BUCKET,
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{store_port}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_LOCAL_STORAGE_PATH": str(folder / "state" / "prefect" / "storage"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "OMP_NUM_THREADS": "1",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
        })  # fmt: skip
        stack.callback(_end, made)
        found = made.run("python", "-m", "deployments.init")
        assert found.returncode == 0, found.stderr
        made.start(
            "server", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port),
            QPILOT_PREFECT_DATABASE=f"{USER}@127.0.0.1:{postgres.port}/prefect",
            PREFECT_SERVER_EVENTS_CAUSAL_ORDERING="prefect.server.events.ordering.db",
        )  # fmt: skip
        until(lambda: _healthy(made), 180, lambda: made.log("server"))
        yield made


def _healthy(made: Team) -> bool:
    assert made.processes["server"].poll() is None, made.log("server")
    try:
        with urlopen(f"{made.url}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


def until(true: Callable[[], bool], seconds: float, said: Callable[[], str] = str) -> None:
    """Returns as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, said()[-3000:]
        time.sleep(0.25)


def _end(made: Team) -> None:
    for name in [*made.processes]:
        made.kill(name)
