"""The positive control: labels that an entangled kernel learns and classical models do not."""

import csv
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from qpilot.baselines.classifiers import CLASSIFIERS
from qpilot.models.building import build

ROWS = Path(__file__).parents[2] / "pilots" / "planted" / "rows.csv"


@pytest.fixture(scope="module")
def halves() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    with ROWS.open(newline="", encoding="utf-8") as file:
        table = np.array(list(csv.reader(file))[1:], dtype=float)
    X, y = table[:, :4], table[:, 4].astype(int)
    return X[:600], y[:600], X[600:], y[600:]


@pytest.mark.parametrize(
    ("kind", "entangled", "least", "most"),
    [
        ("projected-kernel", True, 0.96, 1.0),
        ("projected-kernel", False, 0.3, 0.75),
        ("fidelity-kernel", True, 0.86, 1.0),
        ("fidelity-kernel", False, 0.3, 0.75),
    ],
)
def test_entanglement_makes_the_difference(kind, entangled, least, most, candidate, halves):
    X, y, new, truth = halves
    wanted = candidate(kind, layers=2, qubits=4, scaling="none")
    accuracy = build(wanted, 0, 2, entangled).fit(X, y).score(new, truth)
    assert least <= accuracy <= most


def test_a_tuned_classical_machine_stays_near_chance(halves):
    X, y, new, truth = halves
    estimator, grid = CLASSIFIERS["rbf-svm"](0)
    assert GridSearchCV(estimator, grid, cv=3).fit(X, y).score(new, truth) < 0.75


def test_the_projected_kernel_survives_shots_and_contraction(candidate, halves):
    X, y, new, truth = halves
    model = build(candidate("projected-kernel", layers=2, qubits=4, scaling="none"), 0, 2)
    exact = 0.85 * model.fit(X, y).exact(new)
    shots = np.random.default_rng(0).binomial(500, (1 + exact) / 2)
    assert (model.decide(2 * shots / 500 - 1).argmax(axis=1) == truth).mean() > 0.93
