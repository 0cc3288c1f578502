"""Where the journal lies: one table in a database, and what can go wrong with a database said in a sentence."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
)
from sqlalchemy import event as events
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool

from qpilot.errors import QpilotError
from qpilot.record import durable

_PATIENCE_SECONDS = 60

ENTRIES = Table(
    "entries",
    MetaData(),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(64), nullable=False),
    Column("key", String(512), nullable=False),
    Column("at", String(40), nullable=False),
    # Text, not a JSON type: the chain covers these bytes, and a database may rewrite JSON.
    Column("payload", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("kind", "key"),
)


class Store:
    """The database behind a journal; connects when used, one connection a transaction, so that processes may fork."""

    def __init__(self, where: Path | str) -> None:
        self._file = None if isinstance(where, str) and "://" in where else Path(where).absolute()
        self._url = str(where) if self._file is None else f"sqlite:///{self._file}"
        self._engine: Engine | None = None
        self.where = str(where) if self._file is None else str(self._file)

    def __reduce__(self) -> tuple[type["Store"], tuple[str]]:
        return Store, (self.where,)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view of the table; others may write meanwhile. Looking makes no file where there is none."""
        absent = self._engine is None and self._file is not None and not self._file.exists()
        with self._said("read"):
            engine = create_engine("sqlite://") if absent else self._ready()
            with engine.connect() as connection, connection.begin():
                if absent:
                    ENTRIES.metadata.create_all(connection)
                yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is on disk when it ends, or has left nothing. IntegrityError passes through."""
        with self._said("write"), self._ready().connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin():
                yield connection

    def damage(self, connection: Connection) -> list[str]:
        """What the database says about its own pages and indexes; a broken index would hide an entry from `get`."""
        if connection.dialect.name != "sqlite":
            return []
        rows = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        return [] if rows == ["ok"] else [f"the journal {self.where} is damaged: {'; '.join(map(str, rows[:3]))}"]

    def _ready(self) -> Engine:
        """The engine, with the table in place."""
        if self._engine is None:
            engine = create_engine(self._url, poolclass=NullPool, connect_args=self._arguments())
            if engine.dialect.name == "sqlite":
                events.listen(engine, "connect", _settle)
                events.listen(engine, "begin", _begin)
            if self._file is not None:
                with durable.writing(self._file):
                    self._file.parent.mkdir(parents=True, exist_ok=True)
            self._create(engine)
            self._engine = engine
        return self._engine

    def _create(self, engine: Engine) -> None:
        if engine.dialect.name == "sqlite":
            _write_ahead(engine)
        with engine.connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin():
                ENTRIES.metadata.create_all(connection)

    def _arguments(self) -> dict[str, Any]:
        return {"timeout": _PATIENCE_SECONDS} if self._url.startswith("sqlite") else {}

    @contextlib.contextmanager
    def _said(self, doing: str) -> Iterator[None]:
        """A database error inside leaves as a QpilotError that says what to do."""
        try:
            yield
        except IntegrityError:
            raise
        except (DBAPIError, sqlite3.Error, UnicodeDecodeError) as error:
            raise QpilotError(self._sentence(doing, str(getattr(error, "orig", error)))) from error

    def _sentence(self, doing: str, said: str) -> str:
        failed = f"cannot {doing} the journal {self.where}: {said}"
        if "disk is full" in said or (doing == "write" and "disk I/O error" in said):
            return f"{failed}; free some space and run again, nothing was recorded"
        if "locked" in said:
            return f"{failed}, another process has held it for {_PATIENCE_SECONDS} s; run again"
        if "unable to open" in said or "readonly" in said:
            return f"{failed}; make it writable, or set QPILOT_HOME to another folder"
        return (
            f"the journal {self.where} is damaged or no journal of qpilot ({said}); restore it from a backup, or set"
            " QPILOT_HOME to another folder"
        )


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
    deadline = time.monotonic() + _PATIENCE_SECONDS
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
