"""A search under way, as the terminal and Prefect's UI show it."""

from typing import Any

import numpy as np
import pytest

from qpilot.prototype.search.entrants import ClassicalEntrant
from qpilot.prototype.search.result import Result
from qpilot.prototype.search.sweep import Standing
from qpilot.prototype.search.underway import Underway


def result(name: str, score: float, failure: str | None = None) -> Result:
    entrant, answers = ClassicalEntrant(name, (), 0, "raw"), np.ones(2, int)
    return Result(entrant, np.ones(2, bool), score, 0.2, failure, answers, 0.1, answers)


RESULTS = (result("slow", 0.7), result("fast", 0.9), result("broken", float("nan"), "ValueError: no solution"))


class Clock:
    """Ten seconds a look, up to the last."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class Seen:
    def __init__(self) -> None:
        self.told: list[tuple[str, int, int, str]] = []

    def progress(self, stage: str, done: int, total: int, said: str = "") -> None:
        self.told.append((stage, done, total, said))

    def verdict(self, verdict: Any) -> None:
        raise AssertionError("no gate was reached")


def artifacts(key: str) -> list[Any]:
    """Every version of the artifact, oldest first."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])))
    return sorted(found, key=lambda artifact: artifact.created)


def show(run: str, step: float) -> Seen:
    """The three results one after the other, inside a task, `step` seconds apart."""
    from prefect import flow, task

    from tasks.desk import WATCHER
    from tasks.sweep import Shown

    seen = Seen()

    @task
    def search() -> None:
        token = WATCHER.set(seen)
        try:
            shown = Shown(run, Clock(step))
            for done in range(1, 4):
                shown(Standing(done, 3, RESULTS[:done]))
        finally:
            WATCHER.reset(token)

    @flow
    def body() -> None:
        search()

    body()
    return seen


def test_a_search_is_shown_in_the_terminal_as_a_bar_and_as_a_table(server: None) -> None:
    seen = show("shown-often-1", step=10.0)
    assert [(stage, done, total) for stage, done, total, _ in seen.told] == [("prototype", n, 3) for n in (1, 2, 3)]
    assert seen.told[-1][3] == "broken on raw features failed; best so far fast on raw features 0.900"
    (bar,) = (one for one in artifacts("search") if one.description.startswith("shown-often-1"))
    assert (bar.type, bar.data) == ("progress", 100)
    assert "3 of 3" in bar.description
    (table,) = (one for one in artifacts("search-so-far") if one.description.startswith("shown-often-1"))
    assert [row.split('"')[0] for row in table.data.split('"entrant": "')[1:]] == [
        "fast on raw features",
        "slow on raw features",
        "broken on raw features",
    ]
    assert "ValueError: no solution" in table.data


def test_the_server_is_told_no_more_often_than_it_can_bear(server: None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = show("shown-seldom-1", step=0.001)
    assert len(seen.told) == 3, "the terminal is told of every step"
    (bar,) = (one for one in artifacts("search") if one.description.startswith("shown-seldom-1"))
    assert bar.data == 100, "the last word is always said"
    assert bar.updated > bar.created


def test_fits_under_way_are_shown_before_anything_has_finished(server: None) -> None:
    from prefect import flow, task

    from tasks.desk import WATCHER
    from tasks.sweep import Shown

    seen = Seen()
    slow = (Underway("deep", 1, 5, 0, 30, 120, 0.4321), Underway("wide", 2, 5, 1, 60, 120, 0.5))

    @task
    def search() -> None:
        token = WATCHER.set(seen)
        try:
            shown = Shown("shown-underway-1", Clock(10.0))
            shown(Standing(0, 2, ()))
            shown(Standing(0, 2, (), underway=slow, share=0.175))
        finally:
            WATCHER.reset(token)

    @flow
    def body() -> None:
        search()

    body()
    assert seen.told[0] == ("prototype", 0, 2, "fitting")
    assert seen.told[1] == ("prototype", 0, 2, "step 30 of 120, loss 0.432, fold 1 of 5; deep and 1 more")
    (bar,) = (one for one in artifacts("search") if one.description.startswith("shown-underway-1"))
    assert bar.data == 17.5
    assert bar.description.splitlines()[-4:] == [
        "| under way | fold | step | loss |",
        "|---|---|---|---|",
        "| deep | 1 of 5 | 30 of 120 | 0.432 |",
        "| wide | 2 of 5 | 60 of 120 | 0.5 |",
    ]


def test_logs_get_a_line_a_quarter_with_the_best_so_far() -> None:
    from io import StringIO

    from rich.console import Console

    from flows.terminal import Terminal

    out = StringIO()
    with Terminal(Console(file=out, force_terminal=False, width=60)) as terminal:
        for done in range(1, 101):
            terminal.progress("prototype", done, 100, f"fast [{done}]; best so far fast 0.9")
    lines = out.getvalue().splitlines()
    assert lines == [f" prototype  {done} of 100  fast [{done}]; best so far fast 0.9" for done in (25, 50, 75, 100)]


def test_a_terminal_shows_how_it_stands_on_one_line() -> None:
    from io import StringIO

    from rich.console import Console

    from flows.terminal import Terminal

    out = StringIO()
    console = Console(file=out, force_terminal=True, width=70, legacy_windows=False)
    with Terminal(console) as terminal:
        terminal.progress("prototype", 1, 3, "a candidate with a very long name [x]; best so far another of them 0.812")
        terminal._bars.refresh()
    shown = out.getvalue()
    assert "1/3" in shown
    assert "a candidate" in shown
    assert shown.count("\n") <= 1, "what does not fit is cut, not wrapped"
