"""Selection: every entrant on the same folds, failures told apart, answers that do not depend on where they run."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gates.grading import score
from qpilot.candidates.candidate import Candidate
from qpilot.pilot import Search
from qpilot.prototype.fitted import fit, parameters
from qpilot.prototype.search.cross_validation import cross_validate
from qpilot.prototype.search.entrants import ClassicalEntrant, Family, Features, QuantumEntrant
from qpilot.prototype.search.result import Result, best
from qpilot.prototype.search.sweep import Sweep
from qpilot.reduction import REDUCERS
from tests.prototype.entrants import ACCURACY

GENERATOR = np.random.default_rng(1)
X = GENERATOR.normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(np.int64)
FOLDS = [(np.flatnonzero(np.arange(60) % 3 != k), np.flatnonzero(np.arange(60) % 3 == k)) for k in range(3)]
LOGISTIC = ClassicalEntrant("logistic", (("model__C", 1.0),), 0, "raw")
KERNEL = QuantumEntrant(Candidate(model="projected-kernel", encoding="angle", layers=1, qubits=3), 0)


@dataclass(frozen=True)
class Broken:
    """An entrant that cannot be fitted."""

    name: str = "broken"
    family: Family = "classical"
    features: Features = "raw"

    def build(self, classes: int) -> Any:
        raise ValueError("no solution")


@dataclass(frozen=True)
class Nosy:
    """An entrant that answers 1 exactly where it has seen the row in training."""

    name: str = "nosy"
    family: Family = "classical"
    features: Features = "raw"

    def build(self, classes: int) -> Any:
        return self

    def fit(self, X: NDArray[np.float64], y: NDArray[np.int64]) -> "Memory":
        return Memory({row.tobytes() for row in X})


@dataclass(frozen=True)
class Memory:
    seen: set[bytes]

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.array([row.tobytes() in self.seen for row in X], dtype=np.int64)


def validated(*entrants: Any, runner: Any = "threads", workers: int = 1) -> list[Result]:
    reducer = partial(REDUCERS["none"].build, None, 0)
    return cross_validate(entrants, X, Y, FOLDS, reducer, ACCURACY, Sweep(Search(runner=runner, workers=workers)))


def test_an_independent_cross_validation_agrees() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    expected = cross_val_score(model, X, Y, cv=FOLDS).mean()
    assert expected == pytest.approx(validated(LOGISTIC)[0].score)


def test_scores_do_not_depend_on_runner_or_workers() -> None:
    one = validated(LOGISTIC, KERNEL)
    two = validated(LOGISTIC, KERNEL, runner="processes", workers=2)
    assert [result.score for result in one] == [result.score for result in two]
    for first, second in zip(one, two, strict=True):
        assert np.array_equal(first.grades, second.grades)


def test_no_test_row_was_trained_on() -> None:
    answers = validated(Nosy())[0]
    truth = np.concatenate([Y[test] for _, test in FOLDS])
    assert np.array_equal(truth == 0, answers.grades), "a test row was in the training part of its fold"


def test_the_reduction_is_learned_from_the_training_rows_of_each_fold_alone() -> None:
    learned: list[NDArray[np.float64]] = []

    class Watched:
        def fit(self, rows: NDArray[np.float64], labels: NDArray[np.int64]) -> "Watched":
            assert len(rows) == len(labels)
            learned.append(rows)
            return self

        def transform(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
            return rows

    reduced = replace(LOGISTIC, features="reduced")
    cross_validate([reduced], X, Y, FOLDS, Watched, ACCURACY, Sweep(Search(runner="threads", workers=1)))
    assert len(learned) == len(FOLDS)
    for (train, _), rows in zip(FOLDS, learned, strict=True):
        assert np.array_equal(rows, X[train]), "a test row had a say in the reduction it is seen through"


def test_a_failed_entrant_is_reported_and_stops_nobody() -> None:
    broken, standing = validated(Broken(), LOGISTIC)
    assert broken.failure == "ValueError: no solution"
    assert np.isnan(broken.score)
    assert standing is best([broken, standing])
    assert best([broken]) is None


def test_of_equals_the_first_in_the_file_wins() -> None:
    first, second = validated(LOGISTIC, LOGISTIC)
    assert first is best([first, second])


def test_balanced_accuracy_weighs_classes_alike() -> None:
    truth = np.array([0, 0, 0, 1])
    correct = np.array([True, True, True, False])
    assert score(correct, truth, "accuracy") == 0.75
    assert score(correct, truth, "balanced_accuracy") == 0.5


@pytest.mark.parametrize(
    ("name", "settings", "count"),
    [("logistic", (), 4), ("mlp", (("model__hidden_layer_sizes", (5,)),), 3 * 5 + 5 + 5 + 1)],
)
def test_parameters_are_counted(name: str, settings: tuple[tuple[str, Any], ...], count: int) -> None:
    model = fit(ClassicalEntrant(name, settings, 0, "raw"), None, X, Y)
    assert count == parameters(model)


@pytest.mark.parametrize("name", ["rbf-svm", "gradient-boosting"])
def test_every_baseline_can_be_counted(name: str) -> None:
    assert 10 < parameters(fit(ClassicalEntrant(name, (), 0, "raw"), None, X, Y)) < 10_000
