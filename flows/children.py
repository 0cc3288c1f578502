"""The processes `make server` starts: each with a log of its own, none outlives the command, and one that ends is heard of."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

from flows.interruption import descendants
from qpilot.errors import QpilotError
from qpilot.record.home import Home

END_SECONDS = 5
"""How long one may take to end: what it is at is lost either way."""


class Children:
    """A context: after it all have ended, the last first; each is asked, and then made to."""

    def __init__(self, home: Home, environment: Mapping[str, str]) -> None:
        self._home, self._environment = home, dict(environment)
        self._started: list[subprocess.Popen[bytes]] = []
        self._ended: SimpleQueue[str] = SimpleQueue()

    def __enter__(self) -> "Children":
        return self

    def start(self, name: str, module: Sequence[str], door: socket.socket | None = None) -> None:
        """`python -m module` runs, in a session of its own, so that Ctrl-C reaches it through us. door: a socket it gets."""
        self._home.prefect.mkdir(parents=True, exist_ok=True)
        with self.log(name).open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", *module], env=self._environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=() if door is None else (door.fileno(),),
            )  # fmt: skip
        self._started.append(child)

        def wait() -> None:
            child.wait()
            self._ended.put(name)

        threading.Thread(target=wait, daemon=True).start()

    def require(self, seconds: float | None = None) -> None:
        """Waits so long, or for ever. Raises QpilotError as soon as one has ended by itself."""
        with contextlib.suppress(Empty):
            name = self._ended.get(timeout=seconds)
            raise QpilotError(f"the {name} ended by itself; {self.why(name)}")

    def log(self, name: str) -> Path:
        """What the process prints."""
        return self._home.prefect / f"{name}.log"

    def why(self, name: str) -> str:
        """Where to read what became of it, and the last of it."""
        lines = self.log(name).read_text(errors="replace").strip().splitlines() or ["nothing"]
        return f"{self.log(name)} says why: {lines[-1][:300]}"

    def __exit__(self, *failure: object) -> None:
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(self._started):
            runs = descendants(child.pid)
            with contextlib.suppress(subprocess.TimeoutExpired, ProcessLookupError):
                child.terminate()
                for pid in runs:  # a worker waits for its runs
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                child.wait(END_SECONDS)
