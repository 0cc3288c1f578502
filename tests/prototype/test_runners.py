"""The same answers wherever a sweep runs, and a worker that dies takes nobody with it."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qpilot.candidates.candidate import Candidate
from qpilot.errors import QpilotError
from qpilot.pilot import Search
from qpilot.prototype.search import cluster, runners
from qpilot.prototype.search.cross_validation import cross_validate
from qpilot.prototype.search.entrants import ClassicalEntrant, QuantumEntrant
from qpilot.prototype.search.result import Result
from qpilot.prototype.search.sweep import Sweep
from qpilot.reduction import REDUCERS
from tests.prototype.entrants import ACCURACY, Counted

GENERATOR = np.random.default_rng(1)
X = GENERATOR.normal(size=(60, 5))
Y = ((X[:, 0] > 0).astype(np.int64) + (X[:, 1] > 0.5)).astype(np.int64)
FOLDS = [(np.flatnonzero(np.arange(60) % 3 != k), np.flatnonzero(np.arange(60) % 3 == k)) for k in range(3)]
TRAINED = Candidate(model="variational", encoding="angle", ansatz="strongly-entangling", layers=1, qubits=3, steps=10)
ENTRANTS = [
    QuantumEntrant(TRAINED, 0),
    QuantumEntrant(TRAINED, 1),
    QuantumEntrant(Candidate(model="projected-kernel", encoding="zz", layers=1, qubits=3), 0),
    ClassicalEntrant("logistic", (("model__C", 1.0),), 0, "raw"),
    ClassicalEntrant("rbf-svm", (), 0, "reduced"),
    ClassicalEntrant("gradient-boosting", (), 0, "raw"),
    ClassicalEntrant("mlp", (("model__max_iter", 5),), 0, "reduced"),
]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster of two workers, as somebody else would have started it."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, protocol="tcp") as local:
        yield local.scheduler_address


def validated(entrants: Any, search: Search) -> list[Result]:
    reducer = partial(REDUCERS["pca"].build, 3, 0)
    return cross_validate(entrants, X, Y, FOLDS, reducer, ACCURACY, Sweep(search))


def test_scores_are_the_same_on_threads_processes_and_dask(scheduler: str) -> None:
    places = [
        Search(runner="threads", workers=2),
        Search(runner="processes", workers=2),
        Search(runner="dask", scheduler=scheduler),
    ]
    first, *others = [validated(ENTRANTS, search) for search in places]
    assert [result.failure for result in first] == [None] * len(ENTRANTS)
    assert len({result.score for result in first}) > 2, "the entrants are to differ, or nothing is shown"
    for results in others:
        assert [result.score for result in first] == [result.score for result in results]
        for one, other in zip(first, results, strict=True):
            assert np.array_equal(one.predicted, other.predicted)


def test_a_cluster_of_this_machine_answers_the_same_bits() -> None:
    """Without an address: the workers start and end with the sweep."""
    entrants = [ENTRANTS[0], ENTRANTS[3]]
    alone = validated(entrants, Search(runner="threads", workers=2))
    for one, other in zip(alone, validated(entrants, Search(runner="dask", workers=1)), strict=True):
        assert (one.failure, one.score) == (other.failure, other.score) == (None, one.score)
        assert np.array_equal(one.predicted, other.predicted)


QUIET = """
import logging

from qpilot.prototype.search import cluster


def work(shared, piece):
    return shared + piece


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    print(sorted(cluster.run(work, 1, [1, 2], None, 1, str, lambda: None, 1.0)))
"""


def test_a_cluster_of_this_machine_says_nothing_where_the_process_logs_already(tmp_path: Path) -> None:
    script = tmp_path / "quiet.py"
    script.write_text(QUIET)
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, script], env=env, capture_output=True, text=True, check=True, timeout=120)
    assert (done.stdout, done.stderr) == ("[(0, 2), (1, 3)]\n", "")


def learned(seed: int, shared: Any, place: int) -> Any:
    """The fitted numbers themselves: a score could hide a last bit."""
    X, y = shared
    state = ENTRANTS[place].build(3).fit(X, y).state()
    return {name: value.tobytes() for name, value in state.items() if isinstance(value, np.ndarray)} | {"seed": seed}


def test_what_was_learned_is_the_same_to_the_last_bit(scheduler: str) -> None:
    work = partial(learned, 7)
    found = [
        dict(runners.run(work, (X[:, :3], Y), [0, 1, 2], search))
        for search in (
            Search(runner="threads", workers=2),
            Search(runner="processes", workers=2),
            Search(runner="dask", scheduler=scheduler),
        )
    ]
    assert found[0] == found[1] == found[2]
    assert len(found[0][0]) > 2


def test_a_process_that_is_killed_loses_its_own_entrant_alone(tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    entrants = [
        Counted("first", log),
        Counted("killer", log, fault="kill"),
        Counted("bystander", log, seconds=0.3),
        Counted("last", log),
    ]
    first, killer, bystander, last = validated(entrants, Search(runner="processes", workers=2))
    assert (first.failure, bystander.failure, last.failure) == (None, None, None)
    assert killer.failure is not None
    assert killer.failure.startswith("the process it ran in died: ")
    assert "\n" not in killer.failure
    assert np.isnan(killer.score)
    assert first.score > 0.5
    fitted = Counter(Path(log).read_text().split())
    assert fitted["first"] == fitted["last"] == len(FOLDS), "what was finished, or not begun, is fitted once"


def test_a_dask_worker_that_is_killed_loses_its_own_entrant_alone(tmp_path: Path, scheduler: str) -> None:
    entrants = [Counted("killer", str(tmp_path / "log"), fault="kill"), Counted("last", str(tmp_path / "log"))]
    killer, last = validated(entrants, Search(runner="dask", scheduler=scheduler))
    assert last.failure is None
    assert killer.failure is not None
    assert killer.failure.startswith("every worker it ran on died: ")


def test_without_dask_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(QpilotError, match=r'needs Dask .*pip install "qpilot\[dask\]"'):
        validated(ENTRANTS[3:4], Search(runner="dask", workers=1))


def test_a_scheduler_that_does_not_answer_is_named() -> None:
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "300ms"}),
        pytest.raises(QpilotError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9 "),
    ):
        validated(ENTRANTS[3:4], Search(runner="dask", scheduler="tcp://127.0.0.1:9"))


def test_workers_with_other_code_are_refused(scheduler: str) -> None:
    from distributed import Client

    mine = cluster.stamp()
    assert {"code", "python", "numpy", "scikit-learn"} <= set(mine)
    with Client(scheduler) as client:
        cluster.require_same(client, scheduler)
        with pytest.raises(QpilotError, match=r"would answer otherwise: it has numpy 1\.0, here "):
            cluster.require_same(client, scheduler, Stamp(numpy="1.0"))


class Stamp:
    """Other versions on the workers than here."""

    def __init__(self, **changed: str) -> None:
        self.changed, self.here, self.mine = changed, os.getpid(), cluster.stamp()

    def __call__(self) -> dict[str, str]:
        return self.mine if os.getpid() == self.here else self.mine | self.changed


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"runner": "threads", "scheduler": "tcp://here:8786"}, 'needs runner = "dask"'),
        ({"runner": "dask", "scheduler": "here:8786"}, "scheduler"),
        ({"runner": "dask", "scheduler": "tcp://here:8786", "workers": 3}, "leave out workers"),
        ({"runner": "ray"}, "runner"),
        ({"workers": 0}, "workers"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Search.model_validate(settings)
