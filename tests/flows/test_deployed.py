"""Runs on a Prefect server and a worker: answered late, twice or on the command line, killed, and taken up again."""

import json
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.tend import tend
from qpilot.record.home import Home
from qpilot.verification import verify
from tests.flows.conftest import flags, shrunk
from tests.flows.crashes import Crash
from tests.flows.deployed import Deployed
from tests.loopback import Loopback

ASKS = ('approval.when="always"', "gates.forecast.max_emulated_loss=0.4")
"""For nothing, but asked for; and a rehearsal of few rows decides nothing."""

pytestmark = pytest.mark.slow


def test_a_form_that_expires_fails_the_run_and_the_same_command_asks_anew(deployed: Deployed, tmp_path: Path) -> None:
    path, overrides = shrunk("planted")
    home = Home(tmp_path / "home")
    words = (*overrides, *ASKS, "hardware.shots=300", "approval.expires_hours=0.003")
    flow_run = deployed.run(home.path, path, words)
    deployed.await_state(flow_run, "Suspended")
    deployed.until(lambda: deployed.state(flow_run)[0] == "FAILED", 60)
    assert "never resumed" in deployed.get(f"flow_runs/{flow_run}")["state"]["message"]
    form = {"run_input": {"approve": True, "name": "Ada", "maximum_usd": 10}}
    assert deployed.post(f"flow_runs/{flow_run}/resume", form)["status"] == "ABORT", "a late answer is refused"

    run = home.journal.find("started")[0].key
    code, _, said = deployed.qpilot(home.path, "approve", run, "--max-usd", 10, "--approver", "Ada")
    assert (code, "expired" in said) == (1, True)
    code, answer, _ = deployed.qpilot(home.path, "run", path, *flags(words))
    assert (code, answer["outcome"], "expired" in answer["error"]) == (3, "REJECTED", True)
    (entry,) = home.journal.find("expired")
    assert entry.key == f"{run}/1"
    code, answer, _ = deployed.qpilot(home.path, "run", path, *flags(words))
    assert (code, answer["outcome"]) == (5, "AWAITING_APPROVAL")
    assert [one.key for one in home.journal.find("request")] == [f"{run}/1", f"{run}/2"]
    assert verify(home) == ()


def test_a_refused_answer_is_asked_again_and_the_command_line_lets_the_run_go_on(
    deployed: Deployed, tmp_path: Path
) -> None:
    path, overrides = shrunk("planted")
    home = Home(tmp_path / "home")
    words = (*overrides, *ASKS, "hardware.shots=310", 'approval.approvers=["Ada", "Lin"]', "approval.four_eyes=true")
    flow_run = deployed.run(home.path, path, words)
    deployed.await_state(flow_run, "Suspended")
    run = str(deployed.get(f"flow_runs/{flow_run}")["name"])

    def answer(form: int, **told: object) -> None:
        body = {"run_input": {"approve": True, "name": "Ada", "maximum_usd": 10, **told}}
        # A run is shown as suspended a moment before its form can be held against an answer.
        deployed.until(lambda: deployed.post(f"flow_runs/{flow_run}/resume", body)["status"] == "ACCEPT", 30)
        asked = f"approval-1-{form + 1}"
        deployed.until(lambda: asked in str(deployed.get(f"flow_runs/{flow_run}")["state"]["state_details"]), 150)

    body: dict[str, Any] = {"run_input": {"approve": "perhaps", "name": "Ada"}}
    assert deployed.post(f"flow_runs/{flow_run}/resume", body)["status"] == "REJECT"
    answer(0, name="Eve")
    answer(1)
    assert [entry.key for entry in home.journal.find("approval")] == [f"{run}/1/ada"]
    code, _, said = deployed.qpilot(home.path, "approve", run, "--max-usd", 10, "--approver", " ada ")
    assert (code, "another person" in said) == (1, True)
    code, _, said = deployed.qpilot(home.path, "approve", run, "--max-usd", 10, "--approver", "Lin")
    assert code == 0, said
    deployed.await_state(flow_run, "Promoted")
    # A server writes events down a moment after it has heard them.
    deployed.until(lambda: "qpilot.promoted" in [one["event"] for one in deployed.events(run)], 60)
    told = [one["event"] for one in deployed.events(run)]
    assert told.count("qpilot.approval.asked") == 1
    assert told.count("qpilot.approval.approved") == 2
    assert told.count("qpilot.promoted") == 1
    assert told.count("qpilot.gate.go") == 7
    pages = [one["description"] for one in deployed.artifacts(f"{run}-summary")]
    assert sorted(pages) == [f"{run}: AWAITING_APPROVAL", f"{run}: GO"]


def test_what_is_killed_is_taken_up_and_repeats_nothing(deployed: Deployed, tmp_path: Path) -> None:
    """The server while somebody is asked, the run while it spends; every other moment is in benchmarks/crash_matrix.py."""
    with Loopback() as vendor:
        crash = Crash(deployed, vendor, tmp_path / "home", 1)
        crash.go_to("awaiting")
        crash.kill("server")
        crash.go_to("hardware")
        crash.kill("flow")
        assert crash.wrong(crash.take_up("flow")) == []


def test_a_crashed_run_is_taken_up_three_times_and_no_more(deployed: Deployed, tmp_path: Path) -> None:
    path, overrides = shrunk("planted")
    flow_run = deployed.run(tmp_path / "home", path, (*overrides, *ASKS, "hardware.shots=320"))
    deployed.await_state(flow_run, "Suspended")
    crashed = {"state": {"type": "CRASHED"}, "force": True}
    for number in (1, 2, 3, 4):
        deployed.post(f"flow_runs/{flow_run}/set_state", crashed)
        said = tended(deployed, flow_run)
        state = deployed.state(flow_run)
        if number < 4:
            assert state == ("SCHEDULED", "TakenUp"), said
            again = tended(deployed, flow_run)
            assert "nothing to do" in again, "whoever comes second does nothing"
    assert state == ("CRASHED", "Crashed")
    assert "crashed 4 times" in said
    name = str(deployed.get(f"flow_runs/{flow_run}")["name"])
    deployed.until(lambda: "qpilot.gave-up" in [one["event"] for one in deployed.events(name)], 30)


def tended(deployed: Deployed, flow_run: str) -> str:
    """What `tend` says of the flow run; an hour is left before anything is taken up."""
    with temporary_settings({PREFECT_API_URL: f"{deployed.url}/api"}):
        return tend(flow_run, wait_seconds=3600)


def test_no_result_is_a_pickle(deployed: Deployed, tmp_path: Path) -> None:
    path, overrides = shrunk("planted")
    flow_run = deployed.run(tmp_path / "home", path, (*overrides, "gates.data.min_rows=100000"))
    deployed.await_state(flow_run, "NoGo")
    stored = [path for path in (deployed.place / "prefect" / "storage").rglob("*") if path.is_file()]
    assert stored
    for path in stored:
        json.loads(path.read_text(encoding="utf-8"))
