"""Where a journal lies: one table in a database, read in one view and written in one transaction."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text, UniqueConstraint, inspect

from qpilot.errors import QpilotError

PATIENCE_SECONDS = 60
"""How long a writer waits for another, and for a database that went away in the middle of the work."""

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
    Column("signature", String(256), nullable=False, server_default=""),
    UniqueConstraint("kind", "key"),
)

UNSIGNED = (
    "is from a version before entries were signed: set QPILOT_HOME to a new folder and begin there; the old home stays"
    " readable by that version"
)
"""What is said of a home whose very first entry is unsigned, to follow its name."""


class Lost(QpilotError):  # noqa: N818 - what became of the connection
    """The connection broke in a transaction. `unknown`: it was being committed, so what it wrote may stand."""

    def __init__(self, message: str, unknown: bool) -> None:
        super().__init__(message)
        self.unknown = unknown


class Held(QpilotError):  # noqa: N818
    """Somebody on another host is at work on it; the message says who."""


class Store(ABC):
    """The database behind a journal. Connects when used, one connection a transaction, so that processes may fork."""

    where: str
    """The place as people read it and as a new process finds it; never with a password."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """A consistent view of the table; others may write meanwhile."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that is on disk when it ends, or has left nothing. IntegrityError passes through.

        Raises Lost where the connection broke: then it has left nothing, unless it says that this is not known.
        """

    @abstractmethod
    def damage(self, connection: Connection) -> list[str]:
        """What the database says about its own pages and indexes; a broken index would hide an entry from `get`."""

    def alone(self, name: str, holder: str) -> AbstractContextManager[None]:
        """No other host that uses this database is at work on `name` meanwhile; a file's lock is enough for a file.

        `holder` says to others who is. Raises Held saying who holds it where somebody does.
        """
        return nullcontext()

    def holder(self, name: str) -> str | None:
        """Who is at work on `name`, as `alone` was told. None where nobody is, and for a file."""
        return None


def prepare(connection: Connection) -> None:
    """The table is there. Raises QpilotError where it is one of a version before signatures."""
    ENTRIES.metadata.create_all(connection)
    require_signatures(connection)


def require_signatures(connection: Connection) -> None:
    """Nothing, where the table has a place for signatures. Raises QpilotError where all but that is there."""
    columns = {column["name"] for column in inspect(connection).get_columns(ENTRIES.name)}
    if columns == set(ENTRIES.columns.keys()) - {"signature"}:
        raise QpilotError(f"this home {UNSIGNED}")
