"""What each attempt at a paid task cost, read off the journal, and held against what the vendor lists."""

import csv as tables
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from gates.records import Record
from gates.wording import dollars
from qpilot.record.journal import Journal
from qpilot.spending.attempts import ITEM_TAG, Attempt, attempts
from qpilot.spending.service import TERMINAL, Task

_STATES = {"task": "OPEN", "free": "NEVER_RAN", "parked": "PARKED", "unknown": "UNKNOWN"}


class Line(Record):
    """One attempt. `attempt`: as `qpilot resolve` takes it. `billed_usd`: None until the bill is known.

    state: the vendor's (COMPLETED, FAILED, CANCELLED) once settled; OPEN: it is a task that was not settled yet;
    NEVER_RAN: its money is free; PARKED, UNKNOWN: whether it is a task is not known. created, ended: by the vendor.
    """

    run: str
    item: str
    attempt: str
    device: str
    reference: str | None
    state: str
    reserved_usd: Decimal
    billed_usd: Decimal | None
    shots: int
    shots_done: int | None
    reserved: datetime | None
    created: datetime | None
    ended: datetime | None
    note: str

    @property
    def open_usd(self) -> Decimal:
        """What is still set aside for it."""
        return self.reserved_usd if self.billed_usd is None and self.state != "NEVER_RAN" else Decimal(0)

    @property
    def sentence(self) -> str:
        money = (
            f"{dollars(self.reserved_usd)} reserved"
            if self.billed_usd is None
            else f"{dollars(self.billed_usd)} billed"
        )
        parts = (f"{self.attempt}  {self.state}  {money}  {self.shots} shots", self.reference or "", self.note)
        return "  ".join(filter(None, parts))


class Totals(Record):
    """Sums over attempts, in dollars. `reserved`: still set aside. `tasks`: how many the vendor has of them."""

    attempts: int
    tasks: int
    failed: int
    reserved: Decimal
    billed: Decimal

    @property
    def sentence(self) -> str:
        return (
            f"{self.tasks} tasks in {self.attempts} attempts ({self.failed} failed): {dollars(self.billed)} billed,"
            f" {dollars(self.reserved)} reserved for tasks not settled yet"
        )


def lines(journal: Journal, run: str) -> tuple[Line, ...]:
    """A line for every attempt of the run, in the order of batches, tasks and attempts."""
    return tuple(_line(one) for one in attempts(journal.find, f"{run}/"))


def totals(found: Sequence[Line]) -> Totals:
    """The sums over lines."""
    return Totals(
        attempts=len(found),
        tasks=sum(line.reference is not None for line in found),
        failed=sum(line.state == "FAILED" for line in found),
        reserved=sum((line.open_usd for line in found), Decimal(0)),
        billed=sum((line.billed_usd or Decimal(0) for line in found), Decimal(0)),
    )


def csv(found: Sequence[Line]) -> str:
    """The lines as CSV, with a header; empty where something is not known."""
    text = io.StringIO()
    writer = tables.DictWriter(text, Line.model_fields, lineterminator="\n")
    writer.writeheader()
    for line in found:
        plain: Any = line.plain()
        writer.writerow(plain)
    return text.getvalue()


def differences(
    found: Sequence[Line], tasks: Sequence[Task], bills: Mapping[str, Decimal] | None = None
) -> tuple[str, ...]:
    """A sentence for everything in which the journal and the vendor differ; none where they agree.

    tasks: the run's, as the service lists them (it may list a new one late). bills: reference -> dollars, where the
    vendor says them; lines billed other than reserved are named in any case.
    """
    said: list[str] = []
    ours = {line.reference: line for line in found if line.reference is not None}
    theirs = {task.reference: task for task in tasks}
    for reference in sorted(theirs.keys() - ours.keys()):
        task = theirs[reference]
        said.append(
            f"the vendor has task {reference} ({task.state}, {task.shots} shots, {ITEM_TAG} = {task.tags.get(ITEM_TAG, '')!r}),"
            " which the journal does not know"
        )
    said += [
        f"the journal has task {reference} for {ours[reference].attempt}, which the vendor does not list"
        for reference in sorted(ours.keys() - theirs.keys())
    ]
    tagged: dict[str, list[str]] = defaultdict(list)
    for task in tasks:
        tagged[task.tags.get(ITEM_TAG, "")].append(task.reference)
    said += [
        f"{item} is {len(many)} tasks: {', '.join(sorted(many))}"
        for item, many in sorted(tagged.items())
        if len(many) > 1
    ]
    for reference in sorted(ours.keys() & theirs.keys()):
        said += _unlike(ours[reference], theirs[reference])
    for line in found:
        said += _misbilled(line, (bills or {}).get(line.reference or ""))
    return tuple(said)


def _unlike(line: Line, task: Task) -> list[str]:
    name, said = f"{line.attempt} ({task.reference})", []
    if line.state in TERMINAL and line.state != task.state:
        said.append(f"{name}: settled as {line.state}, and the vendor says {task.state}")
    if line.state == "OPEN" and task.state in TERMINAL:
        said.append(f"{name}: the vendor says {task.state}, and it is not settled; run again, or abort the run")
    if line.shots != task.shots:
        said.append(f"{name}: {line.shots} shots were ordered, and the vendor says {task.shots}")
    if line.state == "COMPLETED" and task.shots_done not in (None, line.shots):
        said.append(f"{name}: {task.shots_done} of {line.shots} shots were done")
    return said


def _misbilled(line: Line, vendor: Decimal | None) -> list[str]:
    if line.billed_usd is None:
        return [] if vendor is None else [f"{line.attempt}: the vendor bills {dollars(vendor)}, and it is not settled"]
    said = []
    if vendor is not None and vendor != line.billed_usd:
        said.append(f"{line.attempt}: settled at {dollars(line.billed_usd)}, and the vendor bills {dollars(vendor)}")
    if line.billed_usd > line.reserved_usd or (line.state == "COMPLETED" and line.billed_usd < line.reserved_usd):
        said.append(
            f"{line.attempt}: {dollars(line.billed_usd)} were billed for the {dollars(line.reserved_usd)} that were reserved"
        )
    return said


def _line(one: Attempt) -> Line:
    reserved, settled = one.says("reserved"), one.says("settled")
    return Line(
        run=one.name.run,
        item=one.name.item,
        attempt=one.name.text,
        device=reserved.get("device", ""),
        reference=one.reference,
        state=settled["state"] if settled else _STATES[one.standing],
        reserved_usd=one.reserved_usd,
        billed_usd=one.billed_usd if settled else None,
        shots=reserved.get("shots", 0),
        shots_done=settled.get("shots_done"),
        reserved=one.at("reserved"),
        created=settled.get("created"),
        ended=settled.get("ended"),
        note="; ".join(_notes(one)),
    )


def _notes(one: Attempt) -> list[str]:
    said = []
    if one.says("task").get("how") == "found":
        said.append("found at the vendor")
    if one.says("settled").get("reason"):
        said.append(one.says("settled")["reason"])
    if "released" in one.entries:
        said.append(f"released: {one.says('released')['why']}")
    if one.standing == "parked":
        said.append(one.says("parked")["why"])
    if "resolved" in one.entries:
        resolved = one.says("resolved")
        said.append(f"resolved by {resolved['by']}: {resolved['note'] or resolved['reference'] or 'never ran'}")
    return said
