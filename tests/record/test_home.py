"""The state folder: artifacts by content, run folders, and one worker a pilot."""

import hashlib
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qpilot.errors import QpilotError
from qpilot.record.home import Home

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "state")


def test_the_home_is_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Home.of({}) == Home(tmp_path / ".qpilot")
    assert Home.of({"QPILOT_HOME": "elsewhere"}) == Home(tmp_path / "elsewhere")
    assert not (tmp_path / ".qpilot").exists()


def test_an_artifact_is_found_by_the_sha256_of_its_bytes(home):
    name = home.artifacts.put(b"counts")
    assert name == hashlib.sha256(b"counts").hexdigest()
    assert home.artifacts.get(name) == b"counts"
    assert name in home.artifacts
    assert home.artifacts.names() == (name,)
    assert home.artifacts.get_json(home.artifacts.put_json({"b": [1.5], "a": None})) == {"a": None, "b": [1.5]}


def test_a_changed_or_missing_artifact_is_refused_and_storing_it_again_heals(home):
    name = home.artifacts.put(b"weights")
    Path(home.artifacts.place(name)).write_bytes(b"weightz")
    with pytest.raises(QpilotError, match="was changed after it was stored"):
        home.artifacts.get(name)
    assert home.artifacts.get(home.artifacts.put(b"weights")) == b"weights"
    with pytest.raises(QpilotError, match="missing"):
        home.artifacts.get("0" * 64)
    with pytest.raises(QpilotError, match="names no artifact"):
        home.artifacts.get("../../journal.db")


def test_unknown_runs_are_answered_with_the_known_ones(home):
    home.run("a-12345678-1").write("pilot.toml", "")
    with pytest.raises(QpilotError, match="unknown run 'b'; known: a-12345678-1"):
        home.standing_run("b")
    with pytest.raises(QpilotError, match=r"run a-12345678-1 has no report\.html"):
        home.run("a-12345678-1").read("report.html")


def test_a_pruned_run_leaves_its_entries_and_is_no_finding(home):
    folder = home.run("a-12345678-1")
    folder.write("pilot.toml", "x")
    folder.seal(home.journal, AT)
    before = home.journal.head().seq
    home.prune("a-12345678-1", AT)
    assert home.runs() == ()
    assert home.journal.head().seq == before + 1


def test_a_disk_without_room_is_said_before_it_is_full(home):
    home.require_room(1)
    with pytest.raises(QpilotError, match=rf"the disk of {home.path} has \d+ MB free, and a run takes 10+ MB or more"):
        home.require_room(10**24)


def test_a_run_under_way_is_not_pruned(home):
    home.run("a-12345678-1").write("pilot.toml", "x")
    with home.lock("a", "a-12345678-1", AT), pytest.raises(QpilotError, match="being run by run a-12345678-1"):
        home.prune("a-12345678-1", AT)
    assert home.runs() == ("a-12345678-1",)


def test_sealing_twice_what_did_not_change_is_one_entry(home):
    folder = home.run("a-12345678-1")
    folder.write("pilot.toml", "x")
    folder.seal(home.journal, AT)
    folder.seal(home.journal, AT)
    assert home.journal.head().seq == 1


def test_one_pilot_has_one_worker_and_another_pilot_proceeds(home):
    with home.lock("first", "first-12345678-1", AT):
        with (
            pytest.raises(QpilotError, match=rf"run by run first-12345678-1 \(process {os.getpid()}, since 2026-03-01"),
            home.lock("first", "first-12345678-2", AT),
        ):
            pass
        with home.lock("second", "second-12345678-1", AT):
            assert home.holder("second") is not None
    assert home.holder("first") is None
    with home.lock("first", "first-12345678-2", AT):
        pass


def test_a_killed_worker_holds_nothing_even_if_its_children_live_on(home):
    # The grandchild is what a process pool leaves behind when its owner is killed.
    script = (
        "import os, sys, time, datetime; from pathlib import Path; from qpilot.record.home import Home\n"
        "with Home(Path(sys.argv[1])).lock('p', 'p-1', datetime.datetime.now(datetime.UTC)):\n"
        "    pid = os.fork()\n"
        "    if pid: print(pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", script, str(home.path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    orphan = int(worker.stdout.readline())
    try:
        with pytest.raises(QpilotError, match=f"process {worker.pid}"), home.lock("p", "p-2", AT):
            pass
        worker.kill()
        worker.wait()
        assert home.holder("p") is None
        with home.lock("p", "p-2", AT):
            assert "p-2" in home.holder("p")
    finally:
        os.kill(orphan, signal.SIGKILL)
