"""`make server`: a Prefect server, a worker and the reports on this machine alone, until Ctrl-C.

PREFECT_... settings of the user's environment go first: with a database URL it is PostgreSQL, with
PREFECT_SERVER_API_AUTH_STRING it wants a password.
"""

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn

from filelock import FileLock, Timeout

from flows.children import Children
from flows.embedded import EMBEDDED
from flows.interruption import Interrupted, interruptible, leave
from flows.reports import reports
from flows.workpool import ANSWER_SECONDS, WorkPool
from qpilot.errors import QpilotError
from qpilot.record.home import Home

HOST, POOL = "127.0.0.1", "qpilot"
POLL_SECONDS = 0.2
"""How often the server is asked whether its worker has come."""

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


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs until a signal ends it. Raises QpilotError where it cannot start, and once something that has to run has ended."""
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
        children = stack.enter_context(Children(home, environment))
        children.start("server", ["flows.listening", str(door.fileno())], door)
        door.close()
        _answered(port, children)
        pool, worker = WorkPool(environment["PREFECT_API_URL"], asked.pool, environment), f"{asked.pool} {os.getpid()}"
        pool.limit(asked.limit)
        words = ["worker", "start", "--name", worker, "--pool", asked.pool, "--type", "process"]
        children.start("worker", ["prefect", *words])
        while not pool.polled_by(worker):
            children.require(POLL_SECONDS)
        print(NEXT.format(host=HOST, port=port, reports=environment["QPILOT_REPORTS_URL"], pool=asked.pool,  # noqa: T201
                          limit=asked.limit, home=home.path, logs=home.prefect), flush=True)  # fmt: skip
        while True:
            children.require()


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


def _answered(port: int, children: Children) -> None:
    """The server has answered once. Where it dies before, its socket closes and the request fails at once."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/api/health", timeout=ANSWER_SECONDS):
            return
    except OSError as error:
        raise QpilotError(f"the server did not start ({error}); {children.why('server')}") from error


if __name__ == "__main__":
    if (
        signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    ):  # in a script's background; a worker that inherits it never ends
        signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        with interruptible():
            main()
    except Interrupted as interrupted:
        print("\nended; start it again and it goes on where it was", file=sys.stderr)  # noqa: T201
        leave(interrupted.code)
    except QpilotError as error:
        print(f"qpilot: {error}", file=sys.stderr)  # noqa: T201
        leave(error.exit_code)
