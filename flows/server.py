"""`make server`: a Prefect server, a worker and the reports on this machine alone, until Ctrl-C.

PREFECT_... settings of the user's environment go first: with a database URL it is PostgreSQL, with
PREFECT_SERVER_API_AUTH_STRING it wants a password.
"""

import argparse
import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import ThreadingHTTPServer
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeAlias
from urllib.parse import quote

from filelock import FileLock, Timeout

from flows.embedded import EMBEDDED
from flows.interruption import Interrupted, descendants, interruptible, leave
from flows.reports import reports
from qpilot.errors import QpilotError
from qpilot.record.home import Home

HOST, POOL = "127.0.0.1", "qpilot"
START_SECONDS, END_SECONDS, POLL_SECONDS = 180, 5, 0.2
"""How long Prefect may take to migrate an empty database on a busy machine, and to end (what it is at is lost either way);
how often it is asked for its worker.
"""

Ask: TypeAlias = Callable[[str, str, Mapping[str, object]], object]

SETTINGS = {
    "PREFECT_SERVER_UI_V2_ENABLED": "false",  # the newer one has no form to approve with
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_LEVEL": "INFO",
    "PREFECT_LOGGING_TO_API_ENABLED": "true",
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    "PREFECT_WORKER_ENABLE_CANCELLATION": "true",
    "PREFECT_WORKER_QUERY_SECONDS": "5",
    # Kept in the database, the order of events outlives the server; in memory, a crash it slept through waits 15 minutes.
    "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect.server.events.ordering.db",
}
"""Beside EMBEDDED, for a server that stays and has logs of its own."""

NEXT = """Prefect   http://{host}:{port}   (UI and API; only from this machine)
reports   {reports}
worker    process pool {pool!r}, up to {limit} runs at once
home      {home}
logs      {logs}

In another shell:
  export PREFECT_API_URL=http://{host}:{port}/api QPILOT_HOME={home}
  qpilot deploy pilots/planted/pilot.toml
  qpilot trigger pilots/planted/pilot.toml --wait

Ctrl-C ends all of it; a run that it interrupts is taken up again after the next start."""


def main(arguments: Sequence[str] | None = None) -> int:
    """1 once something that has to run has ended; a signal ends it before. Raises QpilotError where it cannot start."""
    asked = _asked(arguments)
    home = Home.of(os.environ)
    home.require_room(200_000_000)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_alone(home))
        door = _door(asked.port)
        port = door.getsockname()[1]
        shelf = _shelf(home, asked.reports_port)
        threading.Thread(target=shelf.serve_forever, daemon=True).start()
        environment = _environment(home, port, f"http://{HOST}:{shelf.server_port}")
        ended: SimpleQueue[str] = SimpleQueue()
        children = stack.enter_context(_ending())
        children.append(_child("server", ["flows.listening", str(door.fileno())], environment, home, ended, door))
        door.close()
        _answered(port, _log(home, "server"))
        ask = _asking(port, environment)
        _pool(ask, asked.pool, asked.limit)
        name = f"{asked.pool} {os.getpid()}"
        worker = ["prefect", "worker", "start", "--name", name, "--pool", asked.pool, "--type", "process"]
        children.append(_child("worker", worker, environment, home, ended))
        while not _polls(ask, asked.pool, name):
            with contextlib.suppress(Empty):
                raise _over(ended.get(timeout=POLL_SECONDS), home)
        print(NEXT.format(host=HOST, port=port, reports=environment["QPILOT_REPORTS_URL"], pool=asked.pool,  # noqa: T201
                          limit=asked.limit, home=home.path, logs=home.prefect), flush=True)  # fmt: skip
        raise _over(ended.get(), home)


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make server", description=__doc__, allow_abbrev=False)
    parser.add_argument("--port", type=int, default=4200, help="of the server; 0: any that is free")
    parser.add_argument("--reports-port", type=int, default=4201, help="of the reports; 0: any that is free")
    parser.add_argument("--pool", default=POOL, help="the worker's work pool")
    parser.add_argument("--limit", type=int, default=os.cpu_count() or 1, help="runs at once")
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _alone(home: Home) -> Iterator[None]:
    """No second server writes this home's database."""
    place = home.path / "locks" / "server.lock"
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise QpilotError(
            f"a server is at work on {home.path} already; use that one, or set QPILOT_HOME to another folder"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _door(port: int) -> socket.socket:
    """The server's socket, listening: who connects from now on is answered as soon as the server is there."""
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((HOST, port))
    except OSError as error:
        raise QpilotError(_taken(port, "PORT")) from error
    door.listen(128)
    return door


def _shelf(home: Home, port: int) -> ThreadingHTTPServer:
    try:
        return reports(home, HOST, port)
    except OSError as error:
        raise QpilotError(_taken(port, "REPORTS")) from error


def _taken(port: int, variable: str) -> str:
    return (
        f"{HOST}:{port} is taken, maybe by another `make server`: end that one, or choose a port:"
        f" make server {variable}={port + 10}"
    )


def _environment(home: Home, port: int, reports_url: str) -> Mapping[str, str]:
    password = os.environ.get("PREFECT_SERVER_API_AUTH_STRING")
    root = str(Path(__file__).parent.parent)
    return {
        **EMBEDDED,
        **SETTINGS,
        **({"PREFECT_API_AUTH_STRING": password} if password else {}),
        "PREFECT_HOME": str(home.prefect),
        **os.environ,
        "PREFECT_API_URL": f"http://{HOST}:{port}/api",
        "PREFECT_SERVER_UI_API_URL": f"http://{HOST}:{port}/api",
        "PREFECT_LOCAL_STORAGE_PATH": str(home.prefect / "storage"),
        "QPILOT_HOME": str(home.path),
        "QPILOT_REPORTS_URL": reports_url,
        "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")])),
    }


def _child(
    name: str,
    module: Sequence[str],
    environment: Mapping[str, str],
    home: Home,
    ended: "SimpleQueue[str]",
    door: socket.socket | None = None,
) -> "subprocess.Popen[bytes]":
    """`python -m module` in a session of its own, so that Ctrl-C reaches it through us; `ended` hears when it ends."""
    home.prefect.mkdir(parents=True, exist_ok=True)
    with _log(home, name).open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", *module], env=dict(environment), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            start_new_session=True, pass_fds=() if door is None else (door.fileno(),),
        )  # fmt: skip

    def wait() -> None:
        child.wait()
        ended.put(name)

    threading.Thread(target=wait, daemon=True).start()
    return child


def _log(home: Home, name: str) -> Path:
    return home.prefect / f"{name}.log"


def _last(log: Path) -> str:
    return (log.read_text(errors="replace").strip().splitlines() or ["nothing"])[-1][:300]


def _answered(port: int, log: Path) -> None:
    """The server has answered once. Where it dies before, its socket closes and the request fails at once."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/api/health", timeout=START_SECONDS):
            return
    except OSError as error:
        raise QpilotError(f"the server did not start ({error}); {log} says why: {_last(log)}") from error


def _asking(port: int, environment: Mapping[str, str]) -> Ask:
    """How the server is asked: a method, a path under /api/work_pools/, and what is said."""
    headers = {"Content-Type": "application/json"}
    login = environment.get("PREFECT_API_AUTH_STRING") or environment.get("PREFECT_SERVER_API_AUTH_STRING")
    if login:
        headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"

    def ask(method: str, path: str, content: Mapping[str, object]) -> object:
        place = f"http://{HOST}:{port}/api/work_pools/{path}"
        request = urllib.request.Request(place, json.dumps(content).encode(), headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
                return json.loads(answer.read() or "null")
        except OSError as error:
            raise QpilotError(f"the server did not take {method} {place}: {error}") from error

    return ask


def _pool(ask: Ask, name: str, limit: int) -> None:
    """The work pool runs `limit` at once. Not the worker: one with --limit ends when a run is taken up before it has ended."""
    if ask("POST", "filter", {"work_pools": {"name": {"any_": [name]}}}):
        ask("PATCH", quote(name), {"concurrency_limit": limit})
    else:
        ask("POST", "", {"name": name, "type": "process", "concurrency_limit": limit})


def _polls(ask: Ask, pool: str, worker: str) -> bool:
    """The worker has reported for work; a deployment made before would find nobody in its pool."""
    found = ask("POST", f"{quote(pool)}/workers/filter", {"workers": {"status": {"any_": ["ONLINE"]}}})
    return isinstance(found, list) and worker in [one["name"] for one in found]


def _over(name: str, home: Home) -> QpilotError:
    log = _log(home, name)
    return QpilotError(f"the {name} ended by itself; {log} says why: {_last(log)}")


@contextlib.contextmanager
def _ending() -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Ends the processes put into the list, the last first: each is asked, and then made to."""
    children: list[subprocess.Popen[bytes]] = []
    try:
        yield children
    finally:
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(children):
            runs = descendants(child.pid)
            with contextlib.suppress(subprocess.TimeoutExpired, ProcessLookupError):
                child.terminate()
                for pid in runs:  # a worker waits for its runs
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                child.wait(END_SECONDS)


if __name__ == "__main__":
    if (
        signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    ):  # in a script's background; a worker that inherits it never ends
        signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        with interruptible():
            code = main()
    except Interrupted as interrupted:
        print("\nended; start it again and it goes on where it was", file=sys.stderr)  # noqa: T201
        leave(interrupted.code)
    except QpilotError as error:
        print(f"qpilot: {error}", file=sys.stderr)  # noqa: T201
        leave(error.exit_code)
    sys.exit(code)
