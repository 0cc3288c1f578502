"""A journal in an SQLite file: one writer at a time, on one host."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy import event as events
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool

from qpilot.errors import QpilotError
from qpilot.record import durable
from qpilot.record.journal_store import ENTRIES, PATIENCE_SECONDS, Store, prepare, require_signatures

_CLOSED = ("readonly", "unable to open")
"""What SQLite says of a file, or a folder, that may not be written."""


class SqliteStore(Store):
    """The table in the file at `path`. One that may not be written (a mount, a backup) is read as it lies there."""

    def __init__(self, path: Path) -> None:
        self._file = path.absolute()
        self._engine: Engine | None = None
        self.where = str(self._file)

    def __reduce__(self) -> tuple[type["SqliteStore"], tuple[Path]]:
        return SqliteStore, (self._file,)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._said("read"):
            # Looking makes no file where there is none.
            absent = self._engine is None and not self._file.exists()
            engine = create_engine("sqlite://") if absent else self._readable()
            with engine.connect() as connection, connection.begin():
                if absent:
                    prepare(connection)
                yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        with self._said("write"), self._ready().connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin():
                yield connection

    def damage(self, connection: Connection) -> list[str]:
        rows = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        damaged = [] if rows == ["ok"] else [f"the journal {self.where} is damaged: {'; '.join(map(str, rows[:3]))}"]
        # A trigger could drop what is appended, and a view hide what stands.
        made = connection.exec_driver_sql(
            "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
        foreign = sorted(f"{kind} {name!r}" for kind, name in made if (kind, name) != ("table", ENTRIES.name))
        return damaged + [f"the journal {self.where} holds what qpilot did not make: {what}" for what in foreign]

    def _ready(self) -> Engine:
        """The engine, with the table in place."""
        if self._engine is None:
            patience = {"timeout": PATIENCE_SECONDS}
            engine = create_engine(f"sqlite:///{self._file}", poolclass=NullPool, connect_args=patience)
            events.listen(engine, "connect", _settle)
            events.listen(engine, "begin", _begin)
            with durable.writing(self._file):
                self._file.parent.mkdir(parents=True, exist_ok=True)
            _write_ahead(engine)
            with engine.connect() as plain:
                connection = plain.execution_options(writes=True)
                with connection.begin():
                    prepare(connection)
            self._engine = engine
        return self._engine

    def _readable(self) -> Engine:
        """The engine, also where the file may only be read: then one that asks for no more, and leaves nothing behind."""
        try:
            return self._ready()
        except (DBAPIError, sqlite3.OperationalError) as error:
            if not any(word in str(error) for word in _CLOSED):
                raise
        address = f"{self._file.as_uri()}?mode=ro"
        try:
            engine = _reader(address)
        except sqlite3.OperationalError:
            # A reader needs the index of the file that holds the last writes, and may not make it. Where no such writes
            # are, the file itself is all there is; who takes it so does not see a writer who begins meanwhile.
            written = self._file.with_name(f"{self._file.name}-wal")
            if written.exists() and written.stat().st_size:
                raise
            engine = _reader(f"{address}&immutable=1")
        with engine.connect() as connection:
            require_signatures(connection)
        return engine

    @contextlib.contextmanager
    def _said(self, doing: str) -> Iterator[None]:
        """A database error inside leaves as a QpilotError that says what to do."""
        try:
            yield
        except IntegrityError:
            raise
        except (DBAPIError, sqlite3.Error, UnicodeDecodeError, PermissionError) as error:
            raise QpilotError(self._sentence(doing, str(getattr(error, "orig", error)))) from error

    def _sentence(self, doing: str, said: str) -> str:
        failed = f"cannot {doing} the journal {self.where}: {said}"
        if "disk is full" in said or "disk I/O error" in said:  # on a full disk reading fails so, too
            return f"{failed}; free some space and run again, nothing was recorded"
        if "locked" in said:
            return f"{failed}, another process has held it for {PATIENCE_SECONDS} s; run again"
        if any(word in said for word in (*_CLOSED, "Permission denied")):
            needed, other = ("readable", "a copy of all of it") if doing == "read" else ("writable", "another folder")
            return f"{failed}; make it {needed}, or set QPILOT_HOME to {other}"
        return (
            f"the journal {self.where} is damaged or no journal of qpilot ({said}); restore it from a backup, or set"
            " QPILOT_HOME to another folder"
        )


def _reader(address: str) -> Engine:
    """An engine that reads the file at a file: URI. Raises sqlite3.OperationalError where it cannot be read so."""

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=PATIENCE_SECONDS, isolation_level=None)

    with closing(connect()) as probe:
        probe.execute("SELECT count(*) FROM sqlite_master").close()
    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    events.listen(engine, "begin", _begin)
    return engine


def _settle(connection: Any, _: object) -> None:
    # pysqlite would begin late and by itself; transactions are begun in `_begin`.
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous=FULL").close()


def _begin(connection: Connection) -> None:
    # A writer takes its lock before it reads the head, or two would follow the same entry.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _write_ahead(engine: Engine) -> None:
    """Readers and the writer no longer wait for each other. SQLite's own patience does not cover this switch."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        finally:
            connection.close()
