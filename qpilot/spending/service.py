"""What a vendor that is paid by the task must answer, so that every task can be created once and found again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from gates.records import Record
from qpilot.errors import QpilotError

State = Literal["CREATED", "QUEUED", "RUNNING", "COMPLETED", "FAILED", "CANCELLING", "CANCELLED"]
TERMINAL: frozenset[State] = frozenset({"COMPLETED", "FAILED", "CANCELLED"})


@dataclass(frozen=True)
class Work:
    """One paid task as it is sent. Nothing in it depends on a process or a clock.

    device: its ARN. action: the program, byte for byte. shots: all that are billed. usd: the exact price of one attempt.
    """

    device: str
    action: bytes
    shots: int
    usd: Decimal


class Task(Record):
    """What the vendor says of a task. `reference`: its ARN. `position`: in the queue, as the vendor words it.

    `shots_done`: successful ones, None where it does not say.
    """

    reference: str
    state: State
    created: datetime
    ended: datetime | None = None
    shots: int
    shots_done: int | None = None
    tags: dict[str, str]
    position: str = ""
    reason: str = ""


class Refused(QpilotError):  # noqa: N818
    """The vendor answered that it did not take the task: it does not exist, and costs nothing.

    `again`: the same request may be taken a little later (throttling).
    """

    def __init__(self, said: str, again: bool = False) -> None:
        super().__init__(said)
        self.again = again


class Unanswered(QpilotError):  # noqa: N818
    """No answer, or one that leaves it open whether the request was carried out."""


class ResultFault(QpilotError):  # noqa: N818
    """A completed task's result is missing, unreadable, partial, or not what was asked for."""


class Service(Protocol):
    """A vendor's task interface. No call is repeated inside it: whoever calls decides what may be sent again."""

    def create(self, work: Work, token: str, tags: Mapping[str, str]) -> str:
        """The reference of the task; within the token's life the same token answers with the same task.

        Raises Refused or Unanswered.
        """
        ...

    def find(self, device: str, since: datetime) -> tuple[Task, ...]:
        """Every task on the device created at `since` or later, whoever created it. Raises Unanswered, QpilotError."""
        ...

    def look(self, reference: str) -> Task:
        """How a task stands. Raises Unanswered, QpilotError."""
        ...

    def result(self, reference: str) -> bytes:
        """The result document of a completed task, as the vendor keeps it. Raises Unanswered, ResultFault, QpilotError."""
        ...

    def bill(self, work: Work, task: Task, result: bytes | None) -> Decimal:
        """What the vendor bills for how the task ended. Raises Unanswered, QpilotError."""
        ...

    def cancel(self, reference: str) -> None:
        """Asks for a cancellation, which the task's state shows or not. Raises Unanswered, QpilotError."""
        ...
