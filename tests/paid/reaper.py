"""The loopback service with a hand on the process it serves: kill -9 at a request, and a watch on what is owed meanwhile."""

import os
import signal
import threading
from decimal import Decimal
from typing import Literal

from tests.loopback import Loopback
from tests.loopback.tasks import Task
from tests.loopback.wire import DROPPED, Reply, Request

Moment = Literal["before", "carried out", "answered"]
MOMENTS: tuple[Moment, ...] = ("before", "carried out", "answered")
ROUTES = {"CreateQuantumTask": ("POST", "quantum-task"), "GetQuantumTask": ("GET", "quantum-task")}


class Reaper(Loopback):
    """`most`: the dearest moment so far, everything billed and everything still to be billed, in dollars."""

    def __init__(self) -> None:
        super().__init__()
        self._due = threading.Lock()
        self._victim: tuple[int, str, int, Moment, float] | None = None
        self.most = Decimal(0)
        self.acceptance.on_accept = self._watch

    def kill_at(self, pid: int, operation: str, number: int, moment: Moment, later_seconds: float = 0.0) -> None:
        """kill -9 of `pid` at its request `number` (from 1) of an operation of ROUTES, "" for any.

        before: it was sent, and nothing is done about it. carried out: nobody is told. answered: a little later.
        """
        with self._due:
            self._victim = (pid, operation, number, moment, later_seconds)

    def spare(self) -> None:
        """Nobody is killed any more; must come before the victim is waited for."""
        with self._due:
            self._victim = None

    def reset(self) -> None:
        super().reset()
        self.most = Decimal(0)

    def answer(self, request: Request) -> Reply:
        moment = self._moment(request)
        if moment == "before":
            self._kill()
            return DROPPED
        reply = super().answer(request)
        if moment == "carried out":
            self._kill()
        elif moment == "answered":
            assert self._victim is not None
            threading.Timer(self._victim[4], self._kill).start()
        return reply

    def _moment(self, request: Request) -> Moment | None:
        """When the process is to be killed at this request, None where it lives on."""
        with self._due:
            if self._victim is None or request.path.startswith("/_control/"):
                return None
            pid, operation, number, moment, later = self._victim
            if operation and (request.method, request.path.split("/")[1]) != ROUTES[operation]:
                return None
            self._victim = (pid, operation, number - 1, moment, later)
            return moment if number == 1 else None

    def _kill(self) -> None:
        with self._due:
            if self._victim is not None:
                os.kill(self._victim[0], signal.SIGKILL)
                self._victim = None

    def _watch(self, task: Task) -> None:
        self.most = max(self.most, self.bills.total + self.bills.due)
