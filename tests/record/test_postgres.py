"""The journal on PostgreSQL: refusals, broken connections, a server that goes and comes back, and who may see what."""

import contextlib
import logging
import pickle
import re
import signal
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qpilot.errors import QpilotError, UsageError
from qpilot.record.home import Home
from qpilot.record.journal import Exists, Journal
from qpilot.record.journal_store import Lost
from qpilot.verification import verify
from tests.postgres import PASSWORD, Cluster, Database
from tests.record.worker import start

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def database(postgres: Cluster, monkeypatch: pytest.MonkeyPatch) -> Database:
    made = postgres.database()
    monkeypatch.setenv("QPILOT_JOURNAL_PASSWORD", made.password)
    return made


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database.journal)


def shared(folder: Path, database: Database) -> Home:
    """A home whose journal is the database."""
    folder.mkdir(parents=True)
    (folder / "home.toml").write_text(f'journal = "{database.journal}"\n')
    return Home(folder)


def test_eight_processes_reserve_a_hundred_times_each_and_never_pass_the_limit(tmp_path, database):
    home = shared(tmp_path / "home", database)
    workers = [start("reserve", home, worker, 100, 120) for worker in range(8)]
    said = [line for worker in workers for line in worker.rest().splitlines()]
    assert [worker.code for worker in workers] == [0] * 8, said[-3:]
    entries = home.journal.find("reserved")
    assert sum(entry.payload["usd"] for entry in entries) == 120, "the amounts are of one dollar: the limit is met"
    assert {f"taken {entry.key}" for entry in entries} == {line for line in said if line.startswith("taken")}
    assert len(said) == 800
    assert [entry.seq for entry in entries] == list(range(1, 121))
    assert home.journal.verify() == ()


def test_writers_go_on_through_killed_backends_a_restart_and_a_crash_of_the_server(tmp_path, own_postgres, monkeypatch):
    database = own_postgres.database()
    monkeypatch.setenv("QPILOT_JOURNAL_PASSWORD", database.password)
    home = shared(tmp_path / "home", database)
    workers = [start("insist", home, worker, 25) for worker in range(8)]
    for worker in workers:
        worker.stdout.readline()
    others = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.name}'"
    for _ in range(10):
        own_postgres.sql(others)
        workers[0].stdout.readline()
    for how in (signal.SIGINT, signal.SIGQUIT):
        own_postgres.stop(how)
        own_postgres.start()
        workers[1].stdout.readline()
    rest = [worker.rest() for worker in workers]
    assert [worker.code for worker in workers] == [0] * 8, rest
    assert {entry.key for entry in home.journal.find("work")} == {f"{w}/{n}" for w in range(8) for n in range(25)}
    assert home.journal.verify() == ()


def test_what_was_acknowledged_survives_writers_that_are_killed(tmp_path, database):
    home = shared(tmp_path / "home", database)
    said: list[str] = []
    for turn in range(2):
        workers = [start("append", home, f"{turn}-{worker}", 0) for worker in range(3)]
        for worker in workers:
            said += [worker.stdout.readline().strip() for _ in range(3)]
        for worker in workers:
            worker.kill()
            said += worker.rest().split("\n")[:-1]
    keys = {entry.key for entry in home.journal.find("work")}
    assert set(said) <= keys
    assert len(keys) <= len(said) + 6, "a killed worker may have made one entry it could not speak of"
    assert home.journal.verify() == ()
    home.journal.append("work", "after", None, AT)


def test_a_guard_sees_what_stands_and_what_it_refuses_leaves_nothing(journal):
    journal.append("limit", "a", 1, AT)

    def refuse(find: Callable[..., tuple[object, ...]]) -> None:
        raise QpilotError(f"{len(find('limit'))} stands")

    with pytest.raises(QpilotError, match="1 stands"):
        journal.append("reserved", "x", None, AT, refuse)
    assert journal.find("reserved") == ()
    assert journal.head().seq == 1


def test_an_entry_written_past_the_queue_takes_the_place_and_the_guard_looks_again(journal, postgres, database):
    """The primary key is the arbiter where somebody did not take the writers' lock."""
    first = journal.append("x", "1", None, AT)
    seen: list[int] = []

    def look(find: Callable[..., tuple[object, ...]]) -> None:
        seen.append(len(find("x")))
        if len(seen) == 1:
            copy = "INSERT INTO entries SELECT seq + 1, kind, '2', at, payload, sha256, '{}' FROM entries"
            postgres.sql(copy.format(foreign(first)), database.name)

    second = journal.append("x", "3", None, AT, look)
    assert seen == [1, 2]
    assert (second.seq, second.previous) == (3, foreign(first))
    assert journal.verify() == ()


def foreign(first: object) -> str:
    from gates.records import digest

    return digest(
        {"seq": 2, "kind": "x", "key": "2", "at": AT.isoformat(), "payload": "null", "previous": first.sha256}  # type: ignore[attr-defined]
    )


def test_readers_see_one_state_of_the_journal_while_others_write(journal):
    journal.append("x", "1", None, AT)
    with journal._store.reading() as connection:
        count = "SELECT count(*) FROM entries"
        assert connection.exec_driver_sql(count).scalar() == 1
        journal.append("x", "2", None, AT)
        assert connection.exec_driver_sql(count).scalar() == 1
    assert journal.head().seq == 2


EXECUTE = b"E\0\0\0\x09\0\0\0\0\0"


class Wire:
    """Between journal and server: cuts a connection when a transaction is committed, after the server was told or before."""

    def __init__(self, port: int, told: bool, then: bytes | None = None) -> None:
        self._server = port
        self._told = told
        self._then = then
        self._cut = False
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self.armed = False
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            if self._cut and self._then is not None:
                client.recv(1000)
                client.sendall(self._then)
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self._server))
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        committing = False
        while data := _received(client):
            if committing and EXECUTE in data and not self._cut:
                self._cut = True
                client.shutdown(socket.SHUT_RDWR)
                if self._told:
                    server.sendall(data)
                    server.shutdown(socket.SHUT_WR)
                    return
                break
            # The statement goes first, and the order to execute it in a message of its own.
            committing = committing or (self.armed and b"commit\0" in data)
            server.sendall(data)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        while data := _received(server):
            try:
                client.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        self._door.close()


def _received(line: socket.socket) -> bytes:
    try:
        return line.recv(65536)
    except OSError:
        return b""


REFUSED = b"SFATAL\0C28000\0Mnot today\0\0"


@pytest.fixture
def wire(postgres: Cluster) -> Iterator[Callable[..., Wire]]:
    made: list[Wire] = []

    def build(told: bool, then: bytes | None = None) -> Wire:
        made.append(Wire(postgres.port, told, then))
        return made[-1]

    yield build
    for one in made:
        one.close()


@pytest.mark.parametrize("told", [True, False])
def test_a_connection_lost_in_the_commit_is_cleared_up_by_looking_again(wire, database, journal, told):
    journal.append("x", "0", None, AT)
    between = wire(told)
    cut = Journal(database.journal.replace(str(database.port), str(between.port)))
    cut.head()
    between.armed = True
    entry = cut.append("x", "1", {"n": 1}, AT)
    assert journal.find("x")[1:] == (entry,)
    assert journal.verify() == ()


def test_where_it_cannot_be_cleared_up_the_sentence_says_that_it_is_not_known(wire, database, journal):
    between = wire(True, b"E" + (len(REFUSED) + 4).to_bytes(4, "big") + REFUSED)
    cut = Journal(database.journal.replace(str(database.port), str(between.port)))
    cut.head()
    between.armed = True
    with pytest.raises(
        Lost, match="it is not known whether the entry was recorded: run the same command again"
    ) as caught:
        cut.append("x", "1", None, AT)
    assert caught.value.unknown
    with pytest.raises(Exists):
        journal.append("x", "1", None, AT)


def test_a_connection_lost_before_the_commit_has_left_nothing(journal, postgres, database):
    journal.append("x", "0", None, AT)

    def always(find: Callable[..., tuple[object, ...]]) -> None:
        own = f"datname = '{database.name}' AND pid <> pg_backend_pid()"
        postgres.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {own}", database.name)

    with pytest.raises(Lost, match=r"was lost .*; nothing was recorded, run again") as caught:
        journal.append("x", "1", None, AT, always)
    assert not caught.value.unknown
    assert journal.get("x", "1") is None


def test_no_password_shows_anywhere(journal, database, caplog, capfd, monkeypatch):
    caplog.set_level(logging.DEBUG)
    journal.append("x", "1", None, AT)
    said = [
        journal.where,
        repr(journal),
        repr(vars(journal)),
        repr(pickle.dumps(journal)),
        repr(journal._store._engine),
    ]
    monkeypatch.setenv("QPILOT_JOURNAL_PASSWORD", "another-secret")
    with pytest.raises(QpilotError, match="set QPILOT_JOURNAL_PASSWORD") as caught:
        journal.head()
    said += ["".join(traceback.format_exception(caught.value)), caplog.text, *capfd.readouterr()]
    assert not [text for text in said if PASSWORD in text or "another-secret" in text]


def test_the_password_may_stand_in_a_variable_of_its_own(database, monkeypatch):
    monkeypatch.delenv("QPILOT_JOURNAL_PASSWORD")
    journal = Journal(database.journal.replace("qpilot@", "qpilot:${TEAM_SECRET}@"))
    with pytest.raises(QpilotError, match=r"\$TEAM_SECRET, which is not set"):
        journal.head()
    monkeypatch.setenv("TEAM_SECRET", database.password)
    assert journal.head().seq == 0


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://u:secret@h/d", "holds a password; take it out and set QPILOT_JOURNAL_PASSWORD"),
        ("postgresql://u:${A}secret@h/d", "holds a password"),
        ("postgresql://u@h/d?password=secret", "unknown parameter 'password'; known: sslmode, sslrootcert"),
        ("postgresql://u@h/d?sslmode=secretly", "known: disable, require, verify-full"),
        ("mysql+secret://u@h/d", "known: postgresql, postgresql\\+pg8000"),
        ("postgresql://h/d", "names no user, host or database"),
        ("postgresql://u:secret@h:port/d", "cannot be read"),
    ],
)
def test_a_url_that_will_not_do_is_refused_in_one_line_without_the_secret_in_it(url, sentence):
    with pytest.raises(UsageError, match=sentence) as caught:
        Journal(url)
    assert "\n" not in str(caught.value)
    assert "u:secret" not in str(caught.value)


def test_a_database_that_cannot_be_used_is_said_in_a_sentence(postgres, database):
    with pytest.raises(QpilotError, match=r'database "nosuch" does not exist.*; create the database'):
        Journal(database.journal.replace(database.name, "nosuch")).head()
    postgres.sql(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'", database.name)
    reader = Journal(database.journal.replace("qpilot@", "reader@"))
    with pytest.raises(QpilotError, match=r"permission denied for schema public.*; let its user create a table there"):
        reader.head()
    Journal(database.journal).append("x", "1", None, AT)
    with pytest.raises(QpilotError, match=r"permission denied for table entries.*; its user needs SELECT and INSERT"):
        reader.head()
    postgres.sql("GRANT SELECT ON entries TO reader", database.name)
    assert reader.verify() == ()
    with pytest.raises(QpilotError, match="permission denied for table entries"):
        reader.append("x", "2", None, AT)


def test_a_server_that_is_down_is_said_in_a_sentence(database):
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        down = Journal(database.journal.replace(str(database.port), str(probe.getsockname()[1])))
        with pytest.raises(QpilotError, match=r"cannot reach the journal 127.0.0.1:.* refused.*nothing was recorded"):
            down.append("x", "1", None, AT)


def test_a_connection_is_encrypted_and_the_server_known_where_the_url_asks_for_it(postgres, database, journal):
    journal.append("x", "1", None, AT)
    how = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    for words, encrypted in (
        ("", False),
        ("?sslmode=require", True),
        (f"?sslmode=verify-full&sslrootcert={postgres.certificate}", True),
    ):
        with Journal(database.journal + words)._store.reading() as connection:
            assert connection.exec_driver_sql(how).scalar() is encrypted
    with pytest.raises(QpilotError, match=r"is not to be trusted .self-signed certificate.; name the file"):
        Journal(database.journal + "?sslmode=verify-full").head()


def test_an_edited_entry_is_found_and_nothing_is_decided_on_it(journal, postgres, database):
    for number in range(3):
        journal.append("x", str(number), {"n": number}, AT)
    postgres.sql("""UPDATE entries SET payload = '{"n":7}' WHERE seq = 2""", database.name)
    assert journal.verify() == ("journal entry 2 was changed",)
    with pytest.raises(QpilotError, match="journal entry 2 was changed after it was recorded"):
        journal.find("x")
    postgres.sql("DELETE FROM entries WHERE seq = 2", database.name)
    assert re.search("what stood between was deleted", journal.verify()[0])


def test_a_pilot_is_run_by_one_host_at_a_time(tmp_path, database):
    """Two homes with one journal are two hosts; a process that is killed holds nothing."""
    here, there = (shared(tmp_path / name, database) for name in ("here", "there"))
    worker = start("hold", there, "p", "p-12345678-1")
    assert worker.stdout.readline() == "held\n"
    with (
        pytest.raises(
            QpilotError, match=rf"'p' is being run by run p-12345678-1 \(process {worker.pid} on .*, since 2026"
        ),
        here.lock("p", "p-12345678-2", AT),
    ):
        pass
    assert "p-12345678-1" in (here.holder("p") or "")
    with here.lock("q", "q-12345678-1", AT):
        pass
    worker.kill()
    worker.rest()
    with here.lock("p", "p-12345678-2", AT):
        assert "p-12345678-2" in (here.holder("p") or "")
    assert here.holder("p") is None


MADE = {
    "trigger 'gone'": "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN DELETE FROM entries WHERE seq = new.seq; RETURN new; END $$;"
    " CREATE TRIGGER gone AFTER INSERT ON entries FOR EACH ROW EXECUTE FUNCTION gone()",
    "rule 'gone'": "CREATE RULE gone AS ON INSERT TO entries DO INSTEAD NOTHING",
    "view 'entries'": "ALTER TABLE entries RENAME TO kept; CREATE VIEW entries AS SELECT * FROM kept",
    "materialized view 'entries'": "ALTER TABLE entries RENAME TO kept;"
    " CREATE MATERIALIZED VIEW entries AS SELECT * FROM kept",
    "policy 'hiding'": "CREATE POLICY hiding ON entries USING (seq < 1)",
    "child 'more'": "CREATE TABLE more () INHERITS (entries)",
}


@pytest.mark.parametrize("what", MADE)
def test_what_acts_on_entries_and_is_not_qpilots_is_found(tmp_path, postgres, database, what):
    home = shared(tmp_path / "home", database)
    home.journal.append("note", "one", {}, AT)
    postgres.sql("CREATE TABLE other (x int); CREATE VIEW another AS SELECT 1 AS x", database.name)
    assert verify(home) == (), "what else is in the database is not the journal's"
    postgres.sql(MADE[what], database.name)
    found = {finding.what for finding in verify(Home(home.path))}
    assert f"the journal 127.0.0.1:{database.port}/{database.name} holds what qpilot did not make: {what}" in found
    assert database.password not in str(found)
