"""Nested cross-validation: used where the locked set is too small and the list frozen, paid for, redone whole in every fold."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gates.nested import Nested
from gates.prototype import decide
from gates.records import Outcome
from gates.selection import PrototypeEvidence
from qpilot import pilotfile, policies
from qpilot.data.preparing import prepare
from qpilot.data.table import Dataset
from qpilot.errors import QpilotError, UsageError
from qpilot.job import Job, Stores
from qpilot.prototype import stage
from qpilot.prototype.choice import choose
from qpilot.prototype.design import require_folds
from qpilot.prototype.outer import Outer, nested, outer_folds
from qpilot.prototype.search.sweep import Sweep, unwatched
from qpilot.prototype.stage import Selected, prototype
from qpilot.record import openings
from qpilot.record.home import Home

PLANTED = Path(__file__).parents[2] / "pilots" / "planted"
NESTED = (
    'candidates=[{model="projected-kernel", encoding="zz", layers=2, qubits=4, scaling="none"}]',
    'baselines=[{model="logistic"}]',
    'search={folds=2, runner="threads", frozen=true, outer_folds=5, outer_repeats=1}',
    "data.locked=0.15",
    "hardware.power=0.5",
)
LATER = ("claim.target=0.3", "search.outer_repeats=2")
"""What a second try takes, at a fifth of the error rate."""
NOON = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Too few rows of the planted pilot for its locked set of 45."""
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    path.write_text("".join((PLANTED / "rows.csv").read_text().splitlines(keepends=True)[:301]))
    return path


class Conducted:
    def __init__(self, home: Path, rows: Path, *overrides: str, explore: bool = False, shuffled: bool = False):
        self.pilot = pilotfile.read(
            PLANTED / "pilot.toml", (*NESTED, f'data.path="{rows.as_posix()}"', *overrides)
        ).pilot
        self.dataset: Dataset = prepare(self.pilot.data, PLANTED, self.pilot.seed).dataset
        if shuffled:
            table = self.dataset.development
            y = np.random.default_rng(3).permutation(table.y)
            self.dataset = replace(self.dataset, development=replace(table, y=y))
        self.journal = Home(home).journal
        job = Job(run="r-1", pilot=self.pilot, folder=PLANTED, home=home, data=self.dataset.fingerprint, code="c")
        stores = Stores(self.journal, Home(home).artifacts, lambda: NOON)
        self.evidence: PrototypeEvidence
        self.selected: Selected | None
        self.evidence, self.selected = prototype(job, self.dataset, explore, stores, unwatched)
        self.verdict = decide(self.evidence, policies.prototype(self.pilot))


@pytest.fixture(scope="module")
def found(rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Conducted:
    return Conducted(tmp_path_factory.mktemp("home"), rows)


def test_planted_is_a_go_that_speaks_of_the_procedure(found: Conducted) -> None:
    assert found.verdict.outcome is Outcome.GO, found.verdict.reason
    assert "procedure" in found.verdict.reason
    assert isinstance(found.evidence.advantage, Nested)
    assert (len(found.evidence.advantage.folds), found.evidence.rows, found.evidence.locked) == (5, 255, 45)
    assert sum(found.evidence.chosen["finalist"].values()) == 5


def test_the_try_is_entered_before_a_fold_is_answered_and_no_locked_row_is_read(
    found: Conducted,
) -> None:
    (opening,) = openings.standing(found.journal, found.dataset.fingerprint)
    assert {"nested", "hardware", "promotion"} == set(opening.tests)
    assert opening.tests["nested"] == 255
    read = {entry.key.rsplit("/", 1)[1] for entry in found.journal.find(openings.READING)}
    assert read == {"nested"}
    assert all(np.isnan(one.locked_accuracy.value) for one in found.evidence.contenders if one.role != "majority")


def test_without_a_frozen_list_the_small_locked_set_is_refused_before_any_compute(rows: Path, tmp_path: Path) -> None:
    found = Conducted(tmp_path, rows, "search.frozen=false")
    assert found.selected is None
    assert found.verdict.outcome is Outcome.INCONCLUSIVE
    assert "45 locked rows" in found.verdict.reason


def test_where_even_nested_has_too_few_rows_it_says_how_many_it_takes(rows: Path, tmp_path: Path) -> None:
    found = Conducted(tmp_path, rows, "claim.target=0.1", "claim.psi=0.3")
    assert found.selected is None
    assert openings.standing(found.journal, found.dataset.fingerprint) == ()
    assert "255 development rows" in found.verdict.reason
    assert f"takes {found.evidence.required:,}" in found.verdict.reason


def test_where_the_device_has_too_few_points_it_says_what_would_do(rows: Path, tmp_path: Path) -> None:
    found = Conducted(tmp_path, rows, "hardware.power=0.75")
    assert found.selected is None
    assert "hardware.power" in found.verdict.reason


def test_a_locked_set_that_is_large_enough_is_used_though_the_list_is_frozen(rows: Path, tmp_path: Path) -> None:
    assert Conducted(tmp_path, rows, "data.locked=0.4").evidence.form == "locked"


def test_shuffled_labels_are_no_go(rows: Path, tmp_path: Path) -> None:
    assert Conducted(tmp_path, rows, shuffled=True).verdict.outcome is not Outcome.GO


def test_folds_that_cannot_be_judged_are_refused_before_the_try_is_paid_for(rows: Path, tmp_path: Path) -> None:
    lines = rows.read_text().splitlines()
    some = [line for line in lines[1:] if line.endswith(",1")][:12]
    few = tmp_path / "few.csv"
    few.write_text("\n".join([lines[0], *(line for line in lines[1:] if not line.endswith(",1")), *some]) + "\n")
    asked = ('claim.metric="balanced_accuracy"', "claim.target=0.4", "claim.alpha=0.2", "hardware.margin=0.5")
    with pytest.raises(
        UsageError, match=r"every class in every test fold, and \d+ of 20 lack one; set search.outer_folds"
    ):
        Conducted(tmp_path, few, *asked, "search.outer_folds=20")
    assert Home(tmp_path).journal.find(openings.OPENING) == ()
    table = prepare(pilotfile.read(PLANTED / "pilot.toml").pilot.data, PLANTED, 11).dataset.development
    pilot = pilotfile.read(PLANTED / "pilot.toml", NESTED).pilot
    halves = replace(table, groups=table.y.copy())
    with pytest.raises(UsageError, match="classes would have no row in a training part"):
        require_folds(pilot, halves)
    require_folds(pilot, table)


def test_a_second_nested_try_pays_from_the_wallet_until_it_is_used_up(rows: Path, tmp_path: Path) -> None:
    Conducted(tmp_path, rows)
    second = Conducted(tmp_path, rows, "seed=12", *LATER)
    assert (second.evidence.attempt, second.evidence.alpha) == (2, pytest.approx(0.008))
    third = Conducted(tmp_path, rows, "seed=13", *LATER, "gates.prototype.min_alpha=0.002")
    assert third.evidence.attempt == 3
    assert third.selected is None
    assert "used up" in third.verdict.reason


def test_what_another_pilot_was_shown_of_the_development_rows_is_paid_for(rows: Path, tmp_path: Path) -> None:
    Conducted(tmp_path, rows, "search.frozen=false", explore=True)
    assert Conducted(tmp_path, rows, *LATER).evidence.attempt == 2


def test_a_search_that_was_ended_before_it_opened_anything_is_paid_for_too(
    rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(stage, "select", ended)
        with pytest.raises(KeyboardInterrupt):
            Conducted(tmp_path, rows, "data.locked=0.4", "search.frozen=false")
    assert Conducted(tmp_path, rows, *LATER).evidence.attempt == 2


def test_a_look_of_ones_own_is_no_other_try(rows: Path, tmp_path: Path) -> None:
    first = Conducted(tmp_path, rows, "claim.target=0.1", "claim.psi=0.3", explore=True)
    assert first.selected is not None
    again = Conducted(tmp_path, rows, "claim.target=0.1", "claim.psi=0.3")
    assert again.evidence.attempt == 1


def test_an_independent_nested_cross_validation_agrees(found: Conducted) -> None:
    """Scikit-learn's logistic regression and the model itself, fitted by hand on one outer fold."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from qpilot.data.split import folds

    rows, outer = found.dataset.development, found.selected.outer  # type: ignore[union-attr]
    assert outer is not None
    part = outer_folds(found.pilot, rows)[2]
    inner = folds(rows.y[part.train], None, None, 2, 1, found.pilot.seed)
    model = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
        {"logisticregression__C": [0.01, 0.1, 1.0, 10.0, 100.0]},
        cv=list(inner),
    )
    by_hand = model.fit(rows.X[part.train], rows.y[part.train]).predict(rows.X[part.test])
    named = outer.answers[2]["reference"][0]
    assert np.mean(by_hand == named) > 0.9, "the grids need not be the same, the rows have to be"
    counts = found.evidence.advantage.folds[2]  # type: ignore[union-attr]
    right, other = outer.answers[2]["finalist"][0] == rows.y[part.test], named == rows.y[part.test]
    assert (counts.better, counts.worse) == (int((right & ~other).sum()), int((other & ~right).sum()))


def test_a_fold_is_chosen_and_fitted_on_its_training_rows_alone(found: Conducted) -> None:
    """Whatever stands in the test rows of a fold, its models are the same."""
    pilot, rows = found.pilot, found.dataset.development
    spoiled_X, spoiled_y = rows.X.copy(), rows.y.copy()
    part = outer_folds(pilot, rows)[0]
    spoiled_X[part.test] += 5.0
    choice = choose(pilot, rows.take(part.train), Sweep(pilot.search))
    again = choose(pilot, replace(rows, X=spoiled_X, y=spoiled_y).take(part.train), Sweep(pilot.search))
    assert [result.score for result in choice.results] == [result.score for result in again.results]
    first = nested(pilot, rows, Sweep(pilot.search)).answers[1]["finalist"]
    kept: NDArray[np.int64] = found.selected.outer.answers[1]["finalist"]  # type: ignore[union-attr]
    assert np.array_equal(first, kept)


def test_groups_never_straddle_an_outer_fold(found: Conducted) -> None:
    rows = found.dataset.development
    groups = np.arange(len(rows)) // 3
    for part in outer_folds(found.pilot, replace(rows, groups=groups)):
        assert not set(groups[part.train]) & set(groups[part.test])


def test_answers_of_outer_folds_make_a_round_trip(found: Conducted) -> None:
    outer = found.selected.outer  # type: ignore[union-attr]
    assert outer is not None
    again = Outer.from_bytes(outer.to_bytes())
    assert (again.finalists, again.references, again.chosen) == (outer.finalists, outer.references, outer.chosen)
    rows = found.dataset.development
    assert again.against("twin", found.pilot, rows) == found.evidence.twin
    with pytest.raises(QpilotError, match="no answers of outer folds"):
        Outer.from_bytes(b"no")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ('data.time="x"', "does not go"),
        ("data.top_up=20", "give one of them"),
        ('search.seeds_as="sometimes"', "seeds_as"),
        ("search.outer_folds=2", "outer_folds"),
        ("hardware.power=0.4", "power"),
        ("hardware.power=0.95", "above claim.power"),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_line(override: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        pilotfile.read(PLANTED / "pilot.toml", (*NESTED, override))
