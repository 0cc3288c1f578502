"""Models refitted on part of the rows: calibration, learning curves, and what each kind of worsening does."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from qpilot.candidates.candidate import Candidate
from qpilot.data.sample import sample
from qpilot.data.table import Table
from qpilot.devices import device
from qpilot.emulator import Emulator
from qpilot.forecast.rehearsal import hold_out
from qpilot.models.building import build
from qpilot.pilot import Search
from qpilot.prototype.comparison.calibration import calibration_error
from qpilot.prototype.comparison.held_out import shown
from qpilot.prototype.comparison.stress import quantised, stresses, worse
from qpilot.prototype.fitted import Fitted
from tests.prototype.entrants import ACCURACY

GARNET = device("iqm-garnet")


@pytest.fixture(scope="module")
def rows() -> Table:
    """Two features tell the classes of 240 rows apart, one is noise."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(240, 3))
    y = (X[:, 0] + X[:, 1] + 0.3 * rng.normal(size=240) > 0).astype(np.int64)
    return Table(X, y, ("no", "yes"), ("a", "b", "c"))


def classical(rows: Table, estimator: object) -> Fitted:
    model = Pipeline([("scale", StandardScaler()), ("model", estimator)])
    return Fitted(type(estimator).__name__, "classical", None, model.fit(rows.X, rows.y), 0.1)


@pytest.fixture(scope="module")
def kernel(rows: Table) -> Fitted:
    candidate = Candidate(model="projected-kernel", encoding="angle", layers=1, qubits=3)
    return Fitted("kernel", "kernel", None, build(candidate, 0, 2).fit(rows.X[:120], rows.y[:120]), 0.1)


class Grouped(DummyClassifier):  # type: ignore[misc]  # scikit-learn is untyped
    """Remembers the groups it was told to keep together while it trains."""

    def fit(self, X: object, y: object, groups: NDArray[np.int64] | None = None) -> "Grouped":
        self.groups_ = groups
        fitted: Grouped = super().fit(X, y)
        return fitted


def test_a_quantum_model_is_refitted_with_its_groups_and_rehearsed_on_other_groups(rows: Table) -> None:
    grouped = replace(rows, groups=np.arange(240) // 4)
    model = Fitted("grouped", "qnn", None, Grouped().fit(rows.X, rows.y), 0.1)
    held = hold_out(model, grouped, 3)
    told = held.model.estimator.groups_
    assert told is not None
    assert len(told) + len(held.X) == 240
    left = {tuple(row) for row in held.X}
    assert set(told) == {group for row, group in zip(rows.X, grouped.groups, strict=True) if tuple(row) not in left}
    assert all(np.count_nonzero(told == group) == 4 for group in set(told)), "a group straddles"
    plain = hold_out(classical(rows, LogisticRegression()), grouped, 3)
    assert plain.model.predict(plain.X).shape == plain.y.shape


def test_the_calibration_error_is_scikit_learns_and_says_what_a_calibrated_model_shows() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 4000)
    honest, bragging = (
        calibration_error(confidence, rng.random(4000) < truth, 1) for truth in (confidence, confidence - 0.2)
    )
    assert bragging.low > 0.15
    assert bragging.high < 0.25
    assert honest.value < 0.04
    assert float(honest.method.rsplit(" ", 1)[1]) == pytest.approx(honest.value, abs=0.015)
    correct = rng.random(4000) < confidence
    right, sure = calibration_curve(correct, confidence, n_bins=10, strategy="quantile")
    assert calibration_error(confidence, correct, 1).value == pytest.approx(
        float(np.abs(right - sure).mean()), abs=1e-3
    )


def test_a_model_without_probabilities_has_no_calibration() -> None:
    assert np.isnan(calibration_error(np.full(5, np.nan), np.ones(5, dtype=bool), 0).value)
    assert np.isnan(calibration_error(np.zeros(0), np.zeros(0, dtype=bool), 0).value)


def test_samples_grow_and_hold_every_class() -> None:
    y = np.array([0] * 95 + [1] * 5)
    small, large = (sample(y, size, np.random.default_rng(3)) for size in (10, 40))
    assert set(small) <= set(large)
    assert (len(small), len(large)) == (10, 40)
    assert np.bincount(y[sample(y, 1, np.random.default_rng(1))]).tolist() == [2, 2]


def test_a_learning_curve_rises_and_names_the_fewest_rows(rows: Table, kernel: Fitted) -> None:
    models = (kernel, classical(rows, LogisticRegression()), classical(rows, SVC()))
    found = shown(models, ["SVC"], rows, GARNET, ACCURACY, Search(runner="threads"), 5)
    curve = found["kernel"].learning
    assert [one.rows for one in curve] == [20, 40, 80, 160]
    assert {one.accuracy.n for one in curve} == {240}
    full = curve[-1].accuracy
    needed = found["kernel"].rows_needed
    assert needed.value in {one.rows for one in curve}
    first = next(one for one in curve if one.rows == needed.value)
    assert first.accuracy.value >= full.value - (full.value * (1 - full.value) / full.n) ** 0.5
    assert found["LogisticRegression"].calibration.n == 240
    assert np.isnan(found["SVC"].calibration.value)
    assert found["SVC"].learning == ()
    assert {one.kind for one in found["kernel"].stresses} == {"feature noise", "device noise", "bits"}
    assert {one.kind for one in found["SVC"].stresses} == {"feature noise", "bits"}


def test_neighbours_tuned_on_all_rows_have_a_learning_curve_on_fewer_than_they_are(rows: Table) -> None:
    models = (classical(rows, KNeighborsClassifier(31)),)
    curve = shown(models, [], rows, None, ACCURACY, Search(runner="threads"), 5)[models[0].name].learning
    assert [one.rows for one in curve] == [20, 40, 80, 160]
    assert models[0].estimator.get_params()["model__n_neighbors"] == 31


def test_the_runner_does_not_matter(rows: Table) -> None:
    models = (classical(rows, LogisticRegression()),)
    one, two = (shown(models, [], rows, None, ACCURACY, Search(runner="threads", workers=n), 5) for n in (1, 2))
    assert one == two


@pytest.mark.parametrize("estimator", [LogisticRegression(), SVC(), MLPClassifier((8,), max_iter=2000, random_state=0)])
def test_bits_round_what_was_fitted(rows: Table, estimator: object) -> None:
    model = classical(rows, estimator)
    answers = {bits: quantised(model, bits) for bits in (24, 2)}
    fine, coarse = answers[24], answers[2]
    assert fine is not None
    assert coarse is not None
    assert (fine.predict(rows.X) == model.predict(rows.X)).mean() > 0.99
    assert (coarse.predict(rows.X) != model.predict(rows.X)).any()
    name = (
        "_dual_coef_"
        if isinstance(estimator, SVC)
        else "coefs_"
        if hasattr(estimator, "hidden_layer_sizes")
        else "coef_"
    )
    values = getattr(coarse.estimator.steps[-1][1], name)
    assert len(np.unique(values[0] if isinstance(values, list) else values)) <= 4


def test_bits_of_a_quantum_model_leave_the_original_alone(rows: Table, kernel: Fitted) -> None:
    before = kernel.estimator.predict_proba(rows.X)
    rough, fine = quantised(kernel, 3), quantised(kernel, 30)
    assert rough is not None
    assert fine is not None
    assert len(np.unique(rough.estimator.support_)) <= 8
    assert np.allclose(fine.estimator.predict_proba(rows.X), before, atol=1e-5)
    assert np.array_equal(kernel.estimator.predict_proba(rows.X), before)
    assert quantised(classical(rows, KNeighborsClassifier()), 8) is None


def test_a_worse_device_is_worse_by_the_factor(rows: Table, kernel: Fitted) -> None:
    twice = worse(GARNET, 2.0)
    for label, qubit in GARNET.qubits.items():
        assert 1 - twice.qubits[label].gate == pytest.approx(2 * (1 - qubit.gate))
    assert worse(GARNET, 1.0).couplings == pytest.approx(GARNET.couplings)
    assert min(worse(GARNET, 1e6).couplings.values()) == 0.51
    settings = kernel.estimator.circuits(rows.X[:10])
    exact, once, both = (
        kernel.estimator.features(found)
        for found in (
            Emulator(GARNET).distributions(settings, noisy=False),
            Emulator(GARNET).distributions(settings),
            Emulator(twice).distributions(settings),
        )
    )
    assert np.abs(both - exact).mean() > 1.5 * np.abs(once - exact).mean()


def test_features_full_of_noise_leave_a_coin(rows: Table) -> None:
    found = list(stresses(classical(rows, LogisticRegression()), rows.X, rows.y, ACCURACY, None, 0))
    by_level = {one.level: one.change for one in found if one.kind == "feature noise"}
    assert by_level[0.05].value >= by_level[0.5].value
    assert by_level[0.5].high < 0


def test_what_is_too_dear_to_emulate_says_so() -> None:
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(30, 9)), np.arange(30) % 2
    candidate = Candidate(model="projected-kernel", encoding="angle", layers=1, qubits=9)
    model = Fitted("wide", "kernel", None, build(candidate, 0, 2).fit(X, y), 0.1)
    found = [one for one in stresses(model, X, y, ACCURACY, GARNET, 0) if one.kind == "device noise"]
    assert [one.level for one in found] == [1.0, 2.0]
    assert all("too dear" in one.accuracy.method for one in found)
