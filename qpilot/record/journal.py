"""The journal: one append-only, hash-chained table in which every (kind, key) happens once.

An entry's sha256 covers its place, its content and the entry before, so an edit, a deletion or a swap shows where it
is. A cut at the end shows against heads kept elsewhere (run folders, registry manifests): see `Journal.verify`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Row, insert, select
from sqlalchemy.exc import IntegrityError

from gates.records import Record, canonical, digest
from qpilot.errors import QpilotError
from qpilot.record.journal_store import ENTRIES, Store


class Head(Record):
    """The journal's last entry: its place (0 for none) and sha256. Kept elsewhere, it shows a journal cut short."""

    seq: int = 0
    sha256: str = "0" * 64


@dataclass(frozen=True)
class Entry:
    """What was recorded: `at` in ISO 8601 (UTC), `previous` the sha256 of the entry before."""

    seq: int
    kind: str
    key: str
    at: str
    payload: JsonValue
    previous: str
    sha256: str


Find = Callable[..., tuple[Entry, ...]]
"""find(kind, prefix="") -> the entries, oldest first."""
Guard = Callable[[Find], None]


class Exists(QpilotError):  # noqa: N818 - an answer to most callers, who go on with what stands
    """(kind, key) was recorded before; `entry` is what stands."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(
            f"{entry.kind} {entry.key!r} is already in the journal, since {entry.at}; it cannot be replaced"
        )
        self.entry = entry


class Journal:
    """A journal in an SQLite file (a path), or in any database SQLAlchemy reaches (a URL). Touches nothing until used.

    Safe for several processes and threads at once; an entry is on disk when `append` returns. Raises QpilotError where
    the database is damaged, was changed, or its disk is full.
    """

    def __init__(self, where: Path | str) -> None:
        self._store = Store(where)
        self.where = self._store.where

    def append(self, kind: str, key: str, payload: JsonValue, at: datetime, guard: Guard | None = None) -> Entry:
        """(kind, key) is recorded at the end. `at`: with time zone. Raises Exists where it was recorded before.

        guard: called in the same transaction with `find` over all that stands; what it raises leaves nothing recorded.
        No other process's entry can come between what it saw and this one.
        """
        if at.tzinfo is None:
            raise ValueError(f"at = {at} has no time zone; give datetime.now(UTC)")
        text, stamp = canonical(payload).decode(), at.astimezone(UTC).isoformat()
        for _ in range(100):
            try:
                with self._store.writing() as connection:
                    return _append(connection, kind, key, stamp, text, guard)
            except IntegrityError:
                # A database without one writer at a time let another process take the same place: look again.
                continue
        raise QpilotError(f"the journal {self.where} is too busy: no place was found for {kind} {key!r}; run again")

    def get(self, kind: str, key: str) -> Entry | None:
        """The entry of (kind, key), or None."""
        with self._store.reading() as connection:
            return _standing(connection, kind, key)

    def find(self, kind: str, prefix: str = "") -> tuple[Entry, ...]:
        """The entries of `kind` whose key starts with `prefix`, oldest first."""
        with self._store.reading() as connection:
            return _find(connection, kind, prefix)

    def head(self) -> Head:
        """The last entry's place and sha256."""
        with self._store.reading() as connection:
            return _head(connection)

    def verify(self, anchors: Mapping[str, Head] | None = None) -> tuple[str, ...]:
        """A sentence for every entry edited, deleted, reordered or cut off; none where the journal is whole.

        `anchors`: where a head was kept -> that head. Each must lie on the chain.
        """
        findings: list[str] = []
        seen = {0: Head().sha256}
        standing: set[tuple[str, str]] = set()
        previous = Head()
        try:
            with self._store.reading() as connection:
                findings += self._store.damage(connection)
                for row in connection.execute(select(ENTRIES).order_by(ENTRIES.c.seq)):
                    findings += _faults(row, previous)
                    if (row.kind, row.key) in standing:
                        findings.append(f"journal entry {row.seq} repeats {row.kind} {row.key!r}")
                    standing.add((row.kind, row.key))
                    seen[row.seq] = row.sha256
                    previous = Head.model_construct(seq=row.seq, sha256=row.sha256)
        except QpilotError as error:
            return (*findings, str(error))
        for place, anchor in (anchors or {}).items():
            if anchor.seq not in seen:
                findings.append(f"journal entry {anchor.seq}, anchored in {place}, is gone: the journal was cut short")
            elif seen[anchor.seq] != anchor.sha256:
                findings.append(f"journal entry {anchor.seq} is not the one anchored in {place}")
        return tuple(findings)


def _append(connection: Connection, kind: str, key: str, at: str, text: str, guard: Guard | None) -> Entry:
    standing = _standing(connection, kind, key)
    if standing is not None:
        raise Exists(standing)
    # Before the guard looks: an entry that comes in after this line takes the place this one asks for, which then fails.
    head = _head(connection)
    if guard is not None:
        guard(partial(_find, connection))
    place: dict[str, JsonValue] = {"seq": head.seq + 1, "kind": kind, "key": key, "at": at, "previous": head.sha256}
    sha256 = digest({**place, "payload": text})
    connection.execute(insert(ENTRIES).values(**place, payload=text, sha256=sha256))
    return Entry(head.seq + 1, kind, key, at, json.loads(text), head.sha256, sha256)


def _find(connection: Connection, kind: str, prefix: str = "") -> tuple[Entry, ...]:
    chosen = select(ENTRIES).where(ENTRIES.c.kind == kind, ENTRIES.c.key.startswith(prefix, autoescape=True))
    rows = connection.execute(chosen.order_by(ENTRIES.c.seq))
    # Compared again, since LIKE ignores case on some databases.
    return tuple(_entry(row) for row in rows if row.key.startswith(prefix))


def _standing(connection: Connection, kind: str, key: str) -> Entry | None:
    found = connection.execute(select(ENTRIES).where(ENTRIES.c.kind == kind, ENTRIES.c.key == key)).first()
    return None if found is None else _entry(found)


def _head(connection: Connection) -> Head:
    found = connection.execute(select(ENTRIES).order_by(ENTRIES.c.seq.desc()).limit(1)).first()
    return Head() if found is None else Head(seq=found.seq, sha256=_entry(found).sha256)


def _entry(row: Row[Any]) -> Entry:
    """The row as an entry. Raises QpilotError where it was changed: nothing is decided on such an entry."""
    if _changed(row):
        raise QpilotError(
            f"journal entry {row.seq} was changed after it was recorded; `qpilot verify` lists the damage,"
            " restore the journal from a backup"
        )
    return Entry(**{**row._mapping, "payload": json.loads(row.payload)})


def _changed(row: Row[Any]) -> bool:
    content = {name: value for name, value in row._mapping.items() if name != "sha256"}
    whole = all(isinstance(value, str) for name, value in content.items() if name != "seq")
    return not whole or digest(content) != row.sha256


def _faults(row: Row[Any], previous: Head) -> list[str]:
    if row.seq != previous.seq + 1:
        return [f"journal entry {row.seq} follows entry {previous.seq}: what stood between was deleted or moved"]
    if _changed(row):
        return [f"journal entry {row.seq} was changed"]
    if row.previous != previous.sha256:
        return [f"journal entry {row.seq} does not follow entry {previous.seq}: one of them was replaced or moved"]
    return []
