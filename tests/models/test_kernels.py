"""Kernel models with every head, with and without landmarks, and with a bandwidth they choose."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from qpilot.data.table import Table
from qpilot.design import MOST_KERNEL_ROWS, MOST_PROCESS_ROWS, require_sound
from qpilot.errors import UsageError
from qpilot.forecast.circuits import PerPoint, circuits_per_point
from qpilot.models import MODELS
from qpilot.models.building import build
from qpilot.models.kernels.heads import BANDWIDTHS, HEADS
from qpilot.models.state import restore
from qpilot.pilotfile import read

KERNELS = [name for name, kind in MODELS.items() if kind.family == "kernel"]
EVERY = pytest.mark.parametrize("kind", KERNELS)
HEAD = pytest.mark.parametrize("head", HEADS)


@EVERY
@HEAD
@pytest.mark.parametrize("landmarks", [None, 12])
@pytest.mark.parametrize("classes", [2, 3])
def test_it_learns_is_measured_and_restored(kind, head, landmarks, classes, candidate, clouds, measured):
    X, y = clouds(classes, rows=36)
    wanted = candidate(kind, encoding="angle", head=head, landmarks=landmarks, bandwidth="auto", steps=10)
    model = build(wanted, 1, classes).fit(X, y)
    assert model.score(X, y) > 0.8
    answers = model.predict_proba(X[:2])
    shown = model.decide(model.features(tuple(measured(setting) for setting in model.circuits(X[:2]))))
    np.testing.assert_allclose(shown, answers, atol=1e-6)
    again = restore(model.state())
    assert (again.predict_proba(X[:2]) == answers).all()
    assert again.parameters == model.parameters


@HEAD
def test_a_row_needs_as_many_circuits_as_there_are_landmarks(head, candidate, clouds):
    X, y = clouds(2)
    wanted = candidate("fidelity-kernel", encoding="angle", head=head, landmarks=7)
    assert len(build(wanted, 1, 2).fit(X, y).circuits(X[:1])) == 7
    everybody = wanted.model_copy(update={"landmarks": 1000})
    assert len(build(everybody, 1, 2).fit(X, y).circuits(X[:1])) == len(X)
    for known in (wanted, everybody):
        assert circuits_per_point(known, len(X)) == PerPoint(
            min(known.landmarks, len(X)), True, "one for each landmark"
        )


def test_a_gaussian_process_meets_every_training_row(candidate, clouds):
    X, y = clouds(2)
    wanted = candidate("fidelity-kernel", encoding="angle", head="gp")
    assert len(build(wanted, 1, 2).fit(X, y).circuits(X[:1])) == circuits_per_point(wanted, len(X)).circuits == len(X)


@pytest.mark.parametrize(
    ("given", "rows", "said"),
    [
        ("", MOST_KERNEL_ROWS, None),
        ("", MOST_KERNEL_ROWS + 1, "compares every pair of 10,001 development rows; set landmarks"),
        ("landmarks=50,", 10**6, None),
        ("head='gp',", MOST_PROCESS_ROWS, None),
        ("head='gp',", MOST_PROCESS_ROWS + 1, "data.max_train_rows to at most 2,000"),
        ("head='gp', landmarks=50,", 10**6, None),
    ],
)
def test_more_rows_than_a_kernel_can_hold_need_landmarks(given, rows, said):
    planted = Path(__file__).parents[2] / "pilots" / "planted" / "pilot.toml"
    one = f'candidates=[{{{given} model="projected-kernel", encoding="zz", qubits=4}}]'
    pilot = read(planted, [one]).pilot
    table = Table(np.zeros((rows, 4)), np.arange(rows) % 2, ("0", "1"), ("a", "b", "c", "d"))
    if said is None:
        require_sound(pilot, table)
        return
    with pytest.raises(UsageError, match=said):
        require_sound(pilot, table)


@EVERY
def test_few_landmarks_answer_nearly_as_all_rows_do(kind, candidate, clouds):
    X, y = clouds(2, rows=300)
    old, new, truth = X[:200], X[200:], y[200:]
    exact, approximate = (
        build(candidate(kind, encoding="angle", layers=1, landmarks=number, steps=10), 0, 2).fit(old, y[:200])
        for number in (None, 30)
    )
    assert (exact.predict(new) == approximate.predict(new)).mean() > 0.95
    assert approximate.score(new, truth) > exact.score(new, truth) - 0.05


def test_a_gaussian_process_on_a_projected_kernel_is_scikit_learns(candidate, clouds):
    X, y = clouds(2)
    model = build(candidate("projected-kernel", head="gp"), 1, 2).fit(X, y)
    features = model.exact(X)
    kernel = ConstantKernel(10, (1e-2, 1e4)) * RBF(np.sqrt(0.5 / model.gamma_), "fixed")
    theirs = GaussianProcessClassifier(kernel).fit(features, y)
    np.testing.assert_allclose(model.predict_proba(X), theirs.predict_proba(features), atol=2e-3)


@HEAD
def test_a_wide_kernel_of_many_qubits_is_narrowed(head, candidate):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(160, 8))
    y = (X.sum(axis=1) > 0).astype(int)
    wide, auto = (
        build(candidate("fidelity-kernel", encoding="zz", qubits=8, head=head, bandwidth=bandwidth), 0, 2)
        for bandwidth in (1.0, "auto")
    )
    assert auto.fit(X[:80], y[:80]).scaling_.bandwidth in BANDWIDTHS[1:]
    assert auto.score(X[80:], y[80:]) > wide.fit(X[:80], y[:80]).score(X[80:], y[80:]) + 0.1
    fixed = build(
        candidate("fidelity-kernel", encoding="zz", qubits=8, head=head, bandwidth=auto.scaling_.bandwidth), 0, 2
    )
    np.testing.assert_allclose(fixed.fit(X[:80], y[:80]).predict_proba(X), auto.predict_proba(X), atol=1e-9)


def _under_shots(model, X: np.ndarray, y: np.ndarray, shots: int) -> float:
    """Accuracy where every value the head reads is drawn with `shots` shots, mean of ten draws."""
    rng, exact = np.random.default_rng(9), model.exact(X)
    overlaps = hasattr(model, "weights_")
    likely = np.clip(exact if overlaps else (1 + exact) / 2, 0, 1)
    drawn = [rng.binomial(shots, likely) / shots for _ in range(10)]
    return float(
        np.mean([(model.decide(one if overlaps else 2 * one - 1).argmax(axis=1) == y).mean() for one in drawn])
    )


@HEAD
@pytest.mark.parametrize("kind", ["fidelity-kernel", "projected-kernel"])
@pytest.mark.parametrize("landmarks", [None, 40])
def test_a_kernel_that_expects_shots_survives_them(kind, head, landmarks, candidate):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(240, 6))
    y = (X @ np.array([1.0, 0.8, 0.6, 0.4, 0.2, 0.0]) > 0).astype(int)
    wanted = candidate(kind, encoding="iqp", layers=1, qubits=6, head=head, landmarks=landmarks, bandwidth="auto")
    blind, aware = (
        build(wanted.model_copy(update={"expected_shots": shots}), 0, 2).fit(X[:140], y[:140]) for shots in (None, 300)
    )
    under = [_under_shots(model, X[140:], y[140:], 300) for model in (blind, aware)]
    assert under[1] > 0.8
    assert under[1] > under[0] + (0.1 if kind == "fidelity-kernel" else -0.02)
    assert aware.scaling_.bandwidth >= blind.scaling_.bandwidth
    again = build(aware.candidate, 0, 2).fit(X[:140], y[:140])
    assert (again.predict_proba(X) == aware.predict_proba(X)).all(), "the shots are drawn from the seed"


@pytest.mark.parametrize(
    ("kind", "given", "says"),
    [
        ("variational", {"bandwidth": "auto"}, "needs a number"),
        ("variational", {"head": "gp"}, "belong to kernels"),
        ("hybrid", {"landmarks": 10}, "belong to kernels"),
        ("variational", {"expected_shots": 100}, "belong to kernels"),
        ("projected-kernel", {"expected_shots": 0}, "greater than or equal to 1"),
        ("fidelity-kernel", {"bandwidth": 0}, "greater than 0"),
        ("fidelity-kernel", {"bandwidth": float("nan")}, "bandwidth"),
        ("fidelity-kernel", {"head": "oracle"}, "'svm' or 'gp'"),
        ("fidelity-kernel", {"landmarks": 1}, "greater than or equal to 2"),
        ("trainable-kernel", {"training": {"class_weights": "balanced"}}, "exact overlaps"),
        ("trainable-kernel", {"training": {"gradient": "parameter-shift", "shots": 100}}, "exact overlaps"),
        ("trainable-kernel", {"observable": "global"}, "leave out observable"),
        ("trainable-kernel", {"ansatz": None}, "needs an ansatz"),
        ("trainable-kernel", {"ansatz": "tree-tensor"}, "data cannot come again"),
        ("trainable-kernel", {"encoding": "amplitude"}, "cannot come after every layer"),
        ("trainable-kernel", {"training": {"start": "identity-block"}}, "undo each other only with no data"),
    ],
)
def test_settings_that_make_no_sense_are_refused(kind, given, says, candidate):
    with pytest.raises(ValidationError, match=says):
        candidate(kind, **given)


def test_two_heads_are_two_names(candidate):
    names = [candidate("fidelity-kernel", head=head).name for head in ("svm", "gp")]
    assert names == ["fidelity-kernel, zz x2", "fidelity-kernel, zz x2, gp"]


def _aligned(model, X: np.ndarray, y: np.ndarray) -> float:
    """The centred alignment of a fitted model's kernel with the labels, written anew."""
    middle = np.eye(len(y)) - 1 / len(y)
    kernel, labels = (middle @ matrix @ middle for matrix in (model.kernel(X), np.equal.outer(y, y).astype(float)))
    return float((kernel * labels).sum() / (np.linalg.norm(kernel) * np.linalg.norm(labels)))


@pytest.mark.parametrize("encoding", ["angle", "zz", "iqp", "reuploading"])
@pytest.mark.parametrize("classes", [2, 3])
def test_training_aligns_a_kernel_with_the_labels(encoding, classes, candidate):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = (np.abs(X[:, 0] + 0.5 * X[:, 1]) * 1.5).astype(int).clip(max=classes - 1)
    started, trained = (
        build(candidate("trainable-kernel", encoding=encoding, steps=steps, learning_rate=rate), 1, classes).fit(X, y)
        for steps, rate in ((1, 1e-9), (60, 0.1))
    )
    assert _aligned(trained, X, y) > 1.15 * _aligned(started, X, y)
    losses = trained.telemetry_.column("loss")
    assert losses[-1] < losses[0]


def test_a_trained_kernel_takes_the_bandwidth_that_is_aligned_best_where_it_begins(candidate, clouds):
    X, y = clouds(2)
    starts = [candidate("trainable-kernel", bandwidth=width, steps=1, learning_rate=1e-9) for width in BANDWIDTHS]
    best = max(starts, key=lambda wanted: _aligned(build(wanted, 1, 2).fit(X, y), X, y))
    auto = build(candidate("trainable-kernel", bandwidth="auto", steps=1, learning_rate=1e-9), 1, 2).fit(X, y)
    assert auto.scaling_.bandwidth == best.bandwidth


def test_the_data_come_after_every_layer_of_a_trained_kernel_and_its_weights_count(candidate, clouds):
    X, y = clouds(2)
    model = build(candidate("trainable-kernel", steps=2, landmarks=4), 1, 2).fit(X, y)
    assert model.circuit.interleaved
    assert model.parameters == 4 * 3 + model.circuit.weights + model.head_.parameters
    assert not candidate("trainable-kernel", encoding="reuploading").circuit().interleaved, "it is placed there already"
    assert not candidate("variational").circuit().interleaved
