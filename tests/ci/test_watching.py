"""When a state is an end: by a clock that only moves when it is waited."""

import os
import signal
from pathlib import Path

import pytest

from flows.ci.errand import Errand
from flows.ci.joblog import JobLog
from flows.ci.triggering import insist
from flows.ci.watching import Late, Patience, Reading, Seen, Unreachable, watch
from flows.interruption import Interrupted, interruptible
from tests.ci.conftest import Run, Stage

AWAY = None
RUNNING = Seen("1", "RUNNING", "Running", "")
CRASHED = Seen("2", "CRASHED", "Crashed", "killed")
AGAIN = Seen("3", "SCHEDULED", "AwaitingRetry", "")
PROMOTED = Seen("4", "COMPLETED", "Promoted", "")
WAITING = Seen("5", "PAUSED", "Suspended", "")


class Clock:
    """Seconds that pass only where somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.seconds += seconds


def watched(*looks: Seen | None, **patience: float | bool) -> tuple[Seen, Reading, float, list[str]]:
    """What is made of these looks, the last one for ever; when; and what was told."""
    clock, told, rest = Clock(), [], [*looks]

    def look() -> Seen:
        seen = rest.pop(0) if len(rest) > 1 else rest[0]
        if seen is None:
            raise Unreachable("no server answers")
        return seen

    given = Patience(**{"grace": 10, "confirm": 2, "poll": 1, "timeout": 100, **patience})  # type: ignore[arg-type]
    seen, found = watch(look, given, told.append, clock, clock.pause, 0.0)
    return seen, found, clock.seconds, told


def test_a_decision_counts_once_it_has_stood_and_a_crash_after_the_grace() -> None:
    assert watched(PROMOTED)[2] == 2
    assert watched(CRASHED)[2] == 10


def test_a_decision_that_is_left_within_the_confirmation_is_none() -> None:
    refused = Seen("9", "FAILED", "NoGo", "")
    seen, found, _, _ = watched(refused, refused, AGAIN, RUNNING, PROMOTED)
    assert (seen, found.ending) == (PROMOTED, "GO")


def test_a_second_crash_begins_the_grace_anew() -> None:
    second = CRASHED._replace(id="6")
    assert watched(*[CRASHED] * 8, second)[2] == 8 + 10


def test_a_crash_is_waited_out_and_its_retry_counts() -> None:
    seen, found, _, told = watched(RUNNING, *[CRASHED] * 5, AGAIN, RUNNING, PROMOTED)
    assert (seen, found.ending) == (PROMOTED, "GO")
    assert told == ["Running", "Crashed: killed", "AwaitingRetry", "Running", "Promoted"]


def test_what_stood_before_an_outage_has_to_stand_again_after_it() -> None:
    _, _, seconds, told = watched(CRASHED, *[AWAY] * 20, CRASHED)
    assert seconds == 21 + 10
    assert told == ["Crashed: killed", "no server answers; trying again", "the server answers again"]


def test_a_server_that_stays_away_is_waited_for_until_the_time_is_up() -> None:
    with pytest.raises(Late, match=r"after 100 s the run has not ended .Running."):
        watched(RUNNING, AWAY)
    with pytest.raises(Late, match="never seen"):
        watched(AWAY)


def test_a_run_that_waits_ends_the_wait_only_where_it_is_not_awaited() -> None:
    assert watched(WAITING)[1].ending == "AWAITING_APPROVAL"
    assert watched(*[WAITING] * 30, AGAIN, PROMOTED, await_approval=True)[1].ending == "GO"
    with pytest.raises(Late):
        watched(WAITING, await_approval=True)


def test_asking_again_gives_up_when_the_time_is_up() -> None:
    clock, answers = Clock(), iter([False, False, True])

    def ask() -> str:
        if not next(answers):
            raise Unreachable("away")
        return "here"

    assert insist(ask, 10, lambda said: None, clock, clock.pause) == "here"
    answers = iter([False] * 99)
    with pytest.raises(Unreachable):
        insist(ask, 10, lambda said: None, clock, clock.pause)
    assert clock.seconds == 10


def test_an_interruption_while_a_run_is_asked_for_does_not_claim_that_there_is_none(pilot: Path) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.ci.triggering import Server
    from qpilot.pilotfile import read

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        errand = Errand(pilot, read(pilot), (), JobLog(None, None), Server())
    assert errand._unstarted == "no run was started"
    errand.asked = True
    assert "is not known: look for pilot/" in errand._unstarted


def test_an_interrupted_job_does_not_cancel_the_run_and_says_so(stage: Stage, tmp_path: Path) -> None:
    from prefect.client.orchestration import get_client

    from qpilot.pilotfile import read

    def interrupted(run: Run) -> None:
        run.begin()
        while errand.run is None and not stage.worker.stop.wait(0.02):
            pass
        os.kill(os.getpid(), signal.SIGINT)  # as Ctrl-C

    stage.worker.steps.append(interrupted)
    errand = Errand(stage.path, read(stage.path), (), JobLog(tmp_path / "s.md", None))
    with (
        interruptible(),
        pytest.raises(Interrupted, match=r"SIGINT; the run is not cancelled and goes on: http") as stop,
    ):
        errand.conclude(None, "ada", Patience(timeout=30, poll=0.1))
    assert stop.value.code == 130
    assert "not cancelled" in (tmp_path / "s.md").read_text()
    assert errand.run is not None
    with get_client(sync_client=True) as client:
        assert client.read_flow_run(errand.run.id).state.type.value in ("RUNNING", "PENDING", "SCHEDULED")
