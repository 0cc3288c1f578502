"""A Prefect server and a process worker on loopback, as a team runs them, and the pilot deployed on them.

Processes of their own: what a test kills is what an operator loses.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.flows.conftest import ROOT, environment
from tests.loopback.server import FOREIGN

PROGRAM = Path(sys.executable).parent
TERMINAL = ("COMPLETED", "FAILED", "CANCELLED", "CRASHED")


class Deployed:
    """The server, its worker, and the deployment pilot/pilot. place: where logs, database and results lie.

    database: the URL of another than the embedded one, which under load answers that it is locked.
    """

    def __init__(self, place: Path, database: str = "") -> None:
        self.place = place
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = environment(place) | {
            "PREFECT_HOME": str(place / "prefect"),
            "PREFECT_API_URL": f"{self.url}/api",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS": "1",
            "OMP_NUM_THREADS": "1",
        }
        if database:
            self.environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = database
        for name in ("QPILOT_HOME", *FOREIGN):
            self.environment.pop(name, None)
        # One client: a new one reads every certificate first. No connection is kept: a killed server takes it with it.
        self.client = httpx.Client(base_url=self.url, timeout=30, limits=httpx.Limits(max_keepalive_connections=0))
        self.server: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Deployed":
        try:
            self.start_server()
            self.post("work_pools/", {"name": "qpilot", "type": "process"})
            done = self.prefect("--no-prompt", "deploy", "--all", "--prefect-file", "deployments/prefect.yaml")
            assert done.returncode == 0, done.stdout + done.stderr
            self.deployment = self.get("deployments/name/pilot/pilot")["id"]
            self.start_worker()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *failure: object) -> None:
        for process in (self.worker, self.server):
            if process is not None:
                end(process, signal.SIGKILL)
        self.client.close()

    def start_server(self) -> None:
        """A server answers, on the database that stands."""
        self.server = self._start("server", "server", "start", "--host", "127.0.0.1", "--port", str(self.port))
        self.until(lambda: self.client.get("/api/health").json() is True, 120)

    def start_worker(self) -> None:
        """A worker takes flow runs. Without --limit: Prefect 3.8.8 ends such a worker when a run is resumed at once."""
        self.worker = self._start("worker", "worker", "start", "--pool", "qpilot")

    def _start(self, name: str, *words: str) -> "subprocess.Popen[bytes]":
        with (self.place / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [str(PROGRAM / "prefect"), *words],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def prefect(self, *words: str, timeout: float = 120) -> "subprocess.CompletedProcess[str]":
        """`prefect`, done."""
        program = [str(PROGRAM / "prefect"), *words]
        return subprocess.run(program, env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=timeout)

    def python(self, code: str) -> "subprocess.CompletedProcess[str]":
        """A program of a line, done."""
        program = [sys.executable, "-c", code]
        return subprocess.run(
            program, env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )

    def qpilot(self, home: Path, *words: object) -> tuple[int, dict[str, Any], str]:
        """`qpilot` in a shell with the server configured: exit code, the JSON of its last line, stderr."""
        done = subprocess.run(
            [str(PROGRAM / "qpilot"), *map(str, words), "--json"],
            env=self.environment | {"QPILOT_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=240,
        )
        return done.returncode, json.loads((done.stdout.splitlines() or ["{}"])[-1]), done.stderr

    def run(self, home: Path, path: Path, overrides: Sequence[str], extra: Mapping[str, str] | None = None) -> str:
        """A flow run of the deployment is scheduled, in a process with that home; its id."""
        asked = {
            "state": {"type": "SCHEDULED"},
            "parameters": {"path": str(path), "overrides": list(overrides), "by": "Grace"},
            "job_variables": {"env": {"QPILOT_HOME": str(home), **(extra or {})}},
        }
        made = self.post(f"deployments/{self.deployment}/create_flow_run", asked | {"idempotency_key": uuid4().hex})
        return str(made["id"])

    def get(self, path: str) -> Any:
        """What the API answers."""
        return self._asked("GET", path, None)

    def post(self, path: str, body: object) -> Any:
        """What the API answers to a question that takes a body."""
        return self._asked("POST", path, body)

    def _asked(self, method: str, path: str, body: object) -> Any:
        """The answer; asked again where SQLite was locked, as it is now and then on a machine at work."""
        found = self.client.request(method, f"/api/{path}", json=body)
        for _ in range(20):
            if found.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(0.5)
            found = self.client.request(method, f"/api/{path}", json=body)
        found.raise_for_status()
        return found.json()

    def state(self, flow_run: str) -> tuple[str, str]:
        """Type and name of the flow run's state."""
        state = self.get(f"flow_runs/{flow_run}")["state"]
        return str(state["type"]), str(state["name"])

    def await_state(self, flow_run: str, *names: str, seconds: float = 150) -> str:
        """The name of the state, once it is one of `names`; an assertion where the run ends otherwise."""

        def reached() -> bool:
            kind, name = self.state(flow_run)
            assert name in names or kind not in ("COMPLETED", "FAILED", "CANCELLED"), self.said(flow_run)
            return name in names

        self.until(reached, seconds)
        return self.state(flow_run)[1]

    def said(self, flow_run: str) -> str:
        """The flow run's state and log, for a message."""
        state = self.get(f"flow_runs/{flow_run}")["state"]
        wanted = {"logs": {"flow_run_id": {"any_": [flow_run]}}, "sort": "TIMESTAMP_ASC"}
        lines = [line["message"] for line in self.post("logs/filter", wanted)]
        return "\n".join([f"{state['name']}: {state['message']}", *lines[-20:]])

    def artifacts(self, key: str | None = None) -> list[dict[str, Any]]:
        """Every artifact there is, or those of one key."""
        wanted = {} if key is None else {"artifacts": {"key": {"any_": [key]}}}
        found: list[dict[str, Any]] = self.post("artifacts/filter", {**wanted, "limit": 200})
        return found

    def events(self, run: str) -> list[dict[str, Any]]:
        """The qpilot events of a run, oldest first."""
        about = {"event": {"prefix": ["qpilot."]}, "resource": {"id": [f"qpilot.run.{run}"]}, "order": "ASC"}
        found: list[dict[str, Any]] = self.post("events/filter", {"filter": about, "limit": 50})["events"]
        return found

    def processes(self, flow_run: str) -> list[int]:
        """The processes that run this flow run."""
        return [pid for pid in running() if flow_run.encode() in environ(pid)]

    def until(self, question: Callable[[], bool], seconds: float) -> None:
        """Waits until the answer is yes; a server that does not answer is a no."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if question():
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
        raise AssertionError(f"not so within {seconds} s")


def end(process: "subprocess.Popen[Any]", number: signal.Signals) -> None:
    """The process and everything in its group has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
    process.wait(30)


def running() -> list[int]:
    """Every process of this machine."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def environ(pid: int) -> bytes:
    """The environment a process was started with; empty where it is gone, or somebody else's."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
