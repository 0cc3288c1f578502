"""Readout correction: calibration circuits out, confusion matrices back, and what they undo."""

import numpy as np
import pytest

from qpilot.errors import QpilotError
from qpilot.mitigation import MITIGATIONS
from qpilot.mitigation.readout import confusion
from qpilot.program import Circuits

FLIPS = np.array([[0.02, 0.05], [0.01, 0.03], [0.04, 0.02]])  # by qubit: P(read 1 | 0), P(read 0 | 1)


def joint_confusion() -> np.ndarray:
    whole = np.ones((1, 1))
    for up, down in FLIPS:
        whole = np.kron(whole, np.array([[1 - up, down], [up, 1 - down]]))
    return whole


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


def test_a_readout_that_tells_nothing_is_an_error() -> None:
    coin = (np.array([[50, 50]]), np.array([[48, 52]]))
    with pytest.raises(QpilotError, match=r"readout of qubit 0 hardly tells 0 from 1 \(contrast 0.02"):
        MITIGATIONS["readout"].combine((np.array([[60, 40]]),), coin)


def test_missing_calibration_is_an_error() -> None:
    with pytest.raises(QpilotError, match="counts of 2 calibration circuits"):
        MITIGATIONS["readout"].combine((np.array([[60, 40]]),), ())
