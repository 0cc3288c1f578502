"""How far fits are is told from wherever they run, costs no bit of any score, and a worker's death does not matter."""

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qpilot.candidates.candidate import Candidate
from qpilot.pilot import Search
from qpilot.prototype.search import runners
from qpilot.prototype.search.cross_validation import cross_validate
from qpilot.prototype.search.entrants import QuantumEntrant
from qpilot.prototype.search.fits import Material, Piece, estimated, fit
from qpilot.prototype.search.result import Result
from qpilot.prototype.search.sweep import Standing, Sweep
from qpilot.prototype.search.underway import EVERY_SECONDS, Board, Teller, Underway, board
from qpilot.reduction import REDUCERS
from tests.prototype.entrants import ACCURACY, Counted

X = np.random.default_rng(1).normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(np.int64)
FOLDS = [(np.flatnonzero(np.arange(40) % 2 != k), np.flatnonzero(np.arange(40) % 2 == k)) for k in range(2)]
CANDIDATE = Candidate(model="variational", encoding="angle", ansatz="strongly-entangling", layers=1, qubits=3, steps=20)


@dataclass
class Clock:
    """Goes on by `step` seconds a look."""

    step: float
    now: float = 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def test_a_teller_tells_every_second_and_the_board_sees_it(tmp_path: Path) -> None:
    teller = Teller(tmp_path, 3, "deep", folds=5, clock=Clock(0.4))
    each = teller.each(fold=1, before=1)
    seen = Board(tmp_path, clock=Clock(2.0))
    each(4, 8, {"loss": 0.5})
    each(5, 8, {"loss": 0.4})
    assert seen.underway() == (), "it told before a second was over"
    each(6, 8, {"loss": 0.3})
    assert seen.underway() == (Underway("deep", 2, 5, 1, 6, 8, 0.3),)
    assert seen.share(5) == (1 + 6 / 8) / 5
    seen.over(3, 2)
    assert seen.underway() == (), "a piece that has answered is under way no more"
    assert seen.share(5) == 2 / 5


def test_the_board_looks_once_a_second_and_passes_over_what_it_cannot_read(tmp_path: Path) -> None:
    clock = Clock(0.0)
    seen = Board(tmp_path, clock=clock)
    assert seen.underway() == ()
    Teller(tmp_path, 0, "deep", 1, Clock(EVERY_SECONDS)).each(0, 0)(1, 2, {"loss": 1.0})
    (tmp_path / "1.json").write_text("{")
    (tmp_path / "2.json").write_text("[]")
    (tmp_path / "x.json").write_text("{}")
    assert seen.underway() == (), "it looked again at once"
    clock.now += EVERY_SECONDS
    assert [one.entrant for one in seen.underway()] == ["deep"]


def test_where_nobody_can_write_a_fit_goes_on(tmp_path: Path) -> None:
    Teller(tmp_path / "gone", 0, "deep", 1, Clock(EVERY_SECONDS)).each(0, 0)(1, 2, {"loss": 1.0})
    Teller(None, 0, "deep", 1, Clock(EVERY_SECONDS)).each(0, 0)(1, 2, {"loss": 1.0})
    assert not list(tmp_path.iterdir())


def test_telling_changes_no_bit(tmp_path: Path) -> None:
    entrant = QuantumEntrant(CANDIDATE, 0)
    each = Teller(tmp_path, 0, entrant.name, 2, Clock(EVERY_SECONDS)).each(1, 1)
    quiet = estimated(entrant, 2, X, Y, None).state()
    told = estimated(entrant, 2, X, Y, None, each).state()
    (last,) = Board(tmp_path).underway()
    assert (last.step, last.steps, last.fold, last.before) == (20, 20, 2, 1)
    assert np.array_equal(quiet["parameters"], told["parameters"])
    assert last.loss == told["telemetry"][-1, told["telemetry_columns"].index("loss")]


SEEN = "seen"


def slowly(shared: Any, piece: Piece) -> Any:
    """A piece of a sweep that tells of its middle, and ends when somebody has seen it, or after half a minute."""
    Teller(shared.board, piece.number, piece.entrant.name, 1, Clock(EVERY_SECONDS)).each(0, 0)(1, 2, {"loss": 1.0})
    end = time.monotonic() + 30
    while not (shared.board / SEEN).exists() and time.monotonic() < end:
        time.sleep(0.02)
    return fit(shared, piece)


@pytest.mark.parametrize("runner", ["threads", "processes"])
def test_a_fit_is_seen_while_it_runs(runner: Any, tmp_path: Path) -> None:
    found: list[tuple[Underway, ...]] = []
    with board() as seen:
        material = Material(X, Y, tuple(FOLDS), board=seen.folder)
        piece = Piece(Counted("slow", str(tmp_path / "log")), (0,), 7)

        def look() -> None:
            found.append(seen.underway())
            if found[-1]:
                (seen.folder / SEEN).touch()

        answers = runners.run(slowly, material, [piece], Search(runner=runner, workers=1), look)
        assert [place for place, _ in answers] == [0]
    assert found[-1] == (Underway("slow", 1, 1, 0, 1, 2, 1.0),)


def test_an_entrant_that_fails_leaves_nothing_under_way(tmp_path: Path) -> None:
    seen: list[Standing] = []
    log = str(tmp_path / "log")
    entrants: Any = [Counted("broken", log, fault="raise"), Counted("last", log)]
    sweep = Sweep(Search(runner="threads", workers=2), None, seen.append)
    broken, last = cross_validate(entrants, X, Y, FOLDS, partial(REDUCERS["none"].build, None, 0), ACCURACY, sweep)
    assert (broken.failure, last.failure) == ("ValueError: no solution", None)
    assert (seen[-1].done, seen[-1].underway, seen[-1].percent) == (2, (), 100.0)
    assert [one.percent for one in seen] == sorted(one.percent for one in seen)


def test_the_line_says_how_far_the_first_fit_is_before_any_name() -> None:
    done = Result(
        QuantumEntrant(CANDIDATE, 0), np.ones(2, bool), 0.8125, 0.1, None, np.ones(2, int), 0.1, np.ones(2, int)
    )
    one = Underway("deep", 2, 5, 1, 6, 8, 0.3)
    assert Standing(1, 2, [done], "round 1", [one]).said == (
        "round 1: step 6 of 8, loss 0.3, fold 2 of 5; best so far 0.812; deep"
    )
    assert Standing(0, 2, [], "", [one, one, one]).said == "step 6 of 8, loss 0.3, fold 2 of 5; deep and 2 more"
