"""A vendor paid by the task, in one SQLite file (or in memory), so that it outlives the processes that pay it.

It keeps tokens for ten minutes, shows new tasks in its list only after a lag, has a queue, and a bill for every task.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from qpilot.spending.service import Refused, ResultFault, State, Task, Unanswered, Work

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKEN_SECONDS = 600
DEVICE = "arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet"
PRICE = Decimal("1.50")

Before = Callable[[str], None]

_TABLES = """
create table if not exists clock (seconds real);
create table if not exists tasks (
    reference text primary key, token text, device text, action blob, shots int, usd text, tags text, created real,
    state text, looks int, ending text, reason text);
create table if not exists endings (item text primary key, ending text, reason text);
"""


def nothing(event: str) -> None:
    """No fault."""


@dataclass
class Vendor:
    """Implements Service. `hook` is called with "create:before", "create:after", and so on, and may raise.

    lag_seconds: how long a new task is missing from the list. looks: how often a task is seen queued before it ends.
    """

    where: str = ":memory:"
    lag_seconds: float = 0.0
    looks: int = 1
    hook: Callable[[str], None] = nothing
    faults: dict[str, list[Exception | str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.base = sqlite3.connect(self.where, isolation_level=None, timeout=60)
        self.base.row_factory = sqlite3.Row
        self.base.executescript(_TABLES)
        self.base.execute("insert into clock select 0 where not exists (select 1 from clock)")

    def seconds(self) -> float:
        return float(self.base.execute("select seconds from clock").fetchone()[0])

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds())

    def advance(self, seconds: float) -> None:
        """Time passes, for everybody; nobody really waits."""
        self.base.execute("update clock set seconds = seconds + ?", (seconds,))

    def will_end(self, item: str, state: State, reason: str = "") -> None:
        """The next attempt of that name will end so; the others complete."""
        self.base.execute("insert or replace into endings values (?, ?, ?)", (item, state, reason))

    def create(self, work: Work, token: str, tags: Mapping[str, str]) -> str:
        self._before("create")
        self.base.execute("begin immediate")
        known = self.base.execute(
            "select reference from tasks where token = ? and created > ?", (token, self.seconds() - TOKEN_SECONDS)
        ).fetchone()
        if known is None:
            number = self.base.execute("select count(*) from tasks").fetchone()[0]
            reference = f"arn:task/{number}"
            ending = self.base.execute("select * from endings where item = ?", (tags["qpilot-item"],)).fetchone()
            values = (reference, token, work.device, work.action, work.shots, str(work.usd), json.dumps(dict(tags)))
            end = (ending["ending"], ending["reason"]) if ending else ("COMPLETED", "")
            self.base.execute(
                "insert into tasks values (?, ?, ?, ?, ?, ?, ?, ?, 'CREATED', 0, ?, ?)", (*values, self.seconds(), *end)
            )
        else:
            reference = known[0]
        self.base.execute("commit")
        self._after("create")
        return str(reference)

    def find(self, device: str, since: datetime) -> tuple[Task, ...]:
        self._before("find")
        rows = self.base.execute(
            "select * from tasks where device = ? and created >= ? and created <= ?",
            (device, (since - START).total_seconds(), self.seconds() - self.lag_seconds),
        ).fetchall()
        self._after("find")
        return tuple(_task(row) for row in rows)

    def look(self, reference: str) -> Task:
        self._before("look")
        self.base.execute("update tasks set looks = looks + 1 where reference = ?", (reference,))
        self.base.execute(
            "update tasks set state = case when looks > ? then ending else 'QUEUED' end"
            " where reference = ? and state in ('CREATED', 'QUEUED')",
            (self.looks, reference),
        )
        task = self.task(reference)
        self._after("look")
        return task

    def result(self, reference: str) -> bytes:
        self._before("result")
        row = self.base.execute("select action, state from tasks where reference = ?", (reference,)).fetchone()
        if row["state"] != "COMPLETED":
            raise ResultFault(f"{reference} has no result")
        self._after("result")
        return b"result of " + bytes(row["action"])

    def bill(self, work: Work, task: Task, result: bytes | None) -> Decimal:
        self._before("bill")
        usd = self.bills()[task.reference]
        self._after("bill")
        return usd

    def cancel(self, reference: str) -> None:
        self._before("cancel")
        self.base.execute(
            "update tasks set state = 'CANCELLED' where reference = ? and state in ('CREATED', 'QUEUED')", (reference,)
        )
        self._after("cancel")

    def task(self, reference: str) -> Task:
        return _task(self.base.execute("select * from tasks where reference = ?", (reference,)).fetchone())

    def tasks(self) -> tuple[Task, ...]:
        """Every task there is, whatever the list shows."""
        return tuple(_task(row) for row in self.base.execute("select * from tasks order by created, reference"))

    def bills(self) -> dict[str, Decimal]:
        """What the vendor bills, by reference: everything but what failed or was cancelled."""
        rows = self.base.execute("select * from tasks")
        return {row["reference"]: Decimal(0 if row["state"] in ("FAILED", "CANCELLED") else row["usd"]) for row in rows}

    def plant(self, work: Work, tags: Mapping[str, str]) -> str:
        """Somebody else created a task."""
        return Vendor.create(self, work, f"planted {len(self.tasks())}", tags)

    def _before(self, event: str) -> None:
        self.hook(f"{event}:before")
        if self.faults[event] and self.faults[event][0] != "":
            fault = self.faults[event][0]
            if isinstance(fault, Exception):
                self.faults[event].pop(0)
                raise fault

    def _after(self, event: str) -> None:
        self.hook(f"{event}:after")
        if self.faults[event]:
            fault = self.faults[event].pop(0)
            if fault == "lost answer":
                raise Unanswered("the connection broke")


def _task(row: sqlite3.Row) -> Task:
    return Task(
        reference=row["reference"],
        state=row["state"],
        created=START + timedelta(seconds=row["created"]),
        ended=START + timedelta(seconds=row["created"] + 60) if row["state"] == "COMPLETED" else None,
        shots=row["shots"],
        shots_done=row["shots"] if row["state"] == "COMPLETED" else None,
        tags=json.loads(row["tags"]),
        position="3" if row["state"] == "QUEUED" else "",
        reason=row["reason"] if row["state"] == "FAILED" else "",
    )


THROTTLED = Refused("too many requests", again=True)
DENIED = Refused("access denied: braket:CreateQuantumTask")
SILENT = Unanswered("no answer within 60 s")
LOST_ANSWER = "lost answer"
"""The request is carried out, and its answer never arrives."""
FINE = ""
"""Place holder in a list of faults: this call goes well."""
