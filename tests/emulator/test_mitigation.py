"""Readout correction as a pure pair: calibration circuits out, probabilities back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from qpilot.errors import QpilotError
from qpilot.mitigation import MITIGATIONS, confusion, nearest_probabilities
from qpilot.program import Circuits

FLIPS = np.array([[0.02, 0.05], [0.01, 0.03], [0.04, 0.02]])  # by qubit: P(read 1 | 0), P(read 0 | 1)


def joint_confusion() -> np.ndarray:
    whole = np.ones((1, 1))
    for up, down in FLIPS:
        whole = np.kron(whole, np.array([[1 - up, down], [up, 1 - down]]))
    return whole


@pytest.mark.parametrize("name", MITIGATIONS)
def test_every_mitigation_gives_probabilities(name: str) -> None:
    mitigation = MITIGATIONS[name]
    shots = 200
    rng = np.random.default_rng(0)
    counts = rng.multinomial(shots, rng.dirichlet(np.ones(8), size=5))
    exact = [joint_confusion()[:, [0]].T, joint_confusion()[:, [7]].T]
    calibration = tuple(rng.multinomial(shots, rows) for rows in exact[: mitigation.calibrations])
    (found,) = mitigation.combine((counts,), calibration)
    assert found.shape == (5, 8)
    assert found.min() >= 0
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_calibration_prepares_all_zeros_and_all_ones() -> None:
    _, (zeros, ones) = MITIGATIONS["readout"].construct((Circuits(3, (), np.zeros((1, 0))),))
    assert (zeros.gates, len(zeros)) == ((), 1)
    assert [(gate.name, gate.wires) for gate in ones.gates] == [("x", (0,)), ("x", (1,)), ("x", (2,))]


def test_confusion_matrices_are_recovered_by_qubit() -> None:
    shots = 10**9
    calibration = tuple(np.round(joint_confusion()[:, [k]].T * shots).astype(np.int64) for k in (0, 7))
    expected = [[[1 - up, down], [up, 1 - down]] for up, down in FLIPS]
    np.testing.assert_allclose(confusion(calibration), expected, atol=1e-8)


def test_correction_undoes_the_confusion() -> None:
    truth = np.random.default_rng(1).dirichlet(np.ones(8), size=4)
    shots = 10**12
    counts = np.round(truth @ joint_confusion().T * shots).astype(np.int64)
    calibration = tuple(np.round(joint_confusion()[:, [k]].T * shots).astype(np.int64) for k in (0, 7))
    np.testing.assert_allclose(MITIGATIONS["readout"].combine((counts,), calibration)[0], truth, atol=1e-8)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=6))
def test_projection_is_the_nearest_probability_vector(row: list[float]) -> None:
    vector = np.array(row)
    found = nearest_probabilities(vector[None])[0]
    best = minimize(
        lambda p: ((p - vector) ** 2).sum(),
        np.full(len(row), 1 / len(row)),
        bounds=[(0, 1)] * len(row),
        constraints={"type": "eq", "fun": lambda p: p.sum() - 1},
        options={"ftol": 1e-12},
    )
    np.testing.assert_allclose(found.sum(), 1, atol=1e-12)
    assert found.min() >= 0
    np.testing.assert_allclose(((found - vector) ** 2).sum(), best.fun, atol=1e-6)


def test_zero_shots_is_an_error_for_every_mitigation() -> None:
    calibration = (np.array([[90, 10]]), np.array([[10, 90]]))
    for mitigation in MITIGATIONS.values():
        with pytest.raises(QpilotError, match="zero shots"):
            mitigation.combine((np.array([[0, 0]]),), calibration)
    with pytest.raises(QpilotError, match="zero shots"):
        MITIGATIONS["readout"].combine((np.array([[5, 5]]),), (np.array([[0, 0]]), np.array([[10, 90]])))


def test_a_readout_that_tells_nothing_is_an_error() -> None:
    coin = (np.array([[50, 50]]), np.array([[48, 52]]))
    with pytest.raises(QpilotError, match=r"readout of qubit 0 hardly tells 0 from 1 \(contrast 0.02"):
        MITIGATIONS["readout"].combine((np.array([[60, 40]]),), coin)


def test_missing_calibration_is_an_error() -> None:
    with pytest.raises(QpilotError, match="counts of 2 calibration circuits"):
        MITIGATIONS["readout"].combine((np.array([[60, 40]]),), ())
