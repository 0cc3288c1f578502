"""Real processes on one real journal: killed at any step, and eight at once on one account."""

import os
import random
import signal
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from qpilot.errors import QpilotError, Suspended
from qpilot.job import Stores
from qpilot.record.artifacts import Artifacts
from qpilot.record.entries import Entry
from qpilot.record.journal import Guard, Journal
from qpilot.spending import accounts
from qpilot.spending.accounts import OverBudget
from qpilot.spending.attempts import attempts
from qpilot.spending.batches import Done, finish, pay
from qpilot.spending.plans import Prepared
from qpilot.spending.service import Work
from tests.clean import forked
from tests.postgres import PASSWORD
from tests.spending.purses import FIGURES, FINGERPRINT, KEY, RUN, patient, place, prepare, purse
from tests.spending.vendor import DEVICE, LOST_ANSWER, PRICE, START, Vendor


class Died(Exception):  # noqa: N818
    """The process was killed."""


class Steps:
    """Counts steps over journal and vendor, and kills this process at one of them."""

    def __init__(self, last: int | None) -> None:
        self.left = last

    def __call__(self, event: str) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


class KilledJournal(Journal):
    def __init__(self, where: Path | str, steps: Steps) -> None:
        super().__init__(where)
        self._steps = steps

    def append(self, kind: str, key: str, payload: Any, at: Any, guard: Guard | None = None) -> Entry:
        self._steps("before")
        if guard is None:
            entry = super().append(kind, key, payload, at)
        else:
            # In the middle of the transaction, too.
            entry = super().append(kind, key, payload, at, lambda find: (guard(find), self._steps("inside"))[0])
        self._steps("after")
        return entry


def whole(folder: Path, last: int | None) -> tuple[Done, ...]:
    """One process pays and finishes the batch; killed at step `last`."""
    steps = Steps(last)
    vendor = Vendor(str(folder / "vendor.db"), hook=steps)
    vendor.faults["create"] = [LOST_ANSWER] if last is not None and last % 3 == 0 else []
    kept = Stores(KilledJournal(place(folder), steps), Artifacts(folder / "artifacts"), vendor.now)
    money = purse(kept, 2 * PRICE)
    paid = pay(KEY, FINGERPRINT, prepare, money, vendor, patient(vendor))
    return finish(paid, money, vendor, patient(vendor))


@pytest.fixture(params=["sqlite", "postgres"])
def everywhere(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal of `folder` lies in a file, or in PostgreSQL."""
    monkeypatch.setenv("QPILOT_JOURNAL_PASSWORD", PASSWORD)
    if request.param == "postgres":
        (folder / "journal.url").write_text(request.getfixturevalue("postgres").database().journal)


@pytest.mark.usefixtures("everywhere")
@pytest.mark.parametrize(
    ("everywhere", "seed"), [*(("sqlite", n) for n in range(4)), ("postgres", 4)], indirect=["everywhere"]
)
def test_killed_again_and_again_a_batch_is_paid_once(folder, seed):
    rng = random.Random(seed)
    for _ in range(6):
        process = forked(whole, folder, rng.randrange(24))
        process.join(60)
        assert process.exitcode in (0, -signal.SIGKILL)
    done = whole(folder, None)
    vendor = Vendor(str(folder / "vendor.db"))
    assert [one.reference for one in done] == sorted(task.reference for task in vendor.tasks())
    assert sum(vendor.bills().values()) == 2 * PRICE
    journal = Journal(place(folder))
    assert journal.verify() == ()
    assert {one.standing for one in attempts(journal.find)} == {"settled"}


LIMIT = Decimal("20.00")


def spend(folder: Path, worker: int) -> None:
    """Buys tasks at random prices from the account until something does not fit; some fail, and are free again."""
    rng = random.Random(worker)
    vendor = Vendor(str(folder / "vendor.db"))
    kept = Stores(Journal(place(folder)), Artifacts(folder / "artifacts"), vendor.now)
    run = f"p{worker}-01234567-1"
    money = purse(kept, "1000", run=run, owner=f"p{worker}", account="team", retries=0)
    for batch in range(5):
        usd = Decimal(rng.randrange(1, 300)) / 100
        if rng.random() < 0.2:
            vendor.will_end(f"{run}/{batch:04d}/0000/1", "FAILED")
        try:
            works = (Work(DEVICE, f"{worker} {batch}".encode(), 10, usd),)
            paid = pay(
                f"{run}/{batch:04d}",
                f"{batch:064d}",
                partial(Prepared, works, FIGURES, None),
                money,
                vendor,
                patient(vendor),
            )
            finish(paid, money, vendor, patient(vendor))
        except OverBudget as over:
            (folder / f"refused-{worker}-{batch}").write_text(f"{usd} {over}")
        except Suspended:
            continue


@pytest.mark.usefixtures("everywhere")
def test_eight_processes_never_pass_an_account_and_leave_nothing_unused(folder):
    accounts.set_limit(Journal(place(folder)), "team", LIMIT, "Ada", START)
    Vendor(str(folder / "vendor.db"))
    workers = [forked(spend, folder, worker) for worker in range(8)]
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0] * 8
    journal = Journal(place(folder))
    standing = accounts.standing(journal, "team")
    spent = sum(Vendor(str(folder / "vendor.db")).bills().values())
    assert (standing.billed, standing.reserved) == (spent, 0)
    assert standing.left >= 0
    # Replayed in the order of the entries: at none of them was more reserved and billed than the limit.
    most = running = Decimal(0)
    usd: dict[str, Decimal] = {}
    moves = sorted((*journal.find("reserved"), *journal.find("settled")), key=lambda entry: entry.seq)
    for entry in moves:
        now = Decimal(entry.payload["usd"])
        running += now - usd.get(entry.key, Decimal(0))
        usd[entry.key] = now
        most = max(most, running)
    assert most <= LIMIT
    refused = [path.read_text() for path in folder.glob("refused-*")]
    assert refused, "the amounts are chosen so that the limit is met"
    for text in refused:
        asked, sentence = text.split(" ", 1)
        left = Decimal(sentence.split("account 'team': $")[1].split(" ")[0])
        assert Decimal(asked) > left
        assert left >= 0
    assert journal.verify() == ()


def test_a_guard_reads_what_was_reserved_before_what_freed_it():
    """On a database without one writer at a time both may change between two reads: never must one count too little."""
    order: list[str] = []

    def find(kind: str, prefix: str = "") -> tuple[Entry, ...]:
        order.append(kind)
        return ()

    accounts.guard(purse(Stores(None, None, None)), Decimal(1), 1, 100)(find)
    assert order.index("reserved") < min(order.index(kind) for kind in ("task", "settled", "released", "resolved"))


def test_two_processes_on_one_run_make_each_task_once(folder):
    """Two homes on one database are not kept apart by a lock: the journal and the token keep them apart."""
    Vendor(str(folder / "vendor.db"))
    workers = [forked(whole, folder, None) for _ in range(2)]
    for worker in workers:
        worker.join(60)
    assert {worker.exitcode for worker in workers} == {0}
    assert len(Vendor(str(folder / "vendor.db")).tasks()) == 2
    assert len(Journal(place(folder)).find("task", f"{RUN}/")) == 2


def test_a_run_that_was_aborted_reserves_nothing(folder):
    vendor = Vendor()
    kept = Stores(Journal(place(folder)), Artifacts(folder / "artifacts"), vendor.now)
    longer = f"{RUN}2"
    kept.journal.append("aborted", longer, {"by": "Ada"}, START)
    with pytest.raises(QpilotError, match="was aborted, so nothing more is bought"):
        pay(f"{longer}/0000", FINGERPRINT, prepare, purse(kept, run=longer), vendor, patient(vendor))
    assert vendor.tasks() == ()
    pay(KEY, FINGERPRINT, prepare, purse(kept), vendor, patient(vendor))
    assert len(vendor.tasks()) == 2, "a run whose name begins another's is not that one"
