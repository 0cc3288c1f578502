"""A paid batch that is ended at every step, in every way, is paid exactly once."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qpilot.errors import QpilotError, Suspended
from qpilot.spending.service import ResultFault, Service, Work
from tests.spending.crashes import Crash, Scenario, Steps, World
from tests.spending.purses import KEY
from tests.spending.vendor import DENIED, FINE, LOST_ANSWER, SILENT, THROTTLED, Vendor


def _failing(vendor: Vendor) -> None:
    vendor.will_end(f"{KEY}/0000/1", "FAILED", "calibration")


def _with(**faults: list[Exception | str]) -> Callable[[Vendor], None]:
    def setup(vendor: Vendor) -> None:
        for event, rules in faults.items():
            vendor.faults[event] = list(rules)

    return setup


SCENARIOS = {
    one.name: one
    for one in (
        Scenario("fine", lambda vendor: None),
        Scenario("failed once", _failing),
        Scenario("answer lost", _with(create=[LOST_ANSWER])),
        Scenario("never arrived", _with(create=[FINE, SILENT])),
        Scenario("throttled", _with(create=[THROTTLED, THROTTLED])),
        Scenario("throttled after a lost answer", _with(create=[LOST_ANSWER, THROTTLED])),
        Scenario("refused", _with(create=[FINE, DENIED])),
        Scenario("refused after a lost answer", _with(create=[LOST_ANSWER, DENIED])),
        Scenario("unanswered looks", _with(look=[SILENT, SILENT], find=[SILENT])),
        Scenario("result not whole at first", _with(result=[ResultFault("no such key"), SILENT])),
    )
}
RESTARTS = {
    "at once": (0.0, 0.0),
    "at once, the list lags": (300.0, 0.0),
    "an hour later": (0.0, 3600.0),
    "nine minutes later, the list lags": (300.0, 545.0),
}
"""name -> how long the list lags behind, when the next process starts; both in seconds."""


def crashed(world: World, point: int | None, service: Service | None = None) -> bool:
    """Whether the first process got as far as step `point`, where it ended."""
    try:
        world.process(Steps(crash=point), service)
    except Crash:
        return True
    except QpilotError:
        return False
    return False


@pytest.mark.parametrize("restart", RESTARTS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_ended_at_any_step_a_batch_is_paid_once(folder, scenario, restart):
    lag, later = RESTARTS[restart]
    point, going = 0, True
    while going:
        world = World.new(folder / "world", SCENARIOS[scenario], lag)
        going = crashed(world, point)
        world.vendor.advance(later)
        done = world.until_done()
        assert (world.faults(), world.unsettled()) == ([], []), f"ended at step {point}"
        assert len(done) == world.scenario.works
        point += 1
    assert point > 15


def cuts(folder: Path, scenario: Scenario, lag: float) -> Iterator[tuple[World, str]]:
    """Every world a process that ended and a journal that lost its end can leave, and how it came about."""
    seen, point, going = set(), 0, True
    while going:
        world = World.new(folder / "lost", scenario, lag)
        going = crashed(world, point)
        tasks = tuple((task.reference, task.state) for task in world.vendor.tasks())
        outside = (tasks, len(world.stores().artifacts.names()), str(world.vendor.faults))
        entries = tuple((entry.kind, entry.key) for entry in world.entries)
        for kept in range(len(entries) + 1):
            if (outside, entries[:kept]) not in seen:
                seen.add((outside, entries[:kept]))
                lost = World.new(folder / "lost", scenario, lag)
                crashed(lost, point)
                del lost.entries[kept:]
                yield lost, f"ended at step {point}, {kept} entries kept"
        point += 1


@pytest.mark.parametrize("restart", ["at once, the list lags", "an hour later"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_whatever_end_the_journal_loses_a_batch_is_paid_once(folder, scenario, restart):
    lag, later = RESTARTS[restart]
    for world, how in cuts(folder, SCENARIOS[scenario], lag):
        world.vendor.advance(later)
        world.until_done()
        assert (world.faults(), world.unsettled()) == ([], []), how


@dataclass
class Tokenless:
    """The vendor as it is to somebody who sends a new token with every request."""

    vendor: Vendor

    def create(self, work: Work, token: str, tags: Mapping[str, str]) -> str:
        return self.vendor.create(work, uuid.uuid4().hex, tags)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self.vendor, name)


def test_without_its_token_the_same_steps_pay_twice(folder):
    lag, later = RESTARTS["at once, the list lags"]
    point, going, faults = 0, True, []
    while going:
        world = World.new(folder / "world", SCENARIOS["fine"], lag)
        going = crashed(world, point, Tokenless(world.vendor))
        world.vendor.advance(later)
        try:
            world.until_done(Tokenless(world.vendor))
        except AssertionError:
            faults.append("does not end")
        faults += world.faults()
        point += 1
    assert any("is paid 2 times" in fault for fault in faults)


def test_a_request_no_token_covers_is_not_sent_again(folder):
    world = World.new(folder / "world", SCENARIOS["fine"], lag_seconds=10_000)
    step = ["create:after", "append task:before"]
    seen = Steps()
    World.new(folder / "other", SCENARIOS["fine"]).process(seen)
    assert crashed(world, seen.seen.index(step[0]))
    world.vendor.advance(601)
    with pytest.raises(Suspended, match=r"0000/0000/1 is parked: .*\$1.50 stay reserved.*qpilot resolve"):
        world.process()
    with pytest.raises(Suspended, match="is parked"):
        world.process()
    assert len(world.vendor.tasks()) == 1
    world.vendor.lag_seconds = 0
    assert len(world.process()) == 2, "the list shows it by now, so that nobody needs to be asked"
    assert (world.faults(), world.unsettled()) == ([], [])


faulty = st.sampled_from([FINE, FINE, LOST_ANSWER, SILENT, THROTTLED])
looking = st.sampled_from([FINE, FINE, SILENT])
life = st.tuples(st.integers(0, 60), st.integers(0, 30), st.sampled_from([0, 1, 30, 400, 541, 700, 4000]))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    creates=st.lists(faulty | st.just(DENIED), max_size=6),
    looks=st.lists(looking, max_size=4),
    finds=st.lists(looking, max_size=4),
    fails=st.lists(st.booleans(), min_size=3, max_size=3),
    lag=st.sampled_from([0, 20, 500]),
    lives=st.lists(life, min_size=1, max_size=5),
)
def test_however_often_and_wherever_it_ends(folder, creates, looks, finds, fails, lag, lives):
    """lives: for each process the step it ends at, the entries the journal then loses, the seconds to the next."""

    def setup(vendor: Vendor) -> None:
        vendor.faults |= {"create": [*creates], "look": [*looks], "find": [*finds]}
        for place, failed in enumerate(fails):
            if failed:
                vendor.will_end(f"{KEY}/{place:04d}/1", "FAILED", "calibration")

    world = World.new(folder / "world", Scenario("random", setup, works=3), lag)
    for step, losing, pause in lives:
        crashed(world, step)
        assert world.faults() == []
        del world.entries[max(0, len(world.entries) - losing) :]
        world.vendor.advance(pause)
    world.until_done()
    assert (world.faults(), world.unsettled()) == ([], [])
