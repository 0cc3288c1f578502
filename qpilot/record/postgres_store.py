"""A journal in PostgreSQL: writers of several hosts queue for one lock, and the table's keys are the arbiter."""

import contextlib
import hashlib
import re
import time
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy import event as events
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool

from qpilot.errors import QpilotError
from qpilot.record.journal_store import PATIENCE_SECONDS, Held, Lost, Store, prepare
from qpilot.record.postgres_address import PASSWORD, Address

_FIRST_PATIENCE_SECONDS = 3
_WRITERS, _WORKERS = 0x71706A77, 0x71706A6C
"""The advisory locks' classes: who may append, and who is at work on a pilot."""

_AS_WRITER = f"""SELECT set_config('synchronous_commit', 'on', true),
    set_config('lock_timeout', '{PATIENCE_SECONDS}s', true),
    set_config('idle_in_transaction_session_timeout', '{PATIENCE_SECONDS // 2}s', true),
    pg_advisory_xact_lock({_WRITERS}, 0)"""
_AS_READER = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
# A host that went dark is noticed by the server within two minutes, and its lock is free.
_AS_WORKER = """SELECT set_config('tcp_keepalives_idle', '60', false), set_config('tcp_keepalives_interval', '20', false),
    set_config('tcp_keepalives_count', '3', false), set_config('idle_session_timeout', '0', false)"""
_HOLDER = text(
    "SELECT activity.query, activity.backend_start FROM pg_locks AS locks JOIN pg_stat_activity AS activity USING (pid)"
    " WHERE locks.locktype = 'advisory' AND locks.granted AND locks.classid = :place AND locks.objid = :name"
    " AND locks.objsubid = 2 AND locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
# `entries` as this session's statements find it. A view and a foreign table are read like a table, and a table may have
# triggers, rules, policies that hide rows, children whose rows it shows, and be one itself.
_FOREIGN = """
    WITH it AS (SELECT oid, relkind, relname FROM pg_class WHERE oid = to_regclass('entries'))
    SELECT kind, name FROM (
        SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
            WHEN 'p' THEN 'partitioned table' ELSE 'relation' END AS kind, relname::text AS name FROM it WHERE relkind <> 'r'
        UNION ALL SELECT 'trigger', tgname::text FROM pg_trigger JOIN it ON tgrelid = it.oid WHERE NOT tgisinternal
        UNION ALL SELECT 'rule', rulename::text FROM pg_rewrite JOIN it ON ev_class = it.oid WHERE it.relkind = 'r'
        UNION ALL SELECT 'policy', polname::text FROM pg_policy JOIN it ON polrelid = it.oid
        UNION ALL SELECT 'child', inhrelid::regclass::text FROM pg_inherits JOIN it ON inhparent = it.oid
        UNION ALL SELECT 'parent', inhparent::regclass::text FROM pg_inherits JOIN it ON inhrelid = it.oid
    ) AS made ORDER BY kind, name"""
_PASSING = ("57P01", "57P02", "57P03", "53300")  # shut down, crashed, starting up, too many connections


class PostgresStore(Store):
    """The table in the database at `where` (see Address).

    A writer's transaction is READ COMMITTED behind an advisory lock that ends with it: what stands when it begins stands
    until it has ended. A writer that did not take the lock (by hand, or of another version) would ask for the same place,
    and the primary key lets one of the two have it.
    """

    def __init__(self, where: str) -> None:
        self._address = Address(where)
        self._engine: Engine | None = None
        self.where = where

    def __reduce__(self) -> tuple[type["PostgresStore"], tuple[str]]:
        return PostgresStore, (self.where,)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._connected() as connection, self._said("read"), connection.begin():
            connection.exec_driver_sql(_AS_READER)
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        with self._connected() as connection:
            with self._said("written"):
                transaction = connection.begin()
                connection.exec_driver_sql(_AS_WRITER)
            try:
                with self._said("written"):
                    yield connection
            except BaseException:
                with contextlib.suppress(DBAPIError, OSError):
                    transaction.rollback()
                raise
            with self._said("committed"):
                transaction.commit()

    def damage(self, connection: Connection) -> list[str]:
        # What acts on an entry as it is written or read; other tables and their like in the database are not ours to judge.
        rows = connection.exec_driver_sql(_FOREIGN)
        return [
            f"the journal {self._address.place} holds what qpilot did not make: {kind} {name!r}" for kind, name in rows
        ]

    @contextlib.contextmanager
    def alone(self, name: str, holder: str) -> Iterator[None]:
        with self._connected() as connection:
            with self._said("read"):
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql(_AS_WORKER)
                # What the server shows of a session is its last statement: who holds the lock stands in it.
                remark = re.sub(r"[^\w .,:()+-]", "?", holder)
                asked = f"SELECT pg_try_advisory_lock({_WORKERS}, {_place(name)}) /*held by {remark}*/"
                taken = connection.exec_driver_sql(asked).scalar()
            if not taken:
                raise Held(self.holder(name) or "a process on another host")
            yield

    def holder(self, name: str) -> str | None:
        with self.reading() as connection:
            found = connection.execute(_HOLDER, {"place": _WORKERS, "name": _place(name) % 2**32}).first()
        if found is None:
            return None
        remark = re.search(r"/\*held by (.*)\*/", found.query or "")
        return remark[1] if remark else f"another host, since {found.backend_start.astimezone(UTC).isoformat()}"

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection to a database that has the table."""
        met = self._engine is not None
        deadline = time.monotonic() + (PATIENCE_SECONDS if met else _FIRST_PATIENCE_SECONDS)
        while True:
            try:
                connection = self._ready().connect()
                break
            except DBAPIError as error:
                if time.monotonic() < deadline and _code(error) in ("", *_PASSING):
                    time.sleep(0.1)
                    continue
                raise QpilotError(self._unreached(error)) from error
        with contextlib.ExitStack() as stack:
            stack.callback(_close, connection)
            yield connection

    def _ready(self) -> Engine:
        if self._engine is None:
            engine = create_engine(self._address.bare, poolclass=NullPool)
            events.listen(engine, "do_connect", lambda *_: self._address.connect())
            with engine.connect() as connection, connection.begin():
                connection.exec_driver_sql(_AS_WRITER)
                prepare(connection)
            self._engine = engine
        return self._engine

    @contextlib.contextmanager
    def _said(self, doing: str) -> Iterator[None]:
        """A database error inside leaves as a QpilotError that says what to do."""
        try:
            yield
        except IntegrityError:
            raise
        except (DBAPIError, OSError) as error:
            code, said = _code(error), _words(error)
            place = f"the journal {self._address.place}"
            if code in ("", *_PASSING) or code.startswith("08"):
                raise Lost(
                    f"the connection to {place} was lost ({said}); {_LEFT[doing]}", doing == "committed"
                ) from error
            if code == "55P03":
                raise QpilotError(f"another process has held {place} for {PATIENCE_SECONDS} s; run again") from error
            if code.startswith("53"):
                raise QpilotError(
                    f"{place} has no room ({said}); make some and run again, nothing was recorded"
                ) from error
            raise QpilotError(
                f"{place} cannot be {'read' if doing == 'read' else 'written'} ({said}); its user needs SELECT and INSERT on"
                " the table `entries`, see docs/stores.md"
            ) from error

    def _unreached(self, error: Exception) -> str:
        code, said = _code(error), _words(error)
        cannot = f"cannot reach the journal {self._address.place} ({said})"
        if code.startswith("28"):
            return f"{cannot}; set {PASSWORD}, or the variable its URL names, to the password of {self._address.url.username}"
        if code == "3D000":
            return f"{cannot}; create the database, qpilot makes its table itself"
        if code == "42501":
            return f"{cannot}; let its user create a table there, or create `entries` for it, see docs/stores.md"
        return f"{cannot}; start it, or correct `journal` in home.toml, and run again: nothing was recorded"


_LEFT = {
    "read": "nothing was changed, run again",
    "written": "nothing was recorded, run again",
    "committed": "it is not known whether the entry was recorded: run the same command again, an entry is recorded once",
}


def _place(name: str) -> int:
    """A name as PostgreSQL's locks take one: a signed number of four bytes."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big", signed=True)


def _code(error: Exception) -> str:
    """The server's SQLSTATE; empty where it was not the server that spoke."""
    said: Any = getattr(getattr(error, "orig", error), "args", ())
    return str(said[0].get("C", "")) if said and isinstance(said[0], dict) else ""


def _words(error: Exception) -> str:
    inner: Any = getattr(error, "orig", None) or error
    said = inner.args[0] if inner.args else inner
    return str(said.get("M", said) if isinstance(said, dict) else inner).strip().rstrip(".")


def _close(connection: Connection) -> None:
    with contextlib.suppress(DBAPIError, OSError):
        connection.close()
