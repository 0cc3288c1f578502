"""Tampering is found: every random change to the journal, the run folders, the artifacts or the models."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gates.records import Evidence, Measure
from qpilot.errors import QpilotError
from qpilot.record import openings, tries
from qpilot.record.home import Home
from qpilot.record.journal import Journal
from qpilot.record.registry import Registry
from qpilot.verification import verify

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def lived_in(path: Path) -> Home:
    """A home after two runs and a promotion; the last entry is the second run's seal, anchored in its folder."""
    home = Home(path)
    for pilot in ("a" * 64, "b" * 64):
        run = tries.enter(home.journal, "p", pilot, AT)
        opening = openings.open(
            home.journal, "d" * 64, pilot, run=run, total=0.05, points=9, tests=lambda alpha: {"advantage": 9}, at=AT
        )
        openings.read(home.journal, opening, "advantage", range(9), AT)
        artifacts = []
        for batch in range(4):
            artifacts.append(home.artifacts.put_json({"run": run, "counts": [batch, 7]}))
            home.journal.append("counts", f"{run}/{batch}", {"artifact": artifacts[-1]}, AT)
        version = Registry(home).register("p", {"weights.npz": pilot.encode(), "head.json": b"[1]"}, {"run": run}, AT)
        Registry(home).point("p", "champion", version.number, expect=version.number - 1 or None, at=AT)
        folder = home.run(run)
        folder.write("pilot.toml", 'name = "p"\n')
        folder.write_evidence(Evidence(stage="data", pilot=pilot, inputs={}, code=""))
        folder.write_json("counts/0.json", Measure(value=0.5).plain())
        folder.write("report.html", "<p>done")
        folder.seal(home.journal, AT, tuple(artifacts))
    return home


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return lived_in(tmp_path_factory.mktemp("whole") / "state")


@pytest.fixture
def copied(whole: Home, tmp_path: Path) -> Callable[[], Home]:
    def copy() -> Home:
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        return Home(Path(shutil.copytree(whole.path, tmp_path / "copy")))

    return copy


def other(value: object, rng: random.Random) -> object:
    """The value with one character replaced, dropped or added, or of another type."""
    text = str(value)
    place = rng.randrange(len(text))
    char = rng.choice([char for char in "0aZ é" if char != text[place]])
    changed = (text[:place] + char + text[place + 1 :], text[:place] + text[place + 1 :], text + char, text.encode())
    return rng.choice(changed)


def edit(rows: sqlite3.Connection, count: int, rng: random.Random) -> str:
    column, seq = rng.choice(["kind", "key", "at", "payload", "previous", "sha256"]), rng.randint(1, count)
    (value,) = rows.execute(f"SELECT {column} FROM entries WHERE seq = ?", (seq,)).fetchone()
    rows.execute(f"UPDATE entries SET {column} = ? WHERE seq = ?", (other(value, rng), seq))
    return f"edited {column} of {seq}"


def renumber(rows: sqlite3.Connection, count: int, rng: random.Random) -> str:
    seq = rng.randint(1, count)
    rows.execute("UPDATE entries SET seq = ? WHERE seq = ?", (rng.choice([0, -1, count + 1, count + 7]), seq))
    return f"renumbered {seq}"


def delete(rows: sqlite3.Connection, count: int, rng: random.Random) -> str:
    seq = rng.randint(1, count)
    rows.execute("DELETE FROM entries WHERE seq = ?", (seq,))
    return f"deleted {seq}"


def swap(rows: sqlite3.Connection, count: int, rng: random.Random) -> str:
    one, two = rng.sample(range(1, count + 1), 2)
    for old, new in ((one, -1), (two, one), (-1, two)):
        rows.execute("UPDATE entries SET seq = ? WHERE seq = ?", (new, old))
    return f"swapped {one} and {two}"


def cut(rows: sqlite3.Connection, count: int, rng: random.Random) -> str:
    kept = rng.randrange(count)
    rows.execute("DELETE FROM entries WHERE seq > ?", (kept,))
    return f"cut after {kept}"


def insert(rows: sqlite3.Connection, count: int, rng: random.Random) -> str:
    seq = rng.randint(1, count)
    rows.execute(
        "INSERT INTO entries SELECT ?, kind, key || '+', at, payload, previous, sha256, signature FROM entries WHERE seq = ?",
        (count + 1, seq),
    )
    return f"copied {seq} to the end"


def flip(files: list[Path], rng: random.Random) -> str:
    path = rng.choice(files)
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    return f"flipped a bit of {path}"


def shorten(files: list[Path], rng: random.Random) -> str:
    path = rng.choice(files)
    path.write_bytes(path.read_bytes()[: -rng.randint(1, 3)])
    return f"shortened {path}"


def remove(files: list[Path], rng: random.Random) -> str:
    path = rng.choice(files)
    path.unlink()
    return f"removed {path}"


def exchange(files: list[Path], rng: random.Random) -> str:
    one = rng.choice(files)
    two = rng.choice([path for path in files if path.read_bytes() != one.read_bytes()])
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    return f"exchanged {one} and {two}"


def remove_folder(files: list[Path], rng: random.Random) -> str:
    folder = rng.choice(files).parent
    shutil.rmtree(folder)
    return f"removed {folder}"


IN_THE_JOURNAL = (edit, edit, renumber, delete, swap, cut, insert)
IN_FILES = (flip, flip, shorten, remove, exchange, remove_folder)


def test_a_record_as_it_was_written_has_no_finding(whole):
    assert verify(whole) == ()
    assert verify(whole, "p-aaaaaaaa-1") == ()


def test_every_change_to_the_journal_is_found(copied):
    for seed in range(80):
        rng, home = random.Random(seed), copied()
        with closing(sqlite3.connect(home.path / "journal.db")) as rows, rows:
            (count,) = rows.execute("SELECT count(*) FROM entries").fetchone()
            done = rng.choice(IN_THE_JOURNAL)(rows, count, rng)
        assert verify(home) != (), (seed, done)


def test_every_change_to_a_file_is_found(copied):
    for seed in range(50):
        rng, home = random.Random(seed), copied()
        folder = rng.choice(["runs", "artifacts", "registry"])
        files = sorted(path for path in (home.path / folder).rglob("*") if path.is_file())
        done = rng.choice(IN_FILES)(files, rng)
        assert verify(home) != (), (seed, done)


def rows_of(home: Home) -> object:
    try:
        with closing(sqlite3.connect(home.path / "journal.db")) as connection:
            return connection.execute("SELECT * FROM entries ORDER BY seq").fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return repr(error)


def test_a_damaged_database_file_is_found_unless_its_entries_are_untouched(copied, whole):
    found, before = 0, rows_of(whole)
    for seed in range(60):
        rng, home = random.Random(seed), copied()
        path = home.path / "journal.db"
        data = bytearray(path.read_bytes())
        for _ in range(8):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        findings = verify(home)
        assert findings or rows_of(home) == before, seed
        found += bool(findings)
    assert found > 30


def test_an_entry_taken_from_another_journal_is_found(tmp_path):
    one, two = (Journal(tmp_path / name / "journal.db") for name in ("one", "two"))
    for number in range(4):
        for journal in (one, two):
            journal.append("work", f"{journal.where}/{number}", None, AT)
    with closing(sqlite3.connect(one.where)) as rows, rows:
        rows.execute("ATTACH ? AS other", (two.where,))
        rows.execute("DELETE FROM entries WHERE seq = 3")
        rows.execute("INSERT INTO entries SELECT * FROM other.entries WHERE seq = 3")
    assert one.verify() == (
        "journal entry 3 does not follow entry 2: one of them was replaced or moved",
        "journal entry 4 does not follow entry 3: one of them was replaced or moved",
    )


def test_a_deleted_entry_is_said_to_be_deleted(copied):
    home = copied()
    with closing(sqlite3.connect(home.path / "journal.db")) as rows, rows:
        rows.execute("DELETE FROM entries WHERE seq = 3")
    said = [finding.what for finding in verify(home)]
    assert said == ["journal entry 4 follows entry 2: what stood between was deleted or moved"]


def test_a_journal_cut_short_and_written_on_is_found(copied):
    home = copied()
    with closing(sqlite3.connect(home.path / "journal.db")) as rows, rows:
        rows.execute("DELETE FROM entries WHERE seq > 5")
    for number in range(40):
        home.journal.append("work", str(number), None, AT)
    said = " ".join(finding.what for finding in verify(home))
    assert "is not the one anchored in run p-aaaaaaaa-1" in said


def test_a_journal_that_is_gone_is_found(copied):
    home = copied()
    (home.path / "journal.db").unlink()
    assert any("the journal was cut short" in finding.what for finding in verify(home))


def test_findings_say_what_and_where(copied):
    home = copied()
    home.run("p-aaaaaaaa-1").write("report.html", "<p>better")
    home.run("p-aaaaaaaa-1").write("plots/new.svg", "<svg/>")
    (home.run("p-bbbbbbbb-2").path / "pilot.toml").unlink()
    found = {(finding.where, finding.what.rsplit("/", 1)[1]) for finding in verify(home)}
    assert found == {
        ("run p-aaaaaaaa-1", "report.html was changed"),
        ("run p-aaaaaaaa-1", "new.svg was added after the run"),
        ("run p-bbbbbbbb-2", "pilot.toml is missing"),
    }
    assert {finding.where for finding in verify(home, "p-bbbbbbbb-2")} == {"run p-bbbbbbbb-2"}


def test_a_run_being_continued_is_held_to_its_seal_again_once_it_is_sealed(copied):
    home = copied()
    folder = home.run("p-aaaaaaaa-1")
    folder.release(home.journal, AT)
    folder.write("report.html", "<p>half of a killed run")
    assert verify(home) == ()
    folder.seal(home.journal, AT)
    assert verify(home) == ()
    folder.write("report.html", "<p>edited")
    assert len(verify(home)) == 1


def test_a_folder_left_open_still_knows_its_artifacts(copied):
    home = copied()
    folder = home.run("p-aaaaaaaa-1")
    sealed = folder.artifacts(home.journal)
    assert len(sealed) == 4
    folder.release(home.journal, AT)
    assert folder.artifacts(home.journal) == sealed
    assert home.run("q-cccccccc-1").artifacts(home.journal) == ()


def test_a_kill_while_a_folder_is_sealed_for_the_first_time_is_no_finding(tmp_path):
    class Killed(BaseException):
        """Stands for kill -9 right after an entry."""

    class Dying(Journal):
        def append(self, *entry):
            super().append(*entry)
            raise Killed

    home = Home(tmp_path)
    folder = home.run(tries.enter(home.journal, "p", "a" * 64, AT))
    folder.write("pilot.toml", 'name = "p"\n')
    with pytest.raises(Killed):
        folder.seal(Dying(home.path / "journal.db", home.signer, home.head), AT)
    assert verify(home) == ()


def test_a_pruned_run_is_no_finding_and_an_unknown_one_an_error(copied):
    home = copied()
    home.prune("p-aaaaaaaa-1", AT)
    assert verify(home) == ()
    with pytest.raises(QpilotError, match="unknown run 'q'; known: p-aaaaaaaa-1, p-bbbbbbbb-2"):
        verify(home, "q")


def test_a_changed_entry_is_not_built_upon(copied):
    home = copied()
    with closing(sqlite3.connect(home.path / "journal.db")) as rows, rows:
        rows.execute("UPDATE entries SET payload = replace(payload, '0.04', '0.05') WHERE kind = 'opening'")
    with pytest.raises(QpilotError, match=r"journal entry \d+ was changed after it was recorded"):
        openings.next_attempt(home.journal, "d" * 64, "c" * 64)
