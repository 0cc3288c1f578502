"""Ctrl-C, a SIGTERM, a closed terminal or a full disk ends a command at once, with one line and nothing left running.

Prefect's own way reports the crash to a server first, and waits minutes for one that the same signal has ended. There is
nothing to wait for: what the journal holds stands after a kill -9 too, and the next run continues from it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextvars import copy_context
from pathlib import Path
from types import FrameType
from typing import NoReturn, TypeVar

from qpilot.errors import QpilotError

Answer = TypeVar("Answer")

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """The command has to end at once, with this line and this exit code: see `leave`."""

    def __init__(self, said: str, code: int) -> None:
        super().__init__(said)
        self.code = code


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Signals raise Interrupted inside, except those that whoever started the process had it ignore (nohup)."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, _: FrameType | None) -> None:
    # 128 and the signal's number is what a shell expects.
    name = signal.Signals(number).name
    raise Interrupted(f"interrupted by {name}; run the same command again to continue", 128 + number)


def beside(work: Callable[[], Answer], require: Callable[[], None]) -> Answer:
    """What `work` answers, done in a thread: Prefect takes SIGTERM for itself only in the main one.

    Asks every second for what `work` cannot go on without. Raises Interrupted where `require` raised a QpilotError.
    """
    future: Future[Answer] = Future()

    def thread() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=copy_context().run, args=(thread,), daemon=True).start()
    while not future.done():
        wait([future], timeout=1)
        try:
            require()
        except QpilotError as error:
            raise Interrupted(str(error), error.exit_code) from error
    return future.result()


def leave(code: int) -> NoReturn:
    """The process ends now, and every process it started with it: Prefect's server and the search's workers."""
    for pid in descendants(os.getpid()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def descendants(pid: int) -> list[int]:
    """The processes `pid` started, and theirs."""
    parents, found = _parents(), [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def _parents() -> dict[int, int]:
    """Every process -> the one that started it. A container may lack ps, macOS lacks /proc."""
    if not Path("/proc/self/stat").exists():
        listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
        return {int(child): int(parent) for child, parent in map(str.split, listing.splitlines())}
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            # The name, in brackets, may hold spaces and brackets; state and parent follow it.
            found[int(stat.parent.name)] = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
    return found
