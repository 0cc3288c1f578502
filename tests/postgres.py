"""A PostgreSQL of the tests' own: a cluster in a temporary folder, on a free port of loopback, gone when they end."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "qpilot", "correct-horse-battery"
_PATIENCE_SECONDS = 60
_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Database:
    """A database of the cluster. `journal` is what home.toml takes; the password goes into QPILOT_JOURNAL_PASSWORD."""

    port: int
    name: str
    user: str = USER
    password: str = field(default=PASSWORD, repr=False)

    @property
    def journal(self) -> str:
        return f"postgresql+pg8000://{self.user}@127.0.0.1:{self.port}/{self.name}"

    def url(self, driver: str) -> str:
        """With the password in it, as Prefect wants it: url("postgresql+asyncpg")."""
        return f"{driver}://{self.user}:{self.password}@127.0.0.1:{self.port}/{self.name}"


class Cluster:
    """A cluster that asks for a password. `durable`: commits reach the disk; a test has no power cut to survive."""

    def __init__(self, folder: Path, durable: bool = False) -> None:
        self.folder = folder
        self.port = 0
        self._durable = durable
        self._server: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """The folder holds an empty cluster."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
        if os.geteuid() == 0:
            for place in (self.folder, secret):
                shutil.chown(place, unprivileged())
        self._certify()
        words = ["--username", USER, "--pwfile", secret, "--auth", "scram-sha-256", "--encoding", "UTF8"]
        command = [binary("initdb"), "--pgdata", self.data, "--locale", "C", "--no-sync", *words]
        done = subprocess.run([*_as_nobody(), *command], capture_output=True, text=True, cwd=self.folder)
        assert done.returncode == 0, f"initdb made no cluster: {done.stdout}{done.stderr}"

    def _certify(self) -> None:
        """The cluster has a certificate for 127.0.0.1, which nobody trusts who is not told of it."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        today = datetime.now(UTC)
        days = timedelta(days=2)
        made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        made = made.not_valid_before(today - days).not_valid_after(today + days)
        made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), False)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        self.certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        secret = self.folder / "key.pem"
        form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
        secret.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(secret, unprivileged())

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def start(self) -> None:
        """The cluster answers, on the port it had before where it had one."""
        self.port = self.port or _free_port()
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": self.port}
        settings |= {"ssl": "on", "ssl_cert_file": self.certificate, "ssl_key_file": self.folder / "key.pem"}
        settings |= {} if self._durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        words = [f"--{name}={value}" for name, value in settings.items()]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [*_as_nobody(), binary("postgres"), "-D", str(self.data), *words],
                stderr=log,
                stdout=log,
                cwd=self.folder,
            )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while subprocess.run([binary("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode:
            assert self._server.poll() is None, f"PostgreSQL ended as it started: {self.log[-2000:]}"
            assert time.monotonic() < deadline, f"PostgreSQL does not answer: {self.log[-2000:]}"
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """No process of the cluster is left: SIGINT cuts its connections, SIGQUIT is a crash it recovers from."""
        if self._server is None:
            return
        self._server.send_signal(how)
        try:
            self._server.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._server = None

    def database(self) -> Database:
        """A new database, empty."""
        made = Database(self.port, f"t{uuid4().hex}")
        self.sql(f"CREATE DATABASE {made.name}")
        return made

    def sql(self, statement: str, database: str = "postgres") -> str:
        """What psql answers, as the cluster's owner."""
        words = ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER]
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        command = [binary("psql"), *words, "-d", database, "-c", statement]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.strip()


@contextmanager
def cluster(durable: bool = False) -> Iterator[Cluster]:
    """A cluster that runs inside; its processes and its folder are gone after, also where the test was killed."""
    # Not pytest's own folder: that is closed to the user PostgreSQL runs as when the tests are run by root.
    folder = Path(tempfile.mkdtemp(prefix="qpilot-postgres-"))
    made = Cluster(folder, durable)
    try:
        made.make()
        made.start()
        yield made
    finally:
        made.stop(signal.SIGQUIT)  # at once: nothing of it is kept
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A running cluster for all tests; each takes a `database()` of its own."""
    with cluster() as made:
        yield made


@pytest.fixture
def own_postgres() -> Iterator[Cluster]:
    """A cluster for one test that stops or crashes it."""
    with cluster() as made:
        yield made


def binary(name: str) -> str:
    """Where a program of PostgreSQL lies. Where there is none the test is skipped, and fails under CI."""
    versions = sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin"), key=lambda place: int(place.parent.name))
    found = shutil.which(name, path=os.pathsep.join(map(str, versions[::-1]))) or shutil.which(name)
    if found is None:
        said = f"this test needs PostgreSQL, and no {name} was found: apt-get install postgresql"
        pytest.fail(said, pytrace=False) if os.environ.get("CI") else pytest.skip(said)
    return found


def unprivileged() -> str:
    """The user PostgreSQL runs as when the tests are run by root, whom it refuses."""
    names = {user.pw_name for user in pwd.getpwall()}
    return next(name for name in _UNPRIVILEGED if name in names)


def _as_nobody() -> list[str]:
    """Words before a command: it is not run by root, and it ends when the tests are killed (both where Linux can)."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(unprivileged())
        who = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    else:
        who = []
    return ["setpriv", *who, "--pdeathsig=QUIT", "--"] if sys.platform == "linux" and shutil.which("setpriv") else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
