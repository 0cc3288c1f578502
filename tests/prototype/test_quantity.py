"""The prototype stage where the target is a quantity: locked, nested, averaged; a gate that can say no."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from gates.graded import Graded
from gates.nested import Nested
from gates.prototype import decide
from gates.records import Outcome
from gates.selection import PrototypeEvidence
from qpilot import pilotfile, policies
from qpilot.data.preparing import prepare
from qpilot.data.strata import strata
from qpilot.job import Job, Stores
from qpilot.prototype.search.halving import thinned
from qpilot.prototype.search.sweep import unwatched
from qpilot.prototype.stage import Selected, prototype
from qpilot.record.home import Home
from tests.quantities import OVERRIDES, PILOT, PLANTED, written

NOON = datetime(2026, 1, 1, tzinfo=UTC)


class Conducted:
    def __init__(self, home: Path, *overrides: str, shuffled: bool = False, count: int = 300):
        home.mkdir(exist_ok=True)
        where = written(home / "rows.csv", count, shuffled=shuffled)
        self.pilot = pilotfile.read(PILOT, (*OVERRIDES, where, *overrides)).pilot
        self.dataset = prepare(self.pilot.data, PLANTED, self.pilot.seed, quantity=True).dataset
        job = Job(run="r-1", pilot=self.pilot, folder=PLANTED, home=home, data=self.dataset.fingerprint, code="c")
        stores = Stores(Home(home).journal, Home(home).artifacts, lambda: NOON)
        self.evidence: PrototypeEvidence
        self.selected: Selected | None
        self.evidence, self.selected = prototype(job, self.dataset, False, stores, unwatched)
        self.verdict = decide(self.evidence, policies.prototype(self.pilot))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Conducted:
    return Conducted(tmp_path_factory.mktemp("home"))


def test_a_hidden_observable_is_a_go(found: Conducted) -> None:
    assert found.verdict.outcome is Outcome.GO, found.verdict.reason
    assert isinstance(found.evidence.advantage, Graded)
    assert "nearer on" in found.verdict.reason


def test_the_comparison_is_what_the_models_answer(found: Conducted) -> None:
    assert found.selected is not None
    assert found.evidence.advantage is not None
    locked, worst = found.dataset.locked, found.pilot.claim.worst_error
    off = {role: np.abs(model.predict(locked.X) - locked.y) / worst for role, model in found.selected.models.items()}
    kept = {role: 1 - np.minimum(one, 1) for role, one in off.items()}
    shown = found.evidence.advantage.advantage("absolute_error")
    assert shown == pytest.approx((kept["finalist"] - kept["reference"]).mean())
    assert found.selected.majority == np.median(found.dataset.development.y)


def test_the_comparison_table_holds_scores(found: Conducted) -> None:
    by_role = {one.role: one for one in found.evidence.contenders}
    assert by_role["finalist"].cv_accuracy.unit == by_role["finalist"].locked_accuracy.unit == "score"
    assert by_role["finalist"].cv_accuracy.value > by_role["reference"].cv_accuracy.value > 0
    assert by_role["majority"].name == "always the median"
    assert "without a probability" in by_role["finalist"].calibration.method
    assert {one.kind for one in by_role["finalist"].stresses} == {"feature noise", "bits", "device noise"}
    assert {measure.unit for measure in found.evidence.importance.values()} == {"score"}


def test_values_that_know_nothing_of_the_features_are_no_go(tmp_path: Path) -> None:
    found = Conducted(tmp_path, shuffled=True)
    assert found.verdict.outcome is not Outcome.GO
    assert found.verdict.checks[0].outcome is not Outcome.GO


def test_squared_error_is_graded_and_its_constant_is_the_mean(tmp_path: Path) -> None:
    found = Conducted(tmp_path, 'claim.metric="squared_error"')
    assert found.selected is not None
    assert found.selected.majority == pytest.approx(found.dataset.development.y.mean())
    assert found.verdict.outcome is Outcome.GO, found.verdict.reason


NESTED = (
    "data.locked=0.17",
    "claim.quantum=false",
    "claim.target=0.2",
    "hardware.power=0.5",
    'search={folds=2, runner="threads", frozen=true, outer_folds=5, outer_repeats=1}',
)


def test_a_small_locked_set_is_spared_for_outer_folds(tmp_path: Path) -> None:
    found = Conducted(tmp_path, *NESTED, count=200)
    assert isinstance(found.evidence.advantage, Nested), found.verdict.reason
    assert all(isinstance(fold, Graded) for fold in found.evidence.advantage.folds)
    assert found.verdict.outcome is Outcome.GO, found.verdict.reason
    assert Conducted(tmp_path / "null", *NESTED, count=200, shuffled=True).verdict.outcome is not Outcome.GO


TRAINED = (
    'candidates=[{model="variational", encoding="zz", ansatz="strongly-entangling", layers=1, qubits=4, scaling="none",'
    " steps=20}]"
)


def test_seeds_are_averaged_by_grade(tmp_path: Path) -> None:
    found = Conducted(tmp_path, TRAINED, 'search={folds=2, seeds=2, seeds_as="average", runner="threads"}')
    assert isinstance(found.evidence.advantage, Graded)
    assert found.evidence.advantage.seeds == 2
    assert found.selected is not None
    assert len(found.selected.seeds) == 1


def test_halving_keeps_the_whole_range_of_a_quantity() -> None:
    y = np.random.default_rng(1).exponential(size=150)
    parts = [(np.arange(100), np.arange(100, 150)), (np.arange(50, 150), np.arange(50))]
    bins = strata(y)
    small, large = thinned(parts, y, 1 / 9, 3), thinned(parts, y, 1 / 3, 3)
    for (whole, test), (few, kept), (some, _) in zip(parts, small, large, strict=True):
        assert np.array_equal(test, kept)
        assert set(few) <= set(some) <= set(whole)
        shares = np.bincount(bins[some], minlength=5) / np.bincount(bins[whole], minlength=5)
        assert np.abs(shares - 1 / 3).max() < 0.06
