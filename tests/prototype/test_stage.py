"""The locked set is read once, by one finalist, at the wallet's alpha; a design without power is refused before compute."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from gates.prototype import decide
from gates.records import Outcome
from qpilot import pilotfile, policies
from qpilot.data.preparing import prepare
from qpilot.data.table import Dataset
from qpilot.job import Job, Stores
from qpilot.prototype.search.sweep import unwatched
from qpilot.prototype.stage import prototype
from qpilot.record import openings
from qpilot.record.home import Home

PLANTED = Path(__file__).parent.parent.parent / "pilots" / "planted" / "pilot.toml"
QUICK = (
    'candidates=[{model="projected-kernel", encoding="zz", layers=2, qubits=4, scaling="none"}]',
    'baselines=[{model="logistic"}]',
    "search.folds=3",
    'search.runner="threads"',
    "data.max_train_rows=200",
)
NOON = datetime(2026, 1, 1, tzinfo=UTC)


def begin(home: Path, *overrides: str) -> tuple[Job, Dataset, Stores]:
    file = pilotfile.read(PLANTED, (*QUICK, *overrides))
    dataset = prepare(file.pilot.data, file.folder, file.pilot.seed).dataset
    job = Job(run="planted-x-1", pilot=file.pilot, folder=file.folder, home=home, data=dataset.fingerprint, code="c")
    found = Home(home)
    return job, dataset, Stores(found.journal, found.artifacts, lambda: NOON)


def conduct(home: Path, *overrides: str, explore: bool = False):  # type: ignore[no-untyped-def]
    job, dataset, stores = begin(home, *overrides)
    evidence, selected = prototype(job, dataset, explore, stores, unwatched)
    return job, evidence, selected, stores


def test_planted_is_a_go_and_the_opening_stands_in_the_ledger(tmp_path: Path) -> None:
    job, evidence, selected, stores = conduct(tmp_path)
    assert Outcome.GO is decide(evidence, policies.prototype(job.pilot)).outcome
    assert selected is not None
    (opening,) = openings.standing(stores.journal, job.data)
    assert (1, 270, job.pilot.digest) == (opening.attempt, opening.points, opening.pilot)
    assert pytest.approx(opening.alpha) == 0.8 * 0.05
    assert evidence.alpha == opening.alpha


def test_the_same_pilot_again_is_no_second_opening(tmp_path: Path) -> None:
    _, first, _, stores = conduct(tmp_path)
    job, second, _, _ = conduct(tmp_path)
    assert len(openings.standing(stores.journal, job.data)) == 1
    assert first.advantage == second.advantage
    assert first.alpha == second.alpha


def test_a_changed_pilot_on_the_same_rows_pays_from_the_wallet(tmp_path: Path) -> None:
    _, first, _, _ = conduct(tmp_path)
    _, second, _, _ = conduct(tmp_path, "seed=12")
    assert (first.attempt, second.attempt) == (1, 2)
    assert pytest.approx(second.alpha / first.alpha) == 0.2
    assert second.required > first.required


@pytest.mark.parametrize("overrides", [("claim.target=0.05", "claim.psi=0.3"), ("gates.prototype.min_alpha=0.05",)])
def test_without_power_or_alpha_nothing_is_computed_or_opened(tmp_path: Path, overrides: tuple[str, ...]) -> None:
    job, evidence, selected, stores = conduct(tmp_path, *overrides)
    assert selected is None
    assert evidence.contenders == ()
    assert openings.standing(stores.journal, job.data) == ()
    verdict = decide(evidence, policies.prototype(job.pilot))
    assert Outcome.INCONCLUSIVE is verdict.outcome


def test_exploring_selects_without_opening(tmp_path: Path) -> None:
    job, evidence, selected, stores = conduct(tmp_path, "claim.target=0.05", "claim.psi=0.3", explore=True)
    assert selected is not None
    assert evidence.advantage is None
    assert openings.standing(stores.journal, job.data) == ()
    assert all(np.isnan(contender.locked_accuracy.value) for contender in evidence.contenders)
    assert Outcome.GO is not decide(evidence, policies.prototype(job.pilot)).outcome


def test_shuffled_labels_are_no_go_or_inconclusive(tmp_path: Path) -> None:
    job, dataset, stores = begin(tmp_path)
    y = np.random.default_rng(0).permutation(dataset.development.y)
    spoiled = type(dataset.development)(
        dataset.development.X, y, dataset.development.classes, dataset.development.features
    )
    null = Dataset(
        spoiled,
        dataset.locked,
        dataset.development_rows,
        dataset.locked_rows,
        dataset.preparation,
        dataset.fingerprint,
        dataset.locked_hash,
    )
    evidence, _ = prototype(job, null, False, stores, unwatched)
    assert Outcome.GO is not decide(evidence, policies.prototype(job.pilot)).outcome


def test_a_claim_about_rows_trains_on_its_share(tmp_path: Path) -> None:
    _, evidence, selected, _ = conduct(
        tmp_path,
        'claim={kind="non-inferiority", metric="accuracy", target=0.1, margin=0.1, psi=0.3, alpha=0.05, power=0.8,'
        ' quantum=false, resource="rows", max_ratio=0.5}',
    )
    assert selected is not None
    assert evidence.resource_ratio.value == 0.5
    assert selected.finalist.estimator.parameters / (12 + 1) <= 100
