"""The journal: one append-only, hash-chained table in which every (kind, key) happens once.

An entry's sha256 covers its place, its content and the entry before, so an edit, a deletion or a swap shows where it
is. Each is signed, so whoever lacks the key cannot make one. A cut at the end shows against heads kept elsewhere (the
home, run folders, registry manifests): see `Journal.verify`.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import JsonValue
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from gates.records import canonical, digest
from qpilot.decisions.keys import Signer, Trusted, keyid
from qpilot.errors import QpilotError
from qpilot.record import durable, entries, heads, signatures
from qpilot.record.chain import Chain
from qpilot.record.entries import Entry
from qpilot.record.heads import HOME, Head
from qpilot.record.journal_store import ENTRIES, UNSIGNED, Lost, Store
from qpilot.record.postgres_store import PostgresStore
from qpilot.record.signatures import ACCEPTED
from qpilot.record.sqlite_store import SqliteStore

T = TypeVar("T")
_LOSSES = 3
"""How often a connection may break before the caller hears of it."""


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
    """A journal in an SQLite file (a path) or in PostgreSQL (a URL). Touches nothing until used.

    Safe for several processes and threads at once, on PostgreSQL also of several hosts; an entry is on disk when
    `append` returns. Raises QpilotError where the database is damaged, was changed, cannot be reached, or its disk is
    full.

    `signer` signs every entry; without one they are unsigned, which `verify` finds. `kept` is the file that holds the
    head, signed; it goes forward only while what it holds lies on the chain. With a signer, reading raises QpilotError
    where it comes upon an entry that no trusted key signed.
    """

    def __init__(self, where: Path | str, signer: Signer | None = None, kept: Path | None = None) -> None:
        remote = isinstance(where, str) and "://" in where
        self._store: Store = PostgresStore(str(where)) if remote else SqliteStore(Path(where))
        self._kept = kept
        self.signer = signer
        self.where = self._store.where

    def unasked(self) -> "Journal":
        """The same journal, read without asking who signed: for whoever looks into just that, and writes nothing."""
        other = Journal.__new__(Journal)
        other._store, other._kept, other.signer, other.where = self._store, None, None, self.where
        return other

    def append(self, kind: str, key: str, payload: JsonValue, at: datetime, guard: Guard | None = None) -> Entry:
        """(kind, key) is recorded at the end. `at`: with time zone. Raises Exists where it was recorded before.

        guard: called in the same transaction with `find` over all that stands; what it raises leaves nothing recorded.
        No other process's entry can come between what it saw and this one.
        """
        if at.tzinfo is None:
            raise ValueError(f"at = {at} has no time zone; give datetime.now(UTC)")
        text, stamp = canonical(payload).decode(), at.astimezone(UTC).isoformat()
        losses, open_end = 0, None
        perhaps: set[str] = set()
        for _ in range(100):
            entry = None
            try:
                with self._store.writing() as connection:
                    entry = self._append(connection, kind, key, stamp, text, guard)
                    forward = self._forward(connection)
                if forward:
                    # The entry stands whether or not this can be written: a head that lags lies on the chain too.
                    with suppress(QpilotError):
                        self._keep(Head(seq=entry.seq, sha256=entry.sha256))
                return entry
            except IntegrityError:
                # Somebody who did not queue took the same place: look again.
                continue
            except Exists as exists:
                if exists.entry.sha256 in perhaps:
                    return exists.entry  # this call's own, recorded as its connection broke
                raise
            except Lost as lost:
                losses += 1
                if lost.unknown and entry is not None:
                    open_end = lost
                    perhaps.add(entry.sha256)
                if losses == _LOSSES:
                    raise open_end or lost from None
            except QpilotError as error:
                if open_end is None:
                    raise
                raise open_end from error
        raise QpilotError(f"the journal {self.where} is too busy: no place was found for {kind} {key!r}; run again")

    def get(self, kind: str, key: str) -> Entry | None:
        """The entry of (kind, key), or None."""
        return self._read(lambda connection: self._standing(connection, kind, key))

    def find(self, kind: str, prefix: str = "") -> tuple[Entry, ...]:
        """The entries of `kind` whose key starts with `prefix`, oldest first."""
        return self._read(lambda connection: self._find(connection, kind, prefix))

    def entries(self) -> tuple[Entry, ...]:
        """Every entry, oldest first, as one moment sees them."""
        with self._store.reading() as connection:
            return tuple(entries.entry(row) for row in connection.execute(select(ENTRIES).order_by(ENTRIES.c.seq)))

    def head(self) -> Head:
        """The last entry's place and sha256."""
        return self._read(entries.head)

    def alone(self, name: str, holder: str) -> AbstractContextManager[None]:
        """No other host that shares this journal is at work on `name` meanwhile (see Store.alone)."""
        return self._store.alone(name, holder)

    def holder(self, name: str) -> str | None:
        """Who of the hosts that share this journal is at work on `name`; None where nobody is, or it is a file."""
        return self._store.holder(name)

    def verify(self, anchors: Mapping[str, Head] | None = None, trusted: Trusted | None = None) -> tuple[str, ...]:
        """A sentence for every entry edited, deleted, reordered or cut off; none where the journal is whole.

        `anchors`: where a head was kept -> that head. Each must lie on the chain. `trusted`: keys, one of which has
        signed every entry; None asks for no signatures.
        """
        chain, findings = Chain(trusted), list[str]()
        try:
            with self._store.reading() as connection:
                findings += self._store.damage(connection)
                for row in connection.execute(select(ENTRIES).order_by(ENTRIES.c.seq)):
                    findings += chain.follow(row)
        except QpilotError as error:
            return (*findings, str(error))
        return (*findings, *chain.ended(anchors or {}))

    def _read(self, look: Callable[[Connection], T]) -> T:
        """What `look` finds in one view, looked at again where the connection broke."""
        for losses in range(1, _LOSSES + 1):
            try:
                with self._store.reading() as connection:
                    return look(connection)
            except Lost:
                if losses == _LOSSES:
                    raise
        raise AssertionError("unreachable")

    def _append(self, connection: Connection, kind: str, key: str, at: str, text: str, guard: Guard | None) -> Entry:
        standing = self._standing(connection, kind, key)
        if standing is not None:
            raise Exists(standing)
        # Before the guard looks: an entry that comes in after this line takes the place this one asks for, which then fails.
        last = entries.last(connection)
        head = Head() if last is None else Head(seq=last.seq, sha256=last.sha256)
        if last is not None and kind != ACCEPTED:  # a new key has to accept the old one before it goes on
            self._require_signed(connection, last)
        if guard is not None:
            guard(partial(self._find, connection))
        place: dict[str, JsonValue] = {"seq": head.seq + 1, "kind": kind, "key": key, "at": at, "previous": head.sha256}
        sha256 = digest({**place, "payload": text})
        signature = signatures.signature(sha256, self.signer)
        if self._kept is not None and not self._kept.exists() and (head.seq == 0 or "://" in self.where):
            self._keep(head)  # before the first entry: from then on its absence is a finding
        connection.execute(insert(ENTRIES).values(**place, payload=text, sha256=sha256, signature=signature))
        return Entry(head.seq + 1, kind, key, at, json.loads(text), head.sha256, sha256, signature)

    def _find(self, connection: Connection, kind: str, prefix: str = "") -> tuple[Entry, ...]:
        found = entries.find(connection, kind, prefix)
        if self.signer is not None and self.signer.public() is not None:
            self._require_signed(connection, *found)
        return found

    def _standing(self, connection: Connection, kind: str, key: str) -> Entry | None:
        found = entries.standing(connection, kind, key)
        if found is not None and self.signer is not None and self.signer.public() is not None:
            self._require_signed(connection, found)
        return found

    def _require_signed(self, connection: Connection, *read: Entry) -> None:
        """Nothing, where a key that is trusted here signed each. Raises QpilotError: nothing is decided on another."""
        if self.signer is None:
            return
        own = self.signer.public()
        known: Trusted = {} if own is None else {keyid(own): own}
        for entry in read:
            if not signatures.flaw(entry.signature, entry.sha256, known):
                continue
            known = signatures.closure(entries.find(connection, ACCEPTED), known)
            flaw = signatures.flaw(entry.signature, entry.sha256, known)
            if flaw:
                if not connection.execute(select(ENTRIES.c.signature).order_by(ENTRIES.c.seq).limit(1)).scalar():
                    raise QpilotError(f"this home {UNSIGNED}")
                raise QpilotError(
                    f"journal entry {entry.seq} ({entry.kind} {entry.key!r}) {flaw}; if that key is yours, name it with"
                    " QPILOT_SIGNING_KEY or accept it (`qpilot key --accept FILE --by NAME`), else restore the journal"
                    " from a backup"
                )

    def _forward(self, connection: Connection) -> bool:
        """Whether the head that is kept lies on the chain: one that does not stays, and is found."""
        head = None if self._kept is None else heads.stated(self._kept, HOME)
        if head is None or head.seq == 0:
            return head == Head()
        found = connection.execute(select(ENTRIES.c.sha256).where(ENTRIES.c.seq == head.seq)).scalar()
        return bool(found == head.sha256)

    def _keep(self, head: Head) -> None:
        """The file holds the head, unless another process has put a later one there."""
        if self._kept is None:
            return
        there = heads.stated(self._kept, HOME)
        if there is None or there.seq < head.seq:
            durable.write(self._kept, heads.sealed(HOME, head, self.signer))
