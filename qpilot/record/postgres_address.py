"""How a PostgreSQL is reached: a URL without a secret in it, and a connection made from it."""

import contextlib
import os
import re
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, cast, get_args

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from qpilot.errors import QpilotError, UsageError, unknown

Tls = Literal["disable", "require", "verify-full"]

SCHEMES = ("postgresql", "postgresql+pg8000")
PASSWORD = "QPILOT_JOURNAL_PASSWORD"
_HERE = ("localhost", "127.0.0.1", "::1")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_CONNECT_SECONDS = 10
_ANSWER_SECONDS = 90  # more than a writer waits for another
_FORM = "postgresql+pg8000://USER@HOST:PORT/DATABASE"


class Address:
    """A database at postgresql+pg8000://USER@HOST:PORT/DATABASE[?sslmode=...&sslrootcert=FILE].

    The password is taken from the environment at each connection (`QPILOT_JOURNAL_PASSWORD`, or the variable that stands
    as ${NAME} in the password's place) and is kept nowhere. Another host has to show a certificate that the system, or
    `sslrootcert`, trusts, unless sslmode is `require` (encrypted, unchecked) or `disable`.

    Raises UsageError for another kind of URL, and for one with a password in it.
    """

    def __init__(self, text: str) -> None:
        self.url = _parsed(text)
        self._variable = PASSWORD
        if self.url.password is not None:
            found = _VARIABLE.fullmatch(str(self.url.password))
            if found is None:
                raise UsageError(
                    f"the journal's URL holds a password; take it out and set {PASSWORD}, or write ${{NAME}} in its place"
                    " and set that variable"
                )
            self._variable = found[1]
        query = {name: str(value) for name, value in self.url.query.items()}
        for name in query:
            if name not in ("sslmode", "sslrootcert"):
                raise UsageError(f"the journal's URL: {unknown('parameter', name, ('sslmode', 'sslrootcert'))}")
        default: Tls = "disable" if self.url.host in _HERE else "verify-full"
        self._tls = cast(Tls, query.get("sslmode", default))
        if self._tls not in get_args(Tls):
            raise UsageError(f"the journal's URL: {unknown('sslmode', self._tls, get_args(Tls))}")
        self._roots = query.get("sslrootcert")
        self.place = f"{self.url.host}:{self.url.port or 5432}/{self.url.database}"
        self.where = text

    @property
    def bare(self) -> URL:
        """What SQLAlchemy needs to know: nothing to connect with."""
        return URL.create("postgresql+pg8000", host=self.url.host, database=self.url.database)

    def connect(self) -> Any:
        """A new pg8000 connection. Raises what pg8000 raises, OSError, and QpilotError where a variable is not set."""
        try:
            import pg8000
        except ImportError as error:
            raise QpilotError(
                "a journal on PostgreSQL needs pg8000: install requirements.lock, or qpilot[postgres]"
            ) from error
        password = self._password()
        place = (str(self.url.host), self.url.port or 5432)
        try:
            # A socket of our own: pg8000 has one patience for connecting and for answers.
            line = socket.create_connection(place, _CONNECT_SECONDS)
            line.settimeout(_ANSWER_SECONDS)
            connection = pg8000.Connection(
                str(self.url.username),
                host=self.url.host,
                database=self.url.database,
                password=password,
                sock=line,
                ssl_context=self._context(),
                application_name="qpilot",
            )
            # One that is broken already is closed without a word; SQLAlchemy would log the traceback.
            connection.close = partial(_closed, connection.close, (pg8000.InterfaceError, OSError))
            return connection
        except ssl.SSLCertVerificationError as error:
            raise QpilotError(
                f"the journal's server at {self.place} is not to be trusted ({error.verify_message}); name the file with the"
                " certificate of its issuer as sslrootcert in the URL"
            ) from error
        except OSError as error:
            raise pg8000.InterfaceError(f"no connection: {error.strerror or error}") from error

    def _password(self) -> str:
        value = os.environ.get(self._variable)
        if value is None and self._variable != PASSWORD:
            raise QpilotError(f"the journal's password is to be found in ${self._variable}, which is not set; set it")
        return value or ""

    def _context(self) -> ssl.SSLContext | Literal[False]:
        if self._tls == "disable":
            return False
        context = ssl.create_default_context(cafile=self._roots)
        if self._tls == "require":
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


def _closed(close: Callable[[], None], broken: tuple[type[Exception], ...]) -> None:
    with contextlib.suppress(*broken):
        close()


def _parsed(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise UsageError(f"the journal's URL cannot be read; required: {_FORM}") from None  # it may hold a password
    if url.drivername not in SCHEMES:
        raise UsageError(f"the journal's URL is of an {unknown('kind', url.drivername, SCHEMES)}; required: {_FORM}")
    if not (url.host and url.username and url.database):
        raise UsageError(f"the journal's URL names no user, host or database; required: {_FORM}")
    return url
