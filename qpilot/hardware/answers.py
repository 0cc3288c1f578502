"""Either side of execution for a batch of points: its circuits, what their counts answer, and what the answers are worth."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.claim import Claim
from gates.grading import Grades, grades
from gates.records import Measure
from gates.statistics import intervals
from qpilot.backend import Batch
from qpilot.hardware.submission import Kept
from qpilot.mitigation import Mitigation
from qpilot.program import Circuits, Probabilities
from qpilot.prototype.fitted import Fitted


def construct(model: Fitted, X: NDArray[np.float64], mitigation: Mitigation, shots: int) -> Batch:
    """The circuits of raw points X: (n_points, n_features), with the mitigation's calibration circuits."""
    settings: tuple[Circuits, ...] = tuple(model.estimator.circuits(model.view(X)))
    return Batch(*mitigation.construct(settings), shots)


def answer(model: Fitted, kept: Kept, mitigation: Mitigation) -> NDArray[Any]:
    """What a batch's counts answer at each point, (n_points,): class indices, or values in the target's units."""
    return np.asarray(model.estimator.answer(features(model, kept, mitigation)))


def probabilities(model: Fitted, kept: Kept, mitigation: Mitigation) -> Probabilities:
    """Class probabilities (n_points, n_classes) from a batch's counts."""
    return np.asarray(model.estimator.decide(features(model, kept, mitigation)), dtype=np.float64)


def features(model: Fitted, kept: Kept, mitigation: Mitigation) -> NDArray[np.float64]:
    """What a batch's counts measured, (n_points, n_measured), as the model's classical half takes it."""
    measured = mitigation.combine(kept.outcomes.settings, kept.outcomes.calibration)
    return np.asarray(model.estimator.features(measured), dtype=np.float64)


def graded(claim: Claim, device: NDArray[Any], simulator: NDArray[Any], truth: NDArray[Any]) -> tuple[Grades, Grades]:
    """The grades of both on the points measured."""
    measured = slice(0, len(device))
    return grades(claim, device, truth[measured]), grades(claim, simulator[measured], truth[measured])


def differences(device: Grades, simulator: Grades) -> NDArray[Any]:
    """[Device's grade] - [simulator's grade], (n_points,): -1, 0, 1 as int64, or fractions."""
    if device.dtype == np.bool_:
        return np.asarray(device.astype(np.int64) - simulator.astype(np.int64))
    return np.asarray(device - simulator)


def gap(device: Grades, simulator: Grades) -> Measure:
    """Simulator minus device, paired, with the interval of the difference turned round."""
    what = "accuracy" if device.dtype == np.bool_ else "score"
    return intervals.difference(simulator, device).model_copy(update={"unit": f"{what} lost on the device"})
