"""The locked set stays shut until the ledger holds the opening and the readings; what counts is what the opening fixed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gates.prototype import decide
from gates.records import Outcome
from gates.selection import PrototypeEvidence
from qpilot import pilotfile, policies
from qpilot.data.preparing import prepare
from qpilot.data.table import Dataset, Table
from qpilot.job import Job, Stores
from qpilot.prototype.search.sweep import Standing
from qpilot.prototype.stage import Selected, prototype
from qpilot.record import openings
from qpilot.record.home import Home
from qpilot.record.journal import Journal

PLANTED = Path(__file__).parents[2] / "pilots" / "planted" / "pilot.toml"
QUICK = (
    'candidates=[{model="projected-kernel", encoding="zz", layers=2, qubits=4, scaling="none"}]',
    'baselines=[{model="logistic"}]',
    "search.folds=2",
    'search.runner="threads"',
    "data.max_train_rows=200",
)
NOON = datetime(2026, 1, 1, tzinfo=UTC)
READ_FIRST = {"advantage", "majority", "twin"}


@dataclass(frozen=True, eq=False)
class Sealed:
    """A locked set that may be counted, but fails the test when a row is looked at before the ledger says who reads it."""

    rows: Table
    journal: Journal
    data: str

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def classes(self) -> tuple[str, ...]:
        return self.rows.classes

    @property
    def X(self) -> NDArray[np.float64]:  # noqa: N802 - the name of a table's features
        return self._opened().X

    @property
    def y(self) -> NDArray[np.int64]:
        return self._opened().y

    def _opened(self) -> Table:
        assert len(openings.standing(self.journal, self.data)) > 0, "a locked row was read before the opening stood"
        entered = {entry.key.rsplit("/", 1)[1] for entry in self.journal.find(openings.READING, f"{self.data}/")}
        assert entered >= READ_FIRST, "a locked row was read before its reading was entered"
        return self.rows


class Conducted:
    """The stage on a sealed set; `meanwhile` is called while the models are selected."""

    def __init__(
        self, home: Path, *overrides: str, explore: bool = False, meanwhile: Callable[..., None] | None = None
    ):
        file = pilotfile.read(PLANTED, (*QUICK, *overrides))
        self.pilot = file.pilot
        self.dataset = prepare(file.pilot.data, file.folder, file.pilot.seed).dataset
        self.journal = Home(home).journal
        data = self.dataset.fingerprint
        job = Job(run="r-1", pilot=file.pilot, folder=file.folder, home=home, data=data, code="c")
        sealed: Dataset = replace(self.dataset, locked=Sealed(self.dataset.locked, self.journal, data))  # type: ignore[arg-type]

        def watch(standing: Standing) -> None:
            if meanwhile is not None and standing.done == 1:
                meanwhile(self.journal, data)

        stores = Stores(self.journal, Home(home).artifacts, lambda: NOON)
        self.evidence: PrototypeEvidence
        self.selected: Selected | None
        self.evidence, self.selected = prototype(job, sealed, explore, stores, watch)


def another_pilot_opens(journal: Journal, data: str) -> None:
    openings.open(
        journal, data, "f" * 64, run="other-1", total=0.05, points=270, tests=lambda alpha: {"advantage": 270}, at=NOON
    )


def test_no_locked_row_is_read_before_the_ledger_says_so(tmp_path: Path) -> None:
    found = Conducted(tmp_path)
    assert found.evidence.advantage is not None
    assert Outcome.GO is decide(found.evidence, policies.prototype(found.pilot)).outcome


@pytest.mark.parametrize("explore", [True, False])
def test_a_refused_design_never_looks_at_a_locked_row(tmp_path: Path, explore: bool) -> None:
    found = Conducted(tmp_path, "claim.target=0.05", "claim.psi=0.3", explore=explore)
    assert explore is (found.selected is not None)
    assert openings.standing(found.journal, found.dataset.fingerprint) == ()


def test_after_a_race_the_alpha_of_the_opening_counts(tmp_path: Path) -> None:
    alone = Conducted(tmp_path / "alone")
    raced = Conducted(tmp_path / "raced", meanwhile=another_pilot_opens)
    assert (alone.evidence.attempt, alone.evidence.alpha) == (1, pytest.approx(0.04))
    assert (raced.evidence.attempt, raced.evidence.alpha) == (2, pytest.approx(0.008))
    assert raced.evidence.required > alone.evidence.required, "a smaller alpha takes more points"
    mine = openings.of(raced.journal, raced.dataset.fingerprint, raced.pilot.digest)
    assert (mine.attempt, mine.alpha) == (raced.evidence.attempt, raced.evidence.alpha)
    assert mine.tests["promotion"] == raced.evidence.required
    verdict = decide(raced.evidence, policies.prototype(raced.pilot))
    assert "at most 0.8 % of the time" in verdict.checks[0].required + verdict.checks[0].reason


def test_a_race_that_leaves_too_little_alpha_is_inconclusive(tmp_path: Path) -> None:
    raced = Conducted(tmp_path, "gates.prototype.min_alpha=0.03", meanwhile=another_pilot_opens)
    assert Outcome.INCONCLUSIVE is decide(raced.evidence, policies.prototype(raced.pilot)).outcome


def test_the_twin_is_the_finalist_without_its_entangling_gates(tmp_path: Path) -> None:
    both = (
        'candidates=[{model="projected-kernel", encoding="zz", layers=2, qubits=4, scaling="none"},'
        ' {model="fidelity-kernel", encoding="angle", layers=1, qubits=4, scaling="none"}]'
    )
    selected = Conducted(tmp_path, both).selected
    assert selected is not None
    finalist, twin = selected.finalist.estimator, selected.twin.estimator
    assert finalist.candidate == twin.candidate
    assert finalist.seed == twin.seed
    assert finalist.get_params() | {"entangled": False} == twin.get_params()
    row = np.full((1, 4), 0.3)
    for whole, bare in zip(finalist.circuits(row), twin.circuits(row), strict=True):
        assert any(len(gate.wires) > 1 for gate in whole.gates)
        assert all(len(gate.wires) == 1 for gate in bare.gates)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_twin_starts_from_the_finalists_seed(tmp_path: Path, seed: int) -> None:
    trained = 'candidates=[{model="variational", encoding="angle", ansatz="strongly-entangling", layers=1, qubits=4, steps=5}]'
    selected = Conducted(tmp_path, trained, "search.seeds=4", f"seed={seed}").selected
    assert selected is not None
    assert selected.finalist.estimator.seed == selected.twin.estimator.seed
    assert selected.finalist.name in selected.twin.name


def test_optimism_is_what_selection_promised_beyond_what_the_locked_set_showed(tmp_path: Path) -> None:
    evidence = Conducted(tmp_path).evidence
    rows = {contender.role: contender for contender in evidence.contenders}
    finalist, reference = rows["finalist"], rows["reference"]
    promised = finalist.cv_accuracy.value - reference.cv_accuracy.value
    seen = finalist.locked_accuracy.value - reference.locked_accuracy.value
    assert evidence.optimism.value == pytest.approx(promised - seen)
    assert evidence.optimism.low < evidence.optimism.value < evidence.optimism.high
    assert evidence.advantage is not None
    assert seen == pytest.approx(evidence.advantage.advantage("accuracy"))


def test_optimism_is_told_in_the_claims_metric(tmp_path: Path) -> None:
    conducted = Conducted(tmp_path, 'claim.metric="balanced_accuracy"')
    evidence, selected = conducted.evidence, conducted.selected
    assert evidence.advantage is not None
    assert selected is not None
    scores = {result.entrant.name: result.score for result in selected.results}
    promised = scores[evidence.finalist] - max(
        result.score for result in selected.results if result.entrant.name == evidence.reference
    )
    assert evidence.optimism.value == pytest.approx(promised - evidence.advantage.advantage("balanced_accuracy"))
    assert evidence.optimism.unit == "balanced accuracy difference"
    for one in evidence.contenders:
        measures = [one.cv_accuracy, *([one.locked_accuracy] if one.role in ("finalist", "reference", "twin") else [])]
        measures += [at.accuracy for at in one.learning] + [at.accuracy for at in one.stresses if at.accuracy.n]
        assert {measure.unit for measure in measures} == {"balanced accuracy"}, one.name
        assert {at.change.unit for at in one.stresses if at.change.n} <= {"balanced accuracy difference"}
        if one.name in scores and one.role != "reference":
            assert one.cv_accuracy.value == scores[one.name], "the table shows what the search chose by"
    locked = {one.role: one.locked_accuracy.value for one in evidence.contenders}
    seen = evidence.advantage.advantage("balanced_accuracy")
    assert locked["finalist"] - locked["reference"] == pytest.approx(seen)
