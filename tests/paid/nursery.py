"""Processes that run the paid stage and may be killed: forked off one process in which everything is imported already.

with Nursery() as nursery:
    child = nursery.start(order)      # runs
    os.kill(child.pid, SIGKILL)       # whenever; its number is not given away before it is waited for
    child.wait()                      # its answer, or None where it was killed
"""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from tests.loopback.server import FOREIGN

ROOT = Path(__file__).parent.parent.parent
WATCHED = tuple(str(ROOT / "qpilot" / part) for part in ("braket", "hardware", "record", "spending"))
"""Where instructions are counted: everything between a batch and its counts in the journal."""


@dataclass
class Child:
    """A process of the nursery. After `wait` it must not be killed any more."""

    pid: int
    nursery: "Nursery"
    place: Path

    @contextlib.contextmanager
    def killed_after(self, seconds: float) -> Iterator[None]:
        """kill -9 after that time, unless the block has ended before."""
        timer = threading.Timer(seconds, os.kill, (self.pid, signal.SIGKILL))
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def kill(self) -> None:
        """kill -9."""
        os.kill(self.pid, signal.SIGKILL)

    def ended(self) -> None:
        """Waits for the end; the process keeps its number until `wait`."""
        self.nursery.ask({"ended": self.pid})

    def wait(self) -> dict[str, Any] | None:
        """What it answered, None where it was killed. Raises AssertionError where it ended in any other way."""
        status = self.nursery.ask({"wait": self.pid})
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            return None
        assert status == 0, f"the process ended with {status}:\n{self.place.with_suffix('.log').read_text()[-3000:]}"
        found: dict[str, Any] = json.loads(self.place.read_text())
        return found


class Nursery:
    """The process that forks the others; it has nothing of a run, and no threads. `environment`: of the service."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._numbers = itertools.count()
        self._environment = {name: value for name, value in os.environ.items() if name not in FOREIGN} | environment

    def __enter__(self) -> "Nursery":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.paid.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment | {"OMP_NUM_THREADS": "1"},
        )
        return self

    def __exit__(self, *failure: object) -> None:
        self._process.kill()
        self._process.communicate()

    def start(self, order: Any) -> Child:
        """A process at work on an Order (tests/paid/stage.py)."""
        folder = Path(order.home)
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / f"process-{next(self._numbers)}.json"
        return Child(self.ask({"order": order.plain(), "place": str(place)}), self, place)

    def ask(self, what: dict[str, Any]) -> int:
        """The number the forking process answers with."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        assert said, "the nursery is gone"
        return int(said)


def main() -> None:
    """Forks and waits as told on stdin, until that is closed."""
    from tests.paid import stage  # everything a process needs is imported here, once

    for line in sys.stdin:
        what = json.loads(line)
        if "order" in what:
            order = stage.Order(**what["order"])
            if not order.environment:
                stage.warm(order)
            number = os.fork()
            if number == 0:
                _work(order, Path(what["place"]))
        elif "ended" in what:
            os.waitid(os.P_PID, what["ended"], os.WEXITED | os.WNOWAIT)
            number = 0
        else:
            _, number = os.waitpid(what["wait"], 0)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def _work(order: Any, place: Path) -> None:
    """The child: runs the stage, leaves its answer, and ends without a word to its parent."""
    import traceback

    from tests.paid import stage

    code = 1
    try:
        log = os.open(place.with_suffix(".log"), os.O_CREAT | os.O_WRONLY)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, file in ((0, nothing), (1, log), (2, log)):
            os.dup2(file, number)
        steps = _counted(order.step)
        said = stage.answer(order)
        sys.settrace(None)
        place.write_text(json.dumps(said | {"steps": next(steps)}))
        code = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(code)


def _counted(last: int) -> Iterator[int]:
    """Counts the instructions of WATCHED from now on, and dies at the one numbered `last`. At -1 nothing is counted."""
    steps = itertools.count()
    if last == -1:
        return steps

    def instruction(frame: FrameType, event: str, argument: object) -> Any:
        if event == "opcode" and next(steps) == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return instruction

    def call(frame: FrameType, event: str, argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(WATCHED):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return instruction

    threading.settrace(call)
    sys.settrace(call)
    return steps


if __name__ == "__main__":
    main()
