"""Runs a paid batch, ends it at any step, loses the end of its journal, and starts it again like a new process."""

import contextlib
import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from gates.records import canonical
from qpilot.errors import QpilotError, Suspended
from qpilot.job import Stores
from qpilot.record.artifacts import Artifacts
from qpilot.record.entries import Entry
from qpilot.record.journal import Exists, Guard, Journal
from qpilot.spending import resolution
from qpilot.spending.attempts import ITEM_TAG, attempts
from qpilot.spending.batches import Done, finish, pay
from qpilot.spending.service import Service
from tests.spending.purses import FINGERPRINT, KEY, RUN, patient, prepare, purse
from tests.spending.vendor import PRICE, Vendor


class Crash(BaseException):
    """The process is gone: nothing in the code may see this and go on."""


@dataclass
class Steps:
    """Every effect, before and after it happens; the process ends at step `crash`."""

    crash: int | None = None
    seen: list[str] = field(default_factory=list)

    def __call__(self, event: str) -> None:
        self.seen.append(event)
        if len(self.seen) - 1 == self.crash:
            raise Crash(event)


class SteppedJournal:
    """A journal in a list, which outlives the process and loses its end; every entry is two steps.

    It answers as the real one does, a hundred times as fast (the real one is held against it in test_processes.py).
    """

    where = "memory"

    def __init__(self, entries: list[Entry], steps: Steps) -> None:
        self._entries, self._steps = entries, steps

    def append(self, kind: str, key: str, payload: JsonValue, at: datetime, guard: Guard | None = None) -> Entry:
        self._steps(f"append {kind}:before")
        standing = self.get(kind, key)
        if standing is not None:
            raise Exists(standing)
        if guard is not None:
            guard(self.find)
        plain = json.loads(canonical(payload))
        entry = Entry(len(self._entries) + 1, kind, key, at.astimezone(UTC).isoformat(), plain, "", "")
        self._entries.append(entry)
        self._steps(f"append {kind}:after")
        return entry

    def get(self, kind: str, key: str) -> Entry | None:
        return next((entry for entry in self._entries if (entry.kind, entry.key) == (kind, key)), None)

    def find(self, kind: str, prefix: str = "") -> tuple[Entry, ...]:
        return tuple(entry for entry in self._entries if entry.kind == kind and entry.key.startswith(prefix))


class SteppedArtifacts(Artifacts):
    """Artifacts that are two steps each."""

    def __init__(self, folder: Path, steps: Steps) -> None:
        super().__init__(folder)
        object.__setattr__(self, "_steps", steps)

    def put(self, data: bytes) -> str:
        self._steps("put:before")  # type: ignore[attr-defined]
        name = super().put(data)
        self._steps("put:after")  # type: ignore[attr-defined]
        return name


@dataclass(frozen=True)
class Scenario:
    """What goes wrong by itself. `setup` fills in the vendor's faults; `works` tasks are paid, `usd` is the budget."""

    name: str
    setup: Callable[[Vendor], None]
    works: int = 2
    retries: int = 1

    @property
    def usd(self) -> Decimal:
        """To the cent what the tasks cost: a task paid twice, or reserved twice, has no room."""
        return self.works * PRICE


@dataclass
class World:
    """A folder with a journal, and a vendor, which outlive the processes."""

    folder: Path
    scenario: Scenario
    vendor: Vendor
    entries: list[Entry] = field(default_factory=list)

    @classmethod
    def new(cls, folder: Path, scenario: Scenario, lag_seconds: float = 0.0) -> "World":
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        vendor = Vendor(lag_seconds=lag_seconds)
        scenario.setup(vendor)
        return cls(folder, scenario, vendor)

    def stores(self, steps: Steps | None = None) -> Stores:
        """What a new process opens."""
        steps = steps or Steps()
        journal = cast(Journal, SteppedJournal(self.entries, steps))
        return Stores(journal, SteppedArtifacts(self.folder / "artifacts", steps), self.vendor.now)

    def process(self, steps: Steps | None = None, service: Service | None = None) -> tuple[Done, ...]:
        """One process pays and finishes the batch. Raises Crash where `steps` ends it."""
        stores = self.stores(steps)
        kept, vendor = purse(stores, self.scenario.usd, retries=self.scenario.retries), self.vendor
        vendor.hook = steps or Steps()
        paid = pay(KEY, FINGERPRINT, lambda: prepare(self.scenario.works), kept, service or vendor, patient(vendor))
        return finish(paid, kept, service or vendor, patient(vendor))

    def until_done(self, service: Service | None = None) -> tuple[Done, ...]:
        """Starts processes until one finishes; a person looks up what is parked, at the vendor."""
        for _ in range(8):
            try:
                return self.process(service=service)
            except Suspended:
                self.look_up()
            except QpilotError:
                pass
            self.vendor.advance(60)
        raise AssertionError(f"{self.scenario.name} does not end")

    def look_up(self) -> None:
        """What a person says about parked attempts: the truth. Whatever else is suspended is run again."""
        journal = self.stores().journal
        for one in attempts(journal.find, f"{RUN}/"):
            if one.standing == "parked":
                there = [task.reference for task in self.vendor.tasks() if task.tags[ITEM_TAG] == one.name.text]
                with contextlib.suppress(QpilotError):
                    resolution.resolve(
                        journal, one.name.text, there[0] if there else None, "Ada", "", self.vendor.now(), self.vendor
                    )

    def faults(self) -> list[str]:
        """What may never be, whether the batch is done or not."""
        said = []
        paid = Counter(
            task.tags[ITEM_TAG].rsplit("/", 1)[0]
            for task in self.vendor.tasks()
            if task.state not in ("FAILED", "CANCELLED")
        )
        said += [f"{item} is paid {times} times" for item, times in paid.items() if times > 1]
        spent = sum(self.vendor.bills().values())
        if spent > self.scenario.usd:
            said.append(f"${spent} spent of ${self.scenario.usd}")
        return said

    def unsettled(self) -> list[str]:
        """What may not be once the batch is done."""
        found = attempts(self.stores().journal.find, f"{RUN}/")
        ours = {one.reference for one in found if one.reference is not None}
        said = [f"{task.reference} is lost" for task in self.vendor.tasks() if task.reference not in ours]
        billed, spent = sum(one.billed_usd for one in found), sum(self.vendor.bills().values())
        if billed != spent:
            said.append(f"${spent} were spent, and the journal says ${billed}")
        if len(self.vendor.tasks()) < self.scenario.works:
            said.append("work was left out")
        return said + [f"{one.name.text} still holds ${one.open_usd}" for one in found if one.open_usd]
