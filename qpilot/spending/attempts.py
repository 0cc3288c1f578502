"""What became of every attempt to run a paid task, read off the journal; and the token and tags that name it."""

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, cast

from gates.records import digest
from qpilot.errors import QpilotError
from qpilot.record.entries import Entry
from qpilot.record.journal import Find

KINDS = ("reserved", "task", "settled", "released", "parked", "resolved")
"""Journal kinds with an attempt for their key. `reserved` is the first of every attempt, so it is read first."""

Standing = Literal["settled", "task", "free", "parked", "unknown"]

ITEM_TAG, RUN_TAG, PLAN_TAG, TOKEN_TAG = "qpilot-item", "qpilot-run", "qpilot-plan", "qpilot-token"

_KEY = re.compile(r"(?P<run>[^/]+)/(?P<batch>\d+)/(?P<work>\d+)/(?P<number>[1-9]\d*)(\.(?P<turn>[2-9]|[1-9]\d+))?")


@dataclass(frozen=True)
class Name:
    """An attempt's key taken apart: "RUN/0000/0003/1" is the first attempt at work 3 of batch 0.

    Where that never became a task, "RUN/0000/0003/1.2" is its second turn: reserved anew, and sent with the same token and
    tags. Should the vendor have taken the first all the same, it answers with that task.
    """

    run: str
    batch: str
    work: str
    number: int
    turn: int = 1

    @classmethod
    def of(cls, text: str) -> "Name":
        """Raises QpilotError where `text` names no attempt."""
        found = _KEY.fullmatch(text)
        if found is None:
            raise QpilotError(
                f"{text!r} names no task; required: RUN/BATCH/TASK/ATTEMPT, as `qpilot ledger RUN` lists them"
            )
        return cls(found["run"], found["batch"], found["work"], int(found["number"]), int(found["turn"] or 1))

    @property
    def key(self) -> str:
        """The batch."""
        return f"{self.run}/{self.batch}"

    @property
    def item(self) -> str:
        """The task, whatever the attempt."""
        return f"{self.key}/{self.work}"

    @property
    def text(self) -> str:
        return f"{self.item}/{self.number}" + (f".{self.turn}" if self.turn > 1 else "")

    @property
    def first(self) -> "Name":
        """The attempt's first turn, whose name every turn is sent with."""
        return replace(self, turn=1)

    def following(self, ran: bool) -> "Name":
        """The next attempt, where this one ran; else its next turn."""
        return replace(self, number=self.number + 1, turn=1) if ran else replace(self, turn=self.turn + 1)


@dataclass(frozen=True)
class Attempt:
    """One attempt and its entries. What holds, the first row that fits:

    | settled | task, or resolved with a reference | released, or resolved without one | parked | standing |
    |---------|------------------------------------|-----------------------------------|--------|----------|
    | yes     | either                             | either                            | either | settled  |
    | no      | yes                                | either                            | either | task     |
    | no      | no                                 | yes                               | either | free     |
    | no      | no                                 | no                                | yes    | parked   |
    | no      | no                                 | no                                | no     | unknown  |

    unknown: reserved, and possibly sent. A task outweighs what a person or a refusal said of it: it is there.
    """

    name: Name
    entries: dict[str, Entry]

    def says(self, kind: str) -> dict[str, Any]:
        """The payload of the attempt's entry of that kind; empty where there is none."""
        return cast(dict[str, Any], self.entries[kind].payload) if kind in self.entries else {}

    def at(self, kind: str) -> datetime | None:
        """When the entry of that kind was made."""
        return datetime.fromisoformat(self.entries[kind].at) if kind in self.entries else None

    @property
    def reference(self) -> str | None:
        found = self.says("task").get("reference") or self.says("resolved").get("reference")
        return cast(str | None, found or self.says("settled").get("reference"))

    @property
    def given_up(self) -> bool:
        """A person said that it never ran, or lets what ended be sent anew."""
        return "resolved" in self.entries and self.says("resolved")["reference"] is None

    @property
    def standing(self) -> Standing:
        if "settled" in self.entries:
            return "settled"
        if self.reference is not None:
            return "task"
        if "released" in self.entries or self.given_up:
            return "free"
        return "parked" if "parked" in self.entries else "unknown"

    @property
    def reserved_usd(self) -> Decimal:
        """What was set aside for it, whether it still is or not."""
        return Decimal(self.says("reserved").get("usd", "0"))

    @property
    def open_usd(self) -> Decimal:
        """What is still set aside: nothing once it is settled, or never became a task."""
        return Decimal(0) if self.standing in ("settled", "free") else self.reserved_usd

    @property
    def billed_usd(self) -> Decimal:
        return Decimal(self.says("settled").get("usd", "0"))


def attempts(find: Find, prefix: str = "") -> tuple[Attempt, ...]:
    """The attempts whose key starts with `prefix` ("RUN/", "RUN/0000/", "RUN/0000/0003/"), in their order."""
    found: dict[str, dict[str, Entry]] = defaultdict(dict)
    for kind in KINDS:
        for entry in find(kind, prefix):
            found[entry.key][kind] = entry
    read = (Attempt(Name.of(key), entries) for key, entries in found.items())
    return tuple(sorted(read, key=lambda one: (one.name.item, one.name.number, one.name.turn)))


def attempt_of(find: Find, name: Name) -> Attempt | None:
    """The attempt of that name, or None where the journal has no entry of it."""
    return next((one for one in attempts(find, name.text) if one.name == name), None)


def bearer(find: Find, name: Name) -> Name:
    """The turn that a task of that name belongs to: the last in the journal, or the first."""
    turns = [one.name for one in attempts(find, name.first.text) if one.name.first == name.first]
    return turns[-1] if turns else name.first


def token(pilot: str, name: Name, device: str, shots: int, action: str) -> str:
    """What makes the vendor answer the same attempt with the same task: sha256 (hex) of all that it is, and no more.

    pilot: its digest. action: its sha256. No process, clock or chance enters, so that every process sends the same.
    """
    return digest([pilot, name.run, "hardware", name.item, name.number, device, shots, action])
