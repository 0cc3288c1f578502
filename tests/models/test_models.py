"""The contract of every registered model."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.svm import SVC

from qpilot.errors import QpilotError, UsageError
from qpilot.models import MODELS
from qpilot.models.building import build
from qpilot.models.kernels.projected import WIDTHS
from qpilot.models.kernels.support_vectors import COSTS
from qpilot.models.state import restore

EVERY = pytest.mark.parametrize("kind", MODELS)
CLASSES = pytest.mark.parametrize("classes", [2, 3])


def test_the_registries_of_a_pilot_file_import_nothing_heavy():
    heavy = {"sklearn", "pennylane", "scipy", "pandas", "braket", "prefect"}
    program = "import sys, qpilot.models, qpilot.candidates.candidate, qpilot.training.optimizers; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert heavy & set(loaded) == set()


@EVERY
@CLASSES
def test_a_model_learns_separated_clouds_and_answers_probabilities(kind, classes, candidate, clouds, built):
    X, y = clouds(classes)
    model = built(candidate(kind, encoding="angle", steps=60), 1, classes).fit(X, y)
    answers = model.predict_proba(X)
    assert answers.shape == (len(X), classes)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    assert (answers >= 0).all()
    assert model.classes_.tolist() == list(range(classes))
    assert (model.predict(X) == answers.argmax(axis=1)).all()
    assert model.score(X, y) > 0.75


@EVERY
@CLASSES
@pytest.mark.parametrize("entangled", [True, False])
def test_measuring_the_circuits_on_pennylane_gives_the_exact_answer(
    kind, classes, entangled, candidate, clouds, measured, built
):
    X, y = clouds(classes, rows=24)
    model = built(candidate(kind), 1, classes, entangled).fit(X, y)
    settings = model.circuits(X[:4])
    features = model.features(tuple(measured(setting) for setting in settings))
    np.testing.assert_allclose(model.decide(features), model.predict_proba(X[:4]), atol=1e-9)
    couplings = [gate for setting in settings for gate in setting.gates if len(gate.wires) > 1]
    assert bool(couplings) == entangled, "the twin has no entangling gate, the model has"


@EVERY
@CLASSES
def test_a_restored_model_predicts_the_same_bits(kind, classes, candidate, clouds, built):
    X, y = clouds(classes)
    model = built(candidate(kind), 1, classes, False).fit(X, y)
    again = restore(model.state())
    assert (again.predict_proba(X) == model.predict_proba(X)).all()
    shown, given = ({**one.get_params(), "backbone": None} for one in (again, model))
    assert shown == given
    assert (again.parameters, again.telemetry_) == (model.parameters, model.telemetry_)
    first, second = model.circuits(X[:2]), again.circuits(X[:2])
    assert [setting.gates for setting in first] == [setting.gates for setting in second]
    assert all((one.angles == two.angles).all() for one, two in zip(first, second, strict=True))


@EVERY
@CLASSES
def test_a_restored_model_answers_the_labels_it_was_fitted_on(kind, classes, candidate, clouds, built):
    X, y = clouds(classes)
    words = np.array(["oak", "ash", "elm"])[y]
    model = built(candidate(kind, qubits=2), 1, None).set_params(qubits="features").fit(X, words)
    again = restore(model.state())
    assert (again.predict(X) == model.predict(X)).all()
    assert set(again.predict(X)) <= {"oak", "ash", "elm"}


@EVERY
def test_the_same_seed_gives_the_same_model_and_scikit_learn_can_clone_it(kind, candidate, clouds, built):
    X, y = clouds(2)
    model = built(candidate(kind), 7, 2)
    first = model.fit(X, y).predict_proba(X)
    assert (clone(model).fit(X, y).predict_proba(X) == first).all()


@EVERY
def test_a_trained_circuit_leaves_its_curve_and_a_kernel_none(kind, candidate, clouds, built):
    X, y = clouds(2)
    model = built(candidate(kind), 1, 2).fit(X, y)
    assert bool(model.telemetry_) == MODELS[kind].trainable
    assert np.isfinite(model.telemetry_.epochs).all()
    assert len(model.clock_) == len(model.telemetry_)


@EVERY
def test_every_number_is_finite_where_a_feature_is_constant_and_rows_repeat(kind, candidate, clouds, built):
    X, y = clouds(2)
    X[:, 1] = 4.0
    X[10:20] = X[0]
    model = built(candidate(kind), 1, 2).fit(X, y)
    assert np.isfinite(model.predict_proba(X + 100)).all()


@EVERY
def test_a_class_that_a_fold_lacks_is_still_one_of_the_answers(kind, candidate, clouds, built):
    X, y = clouds(2)
    model = built(candidate(kind), 1, 3).fit(X, y)
    assert model.predict_proba(X).shape == (len(X), 3)
    assert (model.predict(X) == 2).mean() < 0.1


@EVERY
def test_two_rows_are_enough_to_fit(kind, candidate, built):
    model = built(candidate(kind), 1, 2).fit(np.eye(2, 3), [0, 1])
    assert np.isfinite(model.predict_proba(np.eye(2, 3))).all()


@EVERY
@pytest.mark.parametrize(
    ("X", "y", "says"),
    [
        (np.zeros((4, 0)), [0, 1, 0, 1], "0 feature"),
        (np.full((4, 3), np.nan), [0, 1, 0, 1], "NaN or infinite"),
        (np.eye(3), [1, 1, 1], "needs two"),
        (np.eye(3), [0, 1, 2], "class indices 0 to 1"),
        (np.eye(3), [0, 1], "one label a row"),
    ],
)
def test_rows_a_model_cannot_use_are_named(kind, X, y, says, candidate, built):
    with pytest.raises(QpilotError, match=says):
        built(candidate(kind), 1, 2).fit(X, y)


@EVERY
def test_features_that_do_not_fit_are_refused_unless_an_encoder_takes_any_number(kind, candidate, built):
    X, y = np.random.default_rng(0).normal(size=(12, 5)), np.arange(12) % 2
    model = built(candidate(kind, encoding="angle"), 1, 2)
    if model.candidate.around[0] != "none":
        assert model.fit(X, y).n_features_in_ == 5
        return
    with pytest.raises(UsageError, match="qubits = 3, but 5 components"):
        model.fit(X, y)


def test_a_kernel_keeps_only_its_support_vectors(candidate, clouds):
    X, y = clouds(2)
    model = build(candidate("fidelity-kernel", encoding="angle"), 1, 2).fit(X, y)
    assert len(model.circuits(X[:1])) == len(model.support_) < len(X)
    assert len(build(candidate("projected-kernel"), 1, 2).fit(X, y).circuits(X[:1])) == 3


@pytest.mark.parametrize("kind", ["fidelity-kernel", "projected-kernel"])
def test_a_kernel_matrix_is_symmetric_positive_and_one_on_its_diagonal(kind, candidate, clouds, built):
    X, y = clouds(2)
    kernel = built(candidate(kind), 1, 2).fit(X, y).kernel(X)
    np.testing.assert_allclose(kernel, kernel.T, atol=1e-12)
    np.testing.assert_allclose(np.diag(kernel), 1, atol=1e-9)
    assert np.linalg.eigvalsh(kernel).min() > -1e-9


def test_the_projected_kernel_decides_as_scikit_learn_does_with_the_gamma_it_chose(candidate):
    X = np.random.default_rng(3).uniform(-1, 1, (60, 3))
    y = ((np.floor(3 * X[:, 0]) + np.floor(3 * X[:, 1])) % 2).astype(int)
    model = build(candidate("projected-kernel", encoding="angle", layers=1), 1, 2).fit(X, y)
    features = model.exact(X)
    assert model.gamma_ == pytest.approx(WIDTHS[-1] / features.size * len(X) / features.var()), "a fine chessboard"
    answers = np.log(model.decide(features)[:, 1] / model.decide(features)[:, 0]) / model.head_.temperature
    machines = [SVC(C=cost, gamma=model.gamma_).fit(features, y) for cost in COSTS]
    assert any(np.allclose(machine.decision_function(features), answers, atol=0.01) for machine in machines), (
        "libsvm stops at 0.001"
    )
