"""Every way a deployed run can end, by real state transitions on a real server, and what a CI job makes of each."""

import json
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from flows.ci.joblog import JobLog
from flows.ci.triggering import Server
from flows.ci.watching import Late, Unreachable
from flows.cli import main
from gates.records import Outcome
from qpilot.errors import QpilotError, UsageError
from qpilot.runs.summary import Summary
from tests.ci.conftest import Run, Stage, Step, verdict

pytestmark = pytest.mark.usefixtures("server")


def ends(kind: str, name: str | None = None, message: str = "because", outcome: str | None = None) -> Step:
    """The run runs and ends in this state; it leaves an answer with `outcome` first, where there is one."""

    def step(run: Run) -> None:
        from prefect.client.schemas.objects import State, StateType

        run.begin()
        if outcome is not None:
            run.leave(answer(run.summary, outcome))
        run.set(State(type=StateType(kind), name=name or kind.capitalize(), message=message))

    return step


def answer(summary: Summary, outcome: str) -> Summary:
    """What a run that ended so leaves."""
    if outcome == "GO":
        return summary
    if outcome == "HOLLOW":
        return summary.model_copy(update={"verdicts": (verdict("data", Outcome.INCONCLUSIVE),)})
    worst = {"NO_GO": Outcome.NO_GO, "INCONCLUSIVE": Outcome.INCONCLUSIVE}.get(outcome)
    last = () if worst is None else (verdict("hardware", worst, "It fell short."),)
    update = {"outcome": outcome, "verdicts": (*summary.verdicts[:4], *last), "model": None}
    return summary.model_copy(update=update | ({} if worst else {"error": "it was not to be"}))


@pytest.mark.parametrize(
    ("step", "outcome", "code", "said"),
    [
        (ends("COMPLETED", "Promoted", outcome="GO"), "GO", 0, "as it was"),
        (ends("COMPLETED", "Promoted"), "GO", 0, "no gate"),
        (ends("COMPLETED", "Explored", outcome="GO"), "GO", 0, "as it was"),
        (ends("COMPLETED"), "ERROR", 1, "no decision"),
        (ends("COMPLETED", "Promoted", outcome="HOLLOW"), "ERROR", 1, "trust neither"),
        (ends("COMPLETED", "Promoted", outcome="NO_GO"), "ERROR", 1, "trust neither"),
        (ends("FAILED", "NoGo", outcome="NO_GO"), "NO_GO", 3, "fell short"),
        (ends("FAILED", "NoGo"), "NO_GO", 3, "because"),
        (ends("FAILED", "NoGo", outcome="GO"), "NO_GO", 3, "because"),
        (ends("FAILED", "Inconclusive", outcome="INCONCLUSIVE"), "INCONCLUSIVE", 4, "fell short"),
        (ends("FAILED", "AwaitingApproval"), "AWAITING_APPROVAL", 5, "because"),
        (ends("FAILED", "Held", "the queue is long", "ERROR"), "ERROR", 1, "the queue is long"),
        (ends("FAILED", "Busy"), "ERROR", 1, "because"),
        (ends("FAILED"), "ERROR", 1, "ended Failed: because"),
        (ends("FAILED", message="The flow was paused and never resumed."), "REJECTED", 3, "expired"),
        (ends("CRASHED"), "ERROR", 1, "ended Crashed"),
        (ends("CANCELLED", "Rejected", "no, said Ada", "REJECTED"), "REJECTED", 3, "no, said Ada"),
        (ends("CANCELLED"), "ERROR", 1, "ended Cancelled"),
    ],
)
def test_every_terminal_state_has_its_answer(stage: Stage, step: Step, outcome: str, code: int, said: str) -> None:
    ended, errand = stage.conclude(step)
    assert (ended.outcome, ended.exit_code) == (outcome, code)
    assert said in ended.reason
    assert ended.run == stage.worker.summary.run
    assert errand.url.endswith(str(errand.number))
    assert stage.worker.seen[0].parameters["by"] == "ada"


@pytest.mark.parametrize("kind", ["CRASHED", "FAILED"])
def test_a_run_that_is_taken_up_again_within_the_grace_ends_as_it_ends_then(stage: Stage, kind: str) -> None:
    def stumble(run: Run) -> None:
        from prefect.states import Scheduled

        ends(kind)(run)
        time.sleep(0.2)  # looked at twice or more in the state that is not the end
        run.client.set_flow_run_state(run.id, Scheduled(message="Retried"), force=True)

    ended, errand = stage.conclude(stumble, stumble, ends("COMPLETED", "Promoted", outcome="GO"))
    assert (ended.outcome, errand.state) == ("GO", "Promoted")
    assert len(stage.worker.seen) == 3


def test_what_a_crashed_run_cost_is_not_said_to_be_nothing(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.worker.steps += [ends("CRASHED", outcome="AWAITING_APPROVAL")]
    words = ("trigger", stage.path, "--wait", "--grace", 0, "--summary", tmp_path / "s.md")
    code, found, _ = command(capsys, *words)
    assert (code, found["outcome"], found["charged_usd"]) == (1, "ERROR", None)
    assert f"qpilot ledger {found['run']}" in (tmp_path / "s.md").read_text()


def suspended(seconds: float = 60) -> Step:
    """The run waits for a person."""

    def step(run: Run) -> None:
        from prefect.states import Suspended

        run.begin()
        run.leave(answer(run.summary, "AWAITING_APPROVAL"))
        run.set(Suspended(timeout_seconds=int(seconds), pause_key="approval-1-1"))

    return step


def test_a_run_that_waits_for_a_person_ends_the_job_with_5_and_says_where_to_approve(stage: Stage) -> None:
    ended, errand = stage.conclude(suspended())
    assert (ended.outcome, ended.exit_code) == ("AWAITING_APPROVAL", 5)
    assert errand.url in ended.reason
    assert f"qpilot approve {ended.run}" in ended.reason
    assert len(ended.verdicts) == 4


def test_a_suspended_run_that_is_resumed_is_waited_for_where_that_is_asked(stage: Stage) -> None:
    def wait_then_resume(run: Run) -> None:
        suspended()(run)
        time.sleep(0.4)
        assert run.client.resume_flow_run(run.id).status.value == "ACCEPT"

    ended, _ = stage.conclude(wait_then_resume, ends("COMPLETED", "Promoted", outcome="GO"), await_approval=True)
    assert ended.outcome == "GO"


def test_an_approval_that_nobody_gives_expires_to_a_rejection(stage: Stage) -> None:
    def let_it_expire(run: Run) -> None:
        suspended(1)(run)
        time.sleep(1.2)
        run.client.resume_flow_run(run.id)  # too late: the server refuses, and fails the run in its own words

    ended, _ = stage.conclude(let_it_expire, await_approval=True)
    assert (ended.outcome, ended.exit_code) == ("REJECTED", 3)
    assert "expired" in ended.reason


def test_a_go_for_another_pilot_file_is_no_go(stage: Stage) -> None:
    other = stage.worker.summary.model_copy(update={"run": f"{stage.path.parent.name[:1]}"})
    name = str(stage.worker.summary.run).rsplit("-", 2)[0]
    stage.worker.summary = other.model_copy(update={"run": f"{name}-00000000-7"})
    ended, _ = stage.conclude(ends("COMPLETED", "Promoted", outcome="GO"))
    assert (ended.outcome, ended.exit_code) == ("ERROR", 1)
    assert "qpilot deploy" in ended.reason


def test_a_time_out_ends_with_1_and_says_that_the_run_goes_on(stage: Stage, tmp_path: Path) -> None:
    log = JobLog(tmp_path / "summary.md", tmp_path / "junit.xml")
    with pytest.raises(QpilotError, match=r"after 3 s the run has not ended \(\w+( \w+)?\); it goes on: http"):
        stage.conclude(lambda run: run.begin(), timeout=3, poll=0.3, log=log)
    assert "it goes on" in (tmp_path / "summary.md").read_text()
    assert ElementTree.parse(tmp_path / "junit.xml").findall(".//error")
    assert issubclass(Late, QpilotError)


def test_the_same_key_starts_one_run(stage: Stage) -> None:
    first, one = stage.conclude(ends("FAILED", "NoGo", outcome="NO_GO"), key="job 7")
    again, two = stage.conclude(key="job 7")
    assert (first, one.number) == (again, two.number)
    assert len(stage.worker.seen) == 1


def test_overrides_are_the_deployments_own_and_then_these(stage: Stage) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import DeploymentUpdate

    with get_client(sync_client=True) as client:
        own = {"path": str(stage.path), "overrides": ["hardware.shots=300"]}
        client.update_deployment(stage.worker.deployment, DeploymentUpdate(parameters=own))
    stage.conclude(ends("FAILED", "NoGo"), overrides=("hardware.shots=200",))
    assert stage.worker.seen[0].parameters["overrides"] == ["hardware.shots=300", "hardware.shots=200"]


def test_an_override_that_the_file_refuses_starts_nothing(stage: Stage) -> None:
    with pytest.raises(UsageError):
        stage.conclude(overrides=("hardware.shots=-1x",))
    assert stage.worker.seen == []


def test_a_pilot_that_is_not_deployed_is_said(pilot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = command(capsys, "trigger", pilot, "--wait")
    assert (code, "qpilot deploy" in err) == (1, True)


def command(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any], str]:
    with pytest.raises(SystemExit) as stopped:
        main([*map(str, words), "--json"])
    captured = capsys.readouterr()
    return int(str(stopped.value.code)), json.loads(captured.out.splitlines()[-1]), captured.err


def test_the_command_answers_one_object_and_writes_the_jobs_files(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
    monkeypatch.setenv("GITHUB_ACTOR", "grace")
    (tmp_path / "step.md").write_text("before\n")
    stage.worker.steps += [ends("COMPLETED", "Promoted", outcome="GO")]
    code, found, err = command(capsys, "trigger", stage.path, "--wait", "--junit", tmp_path / "junit.xml")
    assert (code, found["outcome"], found["state"]) == (0, "GO", "Promoted")
    assert found["run"] == stage.worker.summary.run
    assert "Promoted" in err
    text = (tmp_path / "step.md").read_text()
    assert text.startswith("before\n## ✓ GO:")
    assert found["url"] in text
    assert len(ElementTree.parse(tmp_path / "junit.xml").findall(".//testcase")) == 7
    assert stage.worker.seen[0].parameters["by"] == "grace"


def test_without_wait_it_says_where_the_run_is_and_ends(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.worker.steps += [ends("FAILED", "NoGo")]
    code, found, _ = command(capsys, "trigger", stage.path)
    assert (code, found["outcome"]) == (0, None)
    assert found["url"].endswith(found["flow_run"])


def test_a_server_that_is_away_is_asked_again_until_the_time_is_up(pilot: Path) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with (
        temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}),
        pytest.raises(Unreachable, match=r"127\.0\.0\.1:9"),
    ):
        Server().deployment("any", "pilot.toml")
