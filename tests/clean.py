"""Processes for tests that need several, or one that dies: forked off a clean server in which all they need is imported.

The process of the tests may hold threads and servers of other tests, which do not survive a fork; a new interpreter for
each would import everything again.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable
from contextlib import closing
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

CLEAN = multiprocessing.get_context("forkserver")
CLEAN.set_forkserver_preload(["tests.record.worker", "tests.spending.test_processes"])


def forked(job: Callable[..., object], *arguments: object) -> BaseProcess:
    """A process at work on `job`, a function of a module, with the environment that stands here now."""
    process = CLEAN.Process(target=_work, args=(dict(os.environ), None, job, arguments))
    process.start()
    return process


class Speaking:
    """A process whose lines are read. Its output and its errors are one stream."""

    def __init__(self, job: Callable[..., object], *arguments: object) -> None:
        said, line = CLEAN.Pipe(duplex=False)
        with closing(line):
            self._process = CLEAN.Process(target=_work, args=(dict(os.environ), line, job, arguments))
            self._process.start()
        self.pid = self._process.pid
        self.stdout = os.fdopen(os.dup(said.fileno()), encoding="utf-8")
        said.close()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()

    def rest(self) -> str:
        """What it says until its end, which is waited for."""
        with self.stdout:
            text = self.stdout.read()
        self._process.join()
        return text

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.exitcode


def _work(environment: dict[str, str], line: Connection | None, job: Callable[..., object], arguments: tuple) -> None:  # type: ignore[type-arg]
    os.environ.clear()
    os.environ.update(environment)
    if line is not None:
        for number in (1, 2):
            os.dup2(line.fileno(), number)
        line.close()
    job(*arguments)
    sys.stdout.flush()
