"""One trial: the paid stage is killed at random, started again until it ends, and held against the service's own ledger.

What a trial is made of, each part drawn by chance:

| part | drawn from |
|---|---|
| when it is killed, up to three times | a time; an instruction; a request, before, while or after it is answered, at random |
| what goes wrong at the service | FAULTS: answers lost or refused, tasks that fail, results that come late |
| how far its list of tasks lags behind | not at all, some seconds, longer than a token lives |
| when the next process starts | at once, or when the tokens have expired |
| what is left of the journal | all of it, or its state at an earlier moment |

The last three never meet: of a task that is in no journal, on no list, and whose token has expired, nobody can know.
"""

import contextlib
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from qpilot.braket.service import BraketService
from qpilot.errors import QpilotError
from qpilot.record.home import Home
from qpilot.spending import resolution
from qpilot.spending.attempts import ITEM_TAG, attempts
from tests.loopback import Loopback
from tests.paid.nursery import Nursery
from tests.paid.reaper import MOMENTS, Moment, Reaper
from tests.paid.stage import Order

CREATE = "CreateQuantumTask"
OPERATIONS = {"request": "", "submission": CREATE, "look": "GetQuantumTask"}
FAULTS: dict[str, tuple[tuple[str, str, dict[str, Any]], ...]] = {
    "none": (),
    "request lost": ((CREATE, "drop", {}),),
    "answer lost": ((CREATE, "accept-then-drop", {}),),
    "500 before acceptance": ((CREATE, "error-500", {}),),
    "500 after acceptance": ((CREATE, "accept-then-500", {}),),
    "throttled": ((CREATE, "ThrottlingException", {"first": 3}),),
    "answer lost, then throttled": ((CREATE, "accept-then-drop", {}), (CREATE, "ThrottlingException", {"nth": 3})),
    "everything shaky": (("*", "drop", {"probability": 0.1}), ("*", "accept-then-500", {"probability": 0.1})),
    "task failed": ((CREATE, "fail", {}),),
    "list unavailable": (("SearchQuantumTasks", "error-500", {"first": 2}),),
    "looks unanswered": (("GetQuantumTask", "drop", {"first": 3}),),
    "result late": (("GetObject", "result-missing", {"first": 3}),),
    "result cut": (("GetObject", "result-truncated", {"first": 2}),),
    "S3 fails": (("GetObject", "error-500", {"first": 3}),),
}
"""(operation, effect, which calls of it: by default one of the first eight)."""
LATER_SECONDS = 660.0
"""More than a token lives."""
INSTRUCTIONS, REQUESTS, SECONDS, TASKS = 260_000, 37, 1.5, 8
"""About what a stage takes that nobody kills."""
STARTS = 12


@dataclass(frozen=True)
class Kill:
    """How a process is killed, and what it finds that comes after it.

    how: "time", "instruction", "request", "submission", "look". number: of the request. later: the tokens have expired meanwhile.
    keeps: the fraction of the journal's entries that are left.
    """

    how: str
    seconds: float = 0.0
    instruction: int = -1
    number: int = 1
    moment: Moment = "carried out"
    later: bool = False
    keeps: float = 1.0

    @property
    def name(self) -> str:
        return f"{self.how}, {self.moment}" if self.how in OPERATIONS else self.how


@dataclass(frozen=True)
class Draw:
    """A trial before it begins. fault: of FAULTS; nth: the call it strikes. lag_seconds: of the service's list."""

    fault: str = "none"
    nth: int = 1
    seed: int = 0
    lag_seconds: float = 0.0
    kills: tuple[Kill, ...] = ()


def draw(chance: np.random.Generator) -> Draw:
    """A trial at random."""
    lag = float(chance.choice([0.0, 0.0, 5.0, 900.0]))
    expires = chance.random() < 0.5
    kills = []
    for _ in range(int(chance.integers(1, 4))):
        how = str(chance.choice(["time", "instruction", "request", "submission"]))
        blind = lag > LATER_SECONDS and expires
        kills.append(
            Kill(
                how=how,
                seconds=float(chance.uniform(0, SECONDS if how == "time" else 0.02)),
                instruction=int(chance.integers(INSTRUCTIONS)),
                number=int(chance.integers(1, 1 + (TASKS if how == "submission" else REQUESTS))),
                moment=MOMENTS[int(chance.integers(len(MOMENTS)))],
                later=bool(chance.random() < 0.5) and expires,
                keeps=float(chance.random()) if chance.random() < 0.35 and not blind else 1.0,
            )
        )
    fault = str(chance.choice([*FAULTS, "none", "none"]))
    return Draw(fault, int(chance.integers(1, TASKS + 1)), int(chance.integers(2**31)), lag, tuple(kills))


@dataclass
class Result:
    """What became of a trial. killed: how each process was; a stage may end before its turn comes.

    tasks, failed: at the service. duplicates: tasks beyond one for a piece of work. lost: tasks the journal does not know.
    over: more was owed at some moment than the budget. parked: attempts a person had to look up. wrong: a sentence for
    everything that may not be. said: why processes ended that were neither killed nor done.
    """

    draw: Draw
    killed: list[str] = field(default_factory=list)
    cuts: int = 0
    starts: int = 0
    tasks: int = 0
    failed: int = 0
    duplicates: int = 0
    lost: int = 0
    over: bool = False
    parked: int = 0
    said: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


def trial(service: Reaper, nursery: Nursery, drawn: Draw, mutant: str = "none") -> Result:
    """Runs one trial on a service and a home of its own."""
    began, result = time.monotonic(), Result(drawn)
    service.reset()
    service.settings.poll_ms = 2
    service.settings.search_lag_seconds = drawn.lag_seconds
    for operation, effect, detail in FAULTS[drawn.fault]:
        service.faults.add(operation, effect, seed=drawn.seed, **(detail or {"nth": drawn.nth}))
    with scratch() as folder:
        order = Order(home=str(folder), mutant=mutant)
        # To the cent what the stage costs: a task paid or reserved twice has no room.
        order = replace(order, usd=str(order.need))
        _conduct(service, nursery, order, result)
        judge(service, order, result)
    result.seconds = time.monotonic() - began
    return result


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder for a home, in memory where the system has such a place: a killed process loses nothing of it either."""
    place = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=place if place.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _conduct(service: Reaper, nursery: Nursery, order: Order, result: Result) -> None:
    """Starts processes until one ends the stage, or four in a row stop for the same reason; the first ones are killed."""
    kills = [*result.draw.kills]
    for result.starts in range(1, STARTS + 1):
        kill = kills.pop(0) if kills else None
        said = start(service, nursery, order, kill)
        if said is not None:
            if said["state"] == "done":
                return
            result.said.append(f"{said['error']}: {said['said']}")
            if not look_up(service, order) and result.said[-4:] == [result.said[-1]] * 4:
                break
            continue
        assert kill is not None
        result.killed.append(kill.name)
        result.cuts += cut(Path(order.home), kill.keeps)
        if kill.later:
            service.clock.advance(LATER_SECONDS)
            order = replace(order, ahead_seconds=order.ahead_seconds + LATER_SECONDS)
    result.wrong.append(f"it does not end: {result.said[-1:]}")


def start(service: Reaper, nursery: Nursery, order: Order, kill: Kill | None) -> dict[str, Any] | None:
    """One process: what it answered, None where it was killed."""
    how = "" if kill is None else kill.how
    child = nursery.start(replace(order, step=kill.instruction) if kill and how == "instruction" else order)
    if kill and how in OPERATIONS:
        service.kill_at(child.pid, OPERATIONS[how], kill.number, kill.moment, kill.seconds)
    with child.killed_after(kill.seconds if kill and how == "time" else 600.0):
        child.ended()
    service.spare()
    return child.wait()


def cut(home: Path, keeps: float) -> int:
    """The journal as it was when that fraction of its entries stood; answers whether that is another than now."""
    file = home / "journal.db"
    if keeps == 1.0 or not file.is_file():
        return 0
    with contextlib.closing(sqlite3.connect(file)) as base, base:
        try:
            (head,) = base.execute("select coalesce(max(seq), 0) from entries").fetchone()
        except sqlite3.OperationalError:
            return 0
        kept = int(keeps * head)
        base.execute("delete from entries where seq > ?", (kept,))
        return int(kept < head)


def look_up(service: Loopback, order: Order) -> int:
    """A person looks parked attempts up at the vendor, and says the truth; how many there were."""
    stores = order.stores
    parked = [one for one in attempts(stores.journal.find, f"{order.run}/") if one.standing == "parked"]
    for one in parked:
        there = [bill.arn for bill in service.bills.values() if bill.tags.get(ITEM_TAG) == one.name.text]
        reference = there[0] if there else None
        with contextlib.suppress(QpilotError):
            resolution.resolve(
                stores.journal, one.name.text, reference, "Ada", "console", order.clock(), BraketService()
            )
    return len(parked)


def judge(service: Reaper, order: Order, result: Result) -> None:
    """Holds the journal against the service's ledger."""
    found, bills = attempts(Home(Path(order.home)).journal.find, f"{order.run}/"), service.bills
    paid = Counter(bill.tags[ITEM_TAG].rsplit("/", 1)[0] for bill in bills.values() if bill.state != "FAILED")
    result.tasks = len(bills)
    result.failed = sum(bill.state == "FAILED" for bill in bills.values())
    result.duplicates = sum(times - 1 for times in paid.values())
    result.lost = len(set(bills) - {one.reference for one in found})
    result.over = max(service.most, bills.total) > order.need
    result.parked = sum("parked" in one.entries for one in found)
    settled = sum((one.billed_usd for one in found), Decimal(0))
    unspent = sum((one.open_usd for one in found), Decimal(0))
    said = {
        f"paid twice or more: {sorted(item for item, times in paid.items() if times > 1)}": result.duplicates,
        f"{result.lost} tasks of the service are not in the journal": result.lost,
        f"${service.most} of ${order.need} were owed at one moment": result.over,
        f"{len(paid)} of {order.points} circuits were paid for": len(paid) != order.points,
        f"the journal says ${settled} were billed, the service ${bills.total}": settled != bills.total,
        f"${unspent} are still reserved": unspent,
    }
    result.wrong += [sentence for sentence, so in said.items() if so]
    result.wrong += Home(Path(order.home)).journal.verify()
