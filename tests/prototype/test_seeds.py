"""Seeds that are averaged: the candidate with the best mean goes on, its first seed is deployed, D is no longer ternary."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gates.averaged import Averaged
from gates.prototype import decide
from gates.records import Outcome
from qpilot import pilotfile, policies
from qpilot.data.preparing import prepare
from qpilot.job import Job, Stores
from qpilot.prototype.choice import choose
from qpilot.prototype.outer import nested
from qpilot.prototype.reading import Reading, answers
from qpilot.prototype.search.sweep import Sweep, unwatched
from qpilot.prototype.stage import prototype, select
from qpilot.record.home import Home

PLANTED = Path(__file__).parents[2] / "pilots" / "planted"
AVERAGED = (
    'candidates=[{model="variational", encoding="angle", ansatz="strongly-entangling", layers=1, qubits=4, steps=5},'
    ' {model="projected-kernel", encoding="angle", layers=1, qubits=4}]',
    'baselines=[{model="logistic"}]',
    'search={folds=2, runner="threads", seeds=3, seeds_as="average"}',
    "data.max_train_rows=80",
)
NOON = datetime(2026, 1, 1, tzinfo=UTC)


def begin(home: Path, *overrides: str) -> tuple[Job, Any, Stores]:
    pilot = pilotfile.read(PLANTED / "pilot.toml", (*AVERAGED, *overrides)).pilot
    dataset = prepare(pilot.data, PLANTED, pilot.seed).dataset
    job = Job(run="r-1", pilot=pilot, folder=PLANTED, home=home, data=dataset.fingerprint, code="c")
    return job, dataset, Stores(Home(home).journal, Home(home).artifacts, lambda: NOON)


def test_the_candidate_with_the_best_mean_goes_on_with_all_its_seeds(tmp_path: Path) -> None:
    job, dataset, _ = begin(tmp_path)
    choice = choose(job.pilot, dataset.development, Sweep(job.pilot.search))
    quantum = [result for result in choice.results if result.entrant.family != "classical"]
    assert [result.entrant.candidate.model for result in quantum] == ["variational"] * 3 + ["projected-kernel"]  # type: ignore[union-attr]
    means = {"variational": np.mean([one.score for one in quantum[:3]]), "projected-kernel": quantum[3].score}
    best = max(means, key=lambda name: means[name])
    assert {entrant.candidate.model for entrant in choice.finalists} == {best}
    assert len(choice.finalists) == (3 if best == "variational" else 1)
    reference = max(result.score for result in choice.results if result.entrant.family == "classical")
    assert choice.promised == pytest.approx(means[best] - reference)


def test_correctness_at_a_locked_point_is_the_mean_over_seeds(tmp_path: Path) -> None:
    alone = AVERAGED[0].split(' {model="projected')[0].rstrip(",") + "]"
    job, dataset, stores = begin(tmp_path, alone)
    evidence, selected = prototype(job, dataset, False, stores, unwatched)
    assert selected is not None
    assert (len(selected.seeds), len(selected.twins)) == (2, 2)
    assert [model.estimator.seed for model in selected.roles["finalist"]] == [11, 12, 13]
    assert [model.estimator.seed for model in selected.roles["twin"]] == [11, 12, 13]
    right = np.stack([model.predict(dataset.locked.X) == dataset.locked.y for model in selected.roles["finalist"]])
    other = selected.reference.predict(dataset.locked.X) == dataset.locked.y
    assert isinstance(evidence.advantage, Averaged)
    assert evidence.advantage.seeds == 3
    assert evidence.advantage.advantage("accuracy") == pytest.approx(right.mean() - other.mean())
    assert isinstance(evidence.twin, Averaged)
    assert isinstance(evidence.majority, Averaged)
    assert decide(evidence, policies.prototype(job.pilot)).outcome is not Outcome.GO


def test_seeds_that_count_are_read_one_by_one(tmp_path: Path) -> None:
    job, dataset, _ = begin(tmp_path, 'search.seeds_as="count"')
    selected = select(job, dataset, unwatched)
    assert selected.seeds == selected.twins == ()
    named = answers(selected.roles, selected.majority, dataset.locked)
    assert {role: len(one) for role, one in named.items()} == dict.fromkeys(named, 1)
    reading = Reading.of(named, dataset.locked, job.pilot.claim, averaged=False)
    assert reading.against("twin").points == len(dataset.locked)


def test_outer_folds_average_too(tmp_path: Path) -> None:
    job, dataset, _ = begin(tmp_path, "search.outer_folds=3", "search.outer_repeats=1", "data.max_train_rows=60")
    outer = nested(job.pilot, dataset.development, Sweep(job.pilot.search))
    found = outer.against("reference", job.pilot, dataset.development)
    assert all(isinstance(fold, Averaged) for fold in found.folds)
    assert found.flaw("accuracy", len(dataset.development)) is None
