"""The journal's entries as the table holds them, each held against its sha256 before it is believed."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Row, select

from gates.records import digest
from qpilot.errors import QpilotError
from qpilot.record.heads import Head
from qpilot.record.journal_store import ENTRIES


@dataclass(frozen=True)
class Entry:
    """What was recorded: `at` in ISO 8601 (UTC), `previous` the sha256 of the entry before.

    `signature` is KEYID:BASE64 over its sha256.
    """

    seq: int
    kind: str
    key: str
    at: str
    payload: JsonValue
    previous: str
    sha256: str
    signature: str = ""


def find(connection: Connection, kind: str, prefix: str = "") -> tuple[Entry, ...]:
    """The entries of `kind` whose key starts with `prefix`, oldest first. Raises QpilotError where one was changed."""
    chosen = select(ENTRIES).where(ENTRIES.c.kind == kind, ENTRIES.c.key.startswith(prefix, autoescape=True))
    rows = connection.execute(chosen.order_by(ENTRIES.c.seq))
    # Compared again, since LIKE ignores case on some databases.
    return tuple(entry(row) for row in rows if row.key.startswith(prefix))


def standing(connection: Connection, kind: str, key: str) -> Entry | None:
    """The entry of (kind, key), or None."""
    found = connection.execute(select(ENTRIES).where(ENTRIES.c.kind == kind, ENTRIES.c.key == key)).first()
    return None if found is None else entry(found)


def last(connection: Connection) -> Entry | None:
    """The entry at the end; None of a journal without one."""
    found = connection.execute(select(ENTRIES).order_by(ENTRIES.c.seq.desc()).limit(1)).first()
    return None if found is None else entry(found)


def head(connection: Connection) -> Head:
    """The last entry's place and sha256."""
    end = last(connection)
    return Head() if end is None else Head(seq=end.seq, sha256=end.sha256)


def entry(row: Row[Any]) -> Entry:
    """The row as an entry. Raises QpilotError where it was changed: nothing is decided on such an entry."""
    if changed(row):
        raise QpilotError(
            f"journal entry {row.seq} was changed after it was recorded; `qpilot verify` lists the damage,"
            " restore the journal from a backup"
        )
    return Entry(**{**row._mapping, "payload": json.loads(row.payload)})


def changed(row: Row[Any]) -> bool:
    """Whether what the row holds is not what its sha256 covers."""
    content = {name: value for name, value in row._mapping.items() if name not in ("sha256", "signature")}
    whole = all(isinstance(value, str) for name, value in content.items() if name != "seq")
    return not whole or digest(content) != row.sha256
