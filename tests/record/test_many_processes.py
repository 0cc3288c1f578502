"""Several processes at once, processes killed in the middle, and full disks: the record stays whole."""

import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qpilot.record.home import Home
from qpilot.record.registry import Registry
from qpilot.verification import verify
from tests.clean import Speaking
from tests.record.worker import start


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "state")


def finish(*workers: Speaking) -> list[list[str]]:
    """Each worker's lines; every one ended well."""
    lines = [worker.rest().splitlines() for worker in workers]
    assert [worker.code for worker in workers] == [0] * len(workers), lines
    return lines


def test_eight_processes_append_to_a_fresh_journal_at_once(home):
    finish(*(start("append", home, worker, 40) for worker in range(8)))
    entries = home.journal.find("work")
    assert [entry.seq for entry in entries] == list(range(1, 321))
    assert {entry.key for entry in entries} == {f"{worker}/{number}" for worker in range(8) for number in range(40)}
    for worker in range(8):
        assert [entry.key for entry in home.journal.find("work", f"{worker}/")] == [f"{worker}/{n}" for n in range(40)]
    assert verify(home) == ()


def test_what_an_append_acknowledged_survives_a_kill_in_the_middle(home):
    rng = random.Random(7)
    said: list[str] = []
    for turn in range(4):
        workers = [start("append", home, f"{turn}-{worker}", 0, 3000) for worker in range(3)]
        for worker in workers:
            said.append(worker.stdout.readline().strip())
        time.sleep(rng.uniform(0.0, 0.1))
        for worker in workers:
            worker.kill()
        for worker in workers:
            said += worker.rest().split("\n")[:-1]
    keys = {entry.key for entry in home.journal.find("work")}
    assert set(said) <= keys
    assert len(keys) <= len(said) + 12, "a killed worker may have made one entry it could not speak of"
    assert verify(home) == ()
    finish(start("append", home, "after", 3))


def test_artifacts_and_models_survive_a_kill_in_the_middle(home):
    rng = random.Random(11)
    said: set[str] = set()
    for _ in range(3):
        worker = start("store", home, 20_000)
        said.add(worker.stdout.readline().strip())
        time.sleep(rng.uniform(0.0, 0.15))
        worker.kill()
        said |= set(worker.rest().split("\n")[:-1])
    assert verify(home) == ()
    versions = {f"m@{number}" for number in Registry(home).versions("m")}
    assert {line for line in said if line.startswith("m@")} <= versions
    for line in said:
        assert line in home.artifacts if len(line) == 64 else Registry(home).resolve(line)


def test_processes_at_once_get_a_try_and_an_attempt_each(home):
    lines = finish(*(start("attempt", home, letter * 64) for letter in "abcdabcd"))
    answers = {line.split()[0][0]: line.split()[1:] for (line,) in lines}
    assert lines[:4] == lines[4:], "the same pilot is the same try and the same attempt"
    assert {run.rsplit("-", 1)[1] for run, _ in answers.values()} == {"1", "2", "3", "4"}
    assert {attempt for _, attempt in answers.values()} == {"1", "2", "3", "4"}
    assert verify(home) == ()


def test_processes_register_and_promote_while_another_reads(home):
    workers = [start("promote", home, worker) for worker in range(4)]
    registry = Registry(home)
    while any(worker.code is None for worker in workers):
        if "m" in registry.names():
            assert len(registry.resolve(f"m@{max(registry.versions('m'))}").files["weights.npz"]) == 1000
        time.sleep(0.01)
    lines = [line for worker in finish(*workers) for line in worker]
    moved = [line for line in lines if line.startswith("moved")]
    assert sorted(registry.versions("m")) == list(range(1, 21))
    assert len(moved) == len(home.journal.find("alias"))
    assert len(moved) + lines.count("refused True") == 20
    assert verify(home) == ()


def full(worker: Speaking) -> list[str]:
    """What the worker had been told is safe when the disk was full, which it says in one sentence."""
    *safe, error = worker.rest().splitlines()
    assert worker.code == 1
    assert error.startswith(("error cannot write", "error cannot read"))
    assert "free some space and run again" in error
    return safe


def test_a_file_that_may_not_grow_leaves_the_journal_whole(home):
    safe = full(start("limited", home, 300_000, "append", "w", 0, 20_000))
    assert [entry.key for entry in home.journal.find("work")] == safe != []
    assert verify(home) == ()
    finish(start("append", home, "after", 3))


def test_a_file_that_may_not_grow_leaves_no_half_artifact(home):
    assert full(start("limited", home, 100_000, "store", 200_000)) == []
    assert [path for path in home.path.rglob("*") if path.is_file() and path.parent.name != "state"] == []


def test_a_file_that_may_not_grow_leaves_no_half_model(home):
    assert full(start("limited", home, 100_000, "register", 200_000)) == []
    assert list((home.registry / ".staged").iterdir()) == []
    assert Registry(home).names() == ()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("job", [("append", "w", 0, 20_000), ("store", 20_000)])
def test_a_full_disk_leaves_the_record_whole_and_work_goes_on_with_space(small_disk, job):
    home = Home(small_disk)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * 200_000)
    safe = full(start(job[0], home, *job[1:]))
    ballast.unlink()
    assert safe != []
    assert verify(home) == ()
    if job[0] == "append":
        assert [entry.key for entry in home.journal.find("work")] == safe
    else:
        assert all(name in home.artifacts for name in safe if len(name) == 64)
    finish(start("append", home, "after", 3))
