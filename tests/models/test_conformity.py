"""Every estimator we ship keeps scikit-learn's contract, by scikit-learn's own checks: no check is waived."""

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

from qpilot.candidates.candidate import Candidate
from qpilot.models import MODELS
from qpilot.models.building import build
from qpilot.models.pretraining import Rows
from tests.models.conftest import blobs


def _estimator(kind: str, quantity: bool = False):
    trained = {"ansatz": "strongly-entangling", "steps": 60, "learning_rate": 0.1} if MODELS[kind].trainable else {}
    moved = {"backbone": {"path": "other.csv", "target": "y"}} if kind == "transfer" else {}
    layers = 2 if quantity and trained else 1  # one ring of couplings shows no single feature by itself
    given = {"model": kind, "encoding": "angle", "layers": layers, "qubits": 2, **trained, **moved}
    source = Rows("0" * 64, *blobs(3)) if kind == "transfer" else None
    return build(Candidate.model_validate(given), 0, None, True, source, quantity).set_params(qubits="features")


@parametrize_with_checks([_estimator(kind, quantity) for quantity in (False, True) for kind in MODELS])
def test_scikit_learn_finds_nothing(estimator, check):
    check(estimator)


@pytest.mark.parametrize("kind", MODELS)
def test_labels_may_be_words_and_are_answered_in_kind(kind, clouds):
    X, y = clouds(3)
    words = np.array(["oak", "ash", "elm"])[y]
    model = _estimator(kind).fit(X, words)
    assert model.classes_.tolist() == ["ash", "elm", "oak"]
    assert model.score(X, words) > 0.75


@pytest.mark.parametrize("kind", MODELS)
def test_scikit_learn_tells_the_two_kinds_apart(kind):
    assert (is_classifier(_estimator(kind)), is_regressor(_estimator(kind))) == (True, False)
    assert (is_classifier(_estimator(kind, True)), is_regressor(_estimator(kind, True))) == (False, True)


@pytest.mark.parametrize("quantity", [False, True])
def test_a_grid_search_may_vary_the_candidate(quantity, clouds):
    X, y = clouds(2)
    model = clone(_estimator("projected-kernel", quantity))
    shapes = [model.candidate.model_copy(update={"layers": layers}) for layers in (1, 2)]
    found = GridSearchCV(model, {"candidate": shapes}, cv=3).fit(X, y)
    assert found.best_params_["candidate"] in shapes
