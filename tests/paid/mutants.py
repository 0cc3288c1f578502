"""The project with one of its precautions taken out, by a service or a journal of another kind: what the trials must catch.

| mutant | what is gone |
|---|---|
| none | nothing |
| token | the token that follows from the work: every request carries a new one |
| intent | the reservation before the request: it is recorded with the first thing that is known of the task |
| arn | the ARN before the waiting: it is recorded when the task is settled |
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pydantic import JsonValue

from qpilot.braket.service import BraketService
from qpilot.record.entries import Entry
from qpilot.record.journal import Exists, Guard, Journal
from qpilot.spending.service import Work


class Forgetful(BraketService):
    """Sends a token that nothing can tell again."""

    def create(self, work: Work, token: str, tags: Mapping[str, str]) -> str:
        return super().create(work, secrets.token_hex(32), tags)


class Late(Journal):
    """Keeps entries of `kind` in memory until another entry of the same key is recorded."""

    def __init__(self, where: Path | str, kind: str) -> None:
        super().__init__(where)
        self._kind = kind
        self._held: dict[str, Entry] = {}

    def append(self, kind: str, key: str, payload: JsonValue, at: datetime, guard: Guard | None = None) -> Entry:
        if kind == self._kind:
            standing = self.get(kind, key)
            if standing is not None:
                raise Exists(standing)
            if guard is not None:
                guard(self.find)
            self._held[key] = Entry(10**9, kind, key, at.astimezone(UTC).isoformat(), payload, "", "")
            return self._held[key]
        held = self._held.pop(key, None)
        if held is not None:
            super().append(held.kind, key, held.payload, datetime.fromisoformat(held.at))
        return super().append(kind, key, payload, at, guard)

    def get(self, kind: str, key: str) -> Entry | None:
        held = self._held.get(key) if kind == self._kind else None
        return held or super().get(kind, key)

    def find(self, kind: str, prefix: str = "") -> tuple[Entry, ...]:
        held = [one for key, one in self._held.items() if kind == self._kind and key.startswith(prefix)]
        return (*super().find(kind, prefix), *held)


@dataclass(frozen=True)
class Mutant:
    """service: whom the backend pays. journal: where it is recorded."""

    service: type[BraketService] = BraketService
    journal: Callable[[Path], Journal] = Journal


MUTANTS = {
    "none": Mutant(),
    "token": Mutant(service=Forgetful),
    "intent": Mutant(journal=partial(Late, kind="reserved")),
    "arn": Mutant(journal=partial(Late, kind="task")),
}
