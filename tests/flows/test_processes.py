"""Runs as users start them, in processes of their own: killed and continued, two at once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from qpilot.record.entries import Entry
from qpilot.record.home import Home
from qpilot.record.journal import Journal
from qpilot.runs.status import standings
from tests.flows.conftest import command, environment, flags, shrunk

PROGRAM = Path(sys.executable).parent


def start(home: Path, *words: object) -> subprocess.Popen[str]:
    """`qpilot` started and left running, the leader of a process group of its own."""
    return subprocess.Popen(
        [str(PROGRAM / "qpilot"), *map(str, words)],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[str]) -> None:
    """kill -9 of the process and everything it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def await_entry(home: Path, kind: str, process: subprocess.Popen[str], seconds: float = 180) -> None:
    """Waits until the journal holds an entry of `kind`; fails where the process ends before."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (home / "journal.db").is_file() and Journal(home / "journal.db").find(kind):
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    pytest.fail(f"no {kind} entry within {seconds} s")


def searched(home: Path) -> dict[Path, bytes]:
    """What the search keeps of the entrants it has finished; each says how many seconds its fits took."""
    return {path: path.read_bytes() for path in home.glob("search/??/*.json")}


@pytest.mark.usefixtures("begun")
def test_a_run_killed_three_times_continues_and_repeats_no_effect(home: Path) -> None:
    path, overrides = shrunk("planted")
    words = ("run", path, *flags(overrides))
    entries: dict[str, tuple[Entry, ...]] = {}
    finished: dict[Path, bytes] = {}
    for moment in ("search", "opening", "counts"):
        process = start(home, *words)
        if moment == "search":
            await_true(lambda: len(searched(home)) > 1 or process.poll() is not None, 180)  # noqa: B023 - of this round
        else:
            await_entry(home, moment, process)
        kill(process)
        entries |= {kind: Home(home).journal.find(kind) for kind in ("opening", "counts", "verdict")}
        finished |= searched(home) if moment == "search" else {}
        assert finished, "it was killed before anybody was fitted"
        kept(home, entries, finished)

    code, answer, said = command(home, *words, "--json")
    assert code == 0, said
    assert (answer["outcome"], answer["model"]) == ("GO", "planted@1")
    kept(home, entries, finished)
    journal = Home(home).journal
    assert len(journal.find("opening")) == 1
    assert len(journal.find("version")) == 1
    assert len(journal.find("alias")) == 1
    assert len({verdict["gate"] for verdict in answer["verdicts"]}) == 7
    data = [entry.key for entry in journal.find("verdict") if "/data/" in entry.key]
    assert len(data) == 1, "the data stage was computed again"
    assert command(home, "verify", "--json")[0] == 0


def kept(home: Path, before: Mapping[str, tuple[Entry, ...]], finished: Mapping[Path, bytes]) -> None:
    """Whatever stood in the journal stands there, and no entrant was fitted a second time."""
    for kind, entries in before.items():
        assert entries == Home(home).journal.find(kind)[: len(entries)], f"{kind} entries changed"
    again = searched(home)
    assert finished == {path: again[path] for path in finished}, "an entrant was fitted a second time"


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_an_interrupted_run_ends_at_once_with_one_line_and_leaves_nothing_running(
    home: Path, number: signal.Signals
) -> None:
    path, overrides = shrunk("planted")
    process = start(home, "run", path, *flags(overrides), "--set", 'search.runner="processes"', "--json")
    await_entry(home, "verdict", process)
    os.killpg(process.pid, number)  # as a terminal or a supervisor does: Prefect's server gets it too
    out, said = process.communicate(timeout=30)  # where Prefect itself would wait for minutes
    assert process.returncode == 128 + number
    lines = [line for line in said.splitlines() if line.startswith("qpilot:")]
    assert lines == [f"qpilot: interrupted by {number.name}; run the same command again to continue"]
    assert json.loads(out.splitlines()[-1])["outcome"] == "ERROR"
    assert "Traceback" not in said
    await_true(lambda: not group(process.pid), 10)
    assert Home(home).holder("planted") is None
    assert [one.state for one in standings(Home(home), None)] == ["stopped"]


def group(leader: int) -> list[int]:
    """The processes of a group that still run (a dead one may wait for somebody to collect it)."""
    listing = subprocess.run(["ps", "-A", "-o", "pgid=,pid=,stat="], capture_output=True, text=True).stdout
    rows = (line.split() for line in listing.splitlines())
    return [int(pid) for pgid, pid, state in rows if int(pgid) == leader and not state.startswith("Z")]


def test_two_runs_of_one_pilot_do_not_meet_and_another_pilot_proceeds(home: Path) -> None:
    path, overrides = shrunk("planted")
    first = start(home, "run", path, *flags(overrides))
    await_entry(home, "verdict", first)
    first.send_signal(signal.SIGSTOP)  # it is under way for as long as the others take
    code, answer, said = command(home, "run", path, *flags(overrides), "--json")
    assert code == 1
    assert f"process {first.pid}" in said
    assert answer["outcome"] == "ERROR"
    assert f"process {first.pid}" in answer["error"]
    other, more = shrunk("breast-cancer")
    code, answer, said = command(home, "run", other, *flags(more), "--set", "gates.data.min_rows=100000", "--json")
    assert (code, answer["outcome"]) == (3, "NO_GO"), said
    first.send_signal(signal.SIGCONT)
    first.communicate(timeout=240)
    assert first.returncode == 0


def test_every_exit_ends_in_one_json_object(home: Path, tmp_path: Path) -> None:
    code, answer, _ = command(home, "run", tmp_path / "none.toml", "--json")
    assert (code, answer["outcome"]) == (2, "ERROR")
    assert {"run", "outcome", "verdicts", "charged_usd", "device_usd", "report", "model", "error"} == set(answer)
    code, answer, said = command(home, "run", "--shots", "--json")
    assert (code, answer["outcome"]) == (2, "ERROR")
    assert len(said.splitlines()) == 1


def await_true(question: Callable[[], bool], seconds: float) -> None:
    """Waits until `question` answers yes; an exception is a no."""
    import httpx

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if question():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    pytest.fail(f"not so within {seconds} s")


def test_the_braket_sdk_works_beside_prefects_cloudpickle() -> None:
    code = (
        "import cloudpickle, prefect\n"
        "from braket.circuits import Circuit\n"
        "from braket.devices import LocalSimulator\n"
        "counts = LocalSimulator().run(Circuit().h(0).cnot(0, 1), shots=100).result().measurement_counts\n"
        "assert set(counts) <= {'00', '11'} and sum(counts.values()) == 100\n"
        "import pennylane as qml\n"
        "device = qml.device('braket.local.qubit', wires=1)\n"
        "print(cloudpickle.__version__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split(".")[0]) >= 3
