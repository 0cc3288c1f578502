"""What a sweep has finished is found again, whatever stopped it, and nothing else is."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qpilot.pilot import Search
from qpilot.prototype.search.cross_validation import cross_validate
from qpilot.prototype.search.entrants import ClassicalEntrant
from qpilot.prototype.search.kept import Kept, prune
from qpilot.prototype.search.result import Result
from qpilot.prototype.search.sweep import Standing, Sweep
from qpilot.reduction import REDUCERS
from tests.prototype.entrants import ACCURACY, Counted

GENERATOR = np.random.default_rng(1)
X = GENERATOR.normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(np.int64)
FOLDS = [(np.flatnonzero(np.arange(40) % 2 != k), np.flatnonzero(np.arange(40) % 2 == k)) for k in range(2)]


def swept(folder: Path, entrants: Sequence[Any], search: Search | None = None, **changes: Any) -> list[Result]:
    rows = {"X": X, "y": Y, "folds": FOLDS, "context": "code"} | changes
    return cross_validate(
        entrants,
        rows["X"],
        rows["y"],
        rows["folds"],
        partial(REDUCERS["none"].build, None, 0),
        ACCURACY,
        Sweep(search or Search(runner="threads", workers=2), Kept(folder / "kept", rows["context"])),
    )


def counted(folder: Path, count: int = 3, **settings: Any) -> list[Counted]:
    return [Counted(f"entrant {number}", str(folder / "log"), **settings) for number in range(count)]


def fits(folder: Path) -> Counter[str]:
    log = folder / "log"
    return Counter(log.read_text().splitlines() if log.exists() else ())


def test_what_was_finished_is_not_fitted_again_and_answers_the_same(tmp_path: Path) -> None:
    first = swept(tmp_path, counted(tmp_path, 2))
    again = swept(tmp_path, counted(tmp_path, 3))
    assert fits(tmp_path) == {"entrant 0": 2, "entrant 1": 2, "entrant 2": 2}
    for one, other in zip(first, again, strict=False):
        assert np.array_equal(one.predicted, other.predicted)
        assert (one.score, one.seconds, one.cpu_seconds) == (other.score, other.seconds, other.cpu_seconds)


@pytest.mark.parametrize(
    "change",
    [
        {"X": X + 1e-12},
        {"y": 1 - Y},
        {"folds": FOLDS[::-1]},
        {"context": "other code"},
    ],
)
def test_what_decides_the_answer_is_part_of_its_name(tmp_path: Path, change: dict[str, Any]) -> None:
    swept(tmp_path, counted(tmp_path, 1))
    swept(tmp_path, counted(tmp_path, 1), **change)
    assert fits(tmp_path) == {"entrant 0": 4}


def test_an_entrants_settings_decide_and_its_name_does_not() -> None:
    one = ClassicalEntrant("mlp", (("model__alpha", 0.1), ("model__hidden_layer_sizes", (64, 64))), 0, "raw")
    names = {
        Kept(Path(), "")._name(entrant, "")
        for entrant in (one, replace(one, seed=1), replace(one, features="reduced"), replace(one, settings=()))
    }
    assert len(names) == 4


@pytest.mark.parametrize("damage", ["", "{}", "[1]", "cut", "changed", "renamed"])
def test_a_damaged_file_is_noticed_and_done_again(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = swept(tmp_path, counted(tmp_path, 1))[0]
    (path,) = (tmp_path / "kept").rglob("*.json")
    text = path.read_text()
    content = json.loads(text)
    content["predicted"][0][0] = 1 - content["predicted"][0][0]
    damaged = {
        "cut": text[: len(text) // 2],
        "changed": json.dumps(content),
        "renamed": text.replace(path.stem, "0" * 64),
    }
    path.write_text(damaged.get(damage, damage))
    again = swept(tmp_path, counted(tmp_path, 1))[0]
    assert fits(tmp_path) == {"entrant 0": 4}
    assert "is damaged" in caplog.text
    assert np.array_equal(whole.predicted, again.predicted)
    swept(tmp_path, counted(tmp_path, 1))
    assert fits(tmp_path) == {"entrant 0": 4}, "it was not kept again"


def test_what_failed_is_tried_again(tmp_path: Path) -> None:
    broken = counted(tmp_path, 1, fault="raise")
    assert swept(tmp_path, broken)[0].failure == swept(tmp_path, broken)[0].failure == "ValueError: no solution"
    assert fits(tmp_path) == {"entrant 0": 4}, "two folds, each a piece of its own, twice"


SWEEP = """
import sys
from pathlib import Path
from tests.prototype.test_kept import counted, swept
from qpilot.pilot import Search
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    results = swept(folder, counted(folder, 6, seconds=0.15), Search(runner="processes", workers=2))
    print([result.score for result in results])
"""


def test_a_sweep_killed_with_9_goes_on_where_it_was(tmp_path: Path) -> None:
    script = tmp_path / "sweep.py"
    script.write_text(SWEEP)
    command = [sys.executable, str(script), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    killed = subprocess.Popen(command, env=environment)
    until = time.monotonic() + 120
    while len(finished := list((tmp_path / "kept").rglob("[0-9a-f]*.json"))) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    finished = list((tmp_path / "kept").rglob("[0-9a-f]*.json"))
    assert 2 <= len(finished) < 6, "it was to be killed half-way"
    done = {json.loads(path.read_text())["entrant"] for path in finished}
    time.sleep(1)  # its workers notice that they are alone
    before = fits(tmp_path)
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    after = fits(tmp_path) - before
    assert not done & set(after), "a finished entrant was fitted again"
    assert after == {f"entrant {number}": 2 for number in range(6) if f"entrant {number}" not in done}
    alone = swept(tmp_path / "alone", counted(tmp_path, 6))
    assert ended.stdout.strip() == str([result.score for result in alone])


DAY = 86_400


def aged(folder: Path, days: dict[str, float]) -> float:
    """The kept file of each entrant was used so many days ago; and now."""
    now = time.time()
    for path in (folder / "kept").rglob("*.json"):
        used = now - DAY * days[json.loads(path.read_text())["entrant"]]
        os.utime(path, (used, used))
    return now


def test_what_was_not_used_for_a_month_goes(tmp_path: Path) -> None:
    entrants = counted(tmp_path, 3)
    swept(tmp_path, entrants)
    now = aged(tmp_path, {"entrant 0": 31, "entrant 1": 29, "entrant 2": 31})
    swept(tmp_path, entrants[2:])
    assert fits(tmp_path)["entrant 2"] == 2, "it was read, and so used"
    assert prune(tmp_path / "kept", now) == 1
    swept(tmp_path, entrants)
    assert fits(tmp_path) == {"entrant 0": 4, "entrant 1": 2, "entrant 2": 2}


def test_beyond_so_many_bytes_the_oldest_go(tmp_path: Path) -> None:
    entrants = counted(tmp_path, 4)
    swept(tmp_path, entrants)
    now = aged(tmp_path, {"entrant 0": 1, "entrant 1": 4, "entrant 2": 2, "entrant 3": 3})
    sizes = [path.stat().st_size for path in (tmp_path / "kept").rglob("*.json")]
    assert prune(tmp_path / "kept", now, most=sum(sizes)) == 0
    assert prune(tmp_path / "kept", now, most=2 * max(sizes)) == 2
    left = {json.loads(path.read_text())["entrant"] for path in (tmp_path / "kept").rglob("*.json")}
    assert left == {"entrant 0", "entrant 2"}


def test_what_a_killed_writer_left_goes_with_age_and_nothing_else_does(tmp_path: Path) -> None:
    swept(tmp_path, counted(tmp_path, 1))
    now = aged(tmp_path, {"entrant 0": 0})
    (path,) = (tmp_path / "kept").rglob("*.json")
    half, foreign = path.parent / ".abc.part", tmp_path / "kept" / "notes.txt"
    for old in (half, foreign):
        old.write_text("")
        os.utime(old, (now - 40 * DAY, now - 40 * DAY))
    assert prune(tmp_path / "kept", now) == 1
    assert (half.exists(), foreign.exists(), path.exists()) == (False, True, True)
    assert prune(tmp_path / "nowhere", now) == 0


def test_runs_that_prune_while_others_sweep_break_nothing(tmp_path: Path) -> None:
    from threading import Event, Thread

    over, fallen = Event(), list[BaseException]()

    def pruning() -> None:
        try:
            while not over.is_set():
                prune(tmp_path / "kept", time.time(), most=0)
        except BaseException as error:
            fallen.append(error)

    others = [Thread(target=pruning) for _ in range(2)]
    for other in others:
        other.start()
    scores = [[result.score for result in swept(tmp_path, counted(tmp_path, 4))] for _ in range(5)]
    over.set()
    for other in others:
        other.join()
    assert not fallen
    assert scores == scores[:1] * 5


def test_every_step_is_told_with_the_best_so_far(tmp_path: Path) -> None:
    seen: list[Standing] = []
    entrants = [*counted(tmp_path, 2), Counted("poor", str(tmp_path / "log"), fault="raise")]
    sweep = Sweep(Search(runner="threads", workers=1), None, seen.append)
    cross_validate(entrants, X, Y, FOLDS, partial(REDUCERS["none"].build, None, 0), ACCURACY, sweep)
    assert [(standing.done, standing.total) for standing in seen] == [(1, 3), (2, 3), (3, 3)]
    assert seen[-1].best is not None
    assert seen[-1].said == f"poor failed; best so far entrant 0 {seen[-1].best.score:.3f}"
