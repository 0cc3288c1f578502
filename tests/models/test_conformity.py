"""Every estimator we ship keeps scikit-learn's contract, by scikit-learn's own checks: no check is waived."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

from qpilot.candidates.candidate import Candidate
from qpilot.models import MODELS
from qpilot.models.building import build
from qpilot.models.pretraining import Rows
from tests.models.conftest import blobs


def _estimator(kind: str):
    trained = {"ansatz": "strongly-entangling", "steps": 60, "learning_rate": 0.1} if MODELS[kind].trainable else {}
    moved = {"backbone": {"path": "other.csv", "target": "y"}} if kind == "transfer" else {}
    given = {"model": kind, "encoding": "angle", "layers": 1, "qubits": 2, **trained, **moved}
    source = Rows("0" * 64, *blobs(3)) if kind == "transfer" else None
    return build(Candidate.model_validate(given), 0, None, backbone=source).set_params(qubits="features")


@parametrize_with_checks([_estimator(kind) for kind in MODELS])
def test_scikit_learn_finds_nothing(estimator, check):
    check(estimator)


@pytest.mark.parametrize("kind", MODELS)
def test_labels_may_be_words_and_are_answered_in_kind(kind, clouds):
    X, y = clouds(3)
    words = np.array(["oak", "ash", "elm"])[y]
    model = _estimator(kind).fit(X, words)
    assert model.classes_.tolist() == ["ash", "elm", "oak"]
    assert model.score(X, words) > 0.75


def test_a_grid_search_may_vary_the_candidate(clouds):
    X, y = clouds(2)
    model = clone(_estimator("projected-kernel"))
    shapes = [model.candidate.model_copy(update={"layers": layers}) for layers in (1, 2)]
    found = GridSearchCV(model, {"candidate": shapes}, cv=3).fit(X, y)
    assert found.best_params_["candidate"] in shapes
