"""Error bars against simulation: how often the 95 % interval holds what endless shots would show."""

import numpy as np
import pytest

from qpilot.devices import device
from qpilot.errors import QpilotError
from qpilot.mitigation import MITIGATIONS
from qpilot.mitigation.rehearsed import ENDLESS, Rehearsed, rehearsed
from qpilot.mitigation.spread import class_scores, expectation, spread
from qpilot.program import Counts, Probabilities
from tests.mitigation.shipped import shipped
from tests.mitigation.threshold import Threshold

GARNET = device("iqm-garnet")
CIRCUITS = shipped("angle", "strongly-entangling", 2, 2, 8)
SHOWN = rehearsed(tuple(MITIGATIONS), (CIRCUITS,), GARNET)
PARITY = np.array([1.0, -1.0, -1.0, 1.0])
SHOTS = 500


def counted(rows: tuple[Probabilities, ...], shots: int, rng: np.random.Generator) -> tuple[Counts, ...]:
    return tuple(rng.multinomial(shots, one) for one in rows)


def endless(shown: Rehearsed) -> tuple[Probabilities, ...]:
    settings, calibration = (
        tuple(np.rint(rows * ENDLESS).astype(np.int64) for rows in part) for part in (shown.settings, shown.calibration)
    )
    return shown.mitigation.combine(settings, calibration)


@pytest.mark.parametrize("name", MITIGATIONS)
def test_the_interval_holds_the_limit_of_endless_shots_19_times_in_20(name: str) -> None:
    shown, rng = SHOWN[name], np.random.default_rng(0)
    of = expectation(PARITY)
    limit, held = of(endless(shown)), []
    for run in range(120):
        counts, calibration = counted(shown.settings, SHOTS, rng), counted(shown.calibration, SHOTS, rng)
        found = spread(shown.mitigation, counts, calibration, of, run, draws=60)
        held.append((found.low <= limit) & (limit <= found.high))
    assert 0.92 <= np.mean(held) <= 0.97, "960 intervals: one standard error of this share is about 0.01"


def test_class_scores_have_error_bars_too() -> None:
    shown, rng = SHOWN["readout+zne-linear"], np.random.default_rng(1)
    of = class_scores(Threshold(2, 0.3))
    limit, held = of(endless(shown)), []
    for run in range(120):
        counts, calibration = counted(shown.settings, SHOTS, rng), counted(shown.calibration, SHOTS, rng)
        found = spread(shown.mitigation, counts, calibration, of, run, draws=60)
        held.append((found.low <= limit) & (limit <= found.high))
    assert limit.shape == (8, 2)
    assert 0.92 <= np.mean(held) <= 0.97


def test_raw_error_is_the_binomial_formula() -> None:
    counts = counted(SHOWN["none"].settings, SHOTS, np.random.default_rng(2))
    found = spread(MITIGATIONS["none"], counts, (), expectation(PARITY), 0, draws=2000)
    np.testing.assert_allclose(found.error, np.sqrt((1 - found.value**2) / SHOTS), rtol=0.06)


def test_calibration_and_extrapolation_add_their_own_variance() -> None:
    def error(name: str, calibration_shots: int = SHOTS) -> float:
        shown, rng = SHOWN[name], np.random.default_rng(3)
        counts = counted(shown.settings, SHOTS, rng)
        calibration = counted(shown.calibration, calibration_shots, rng)
        return float(spread(shown.mitigation, counts, calibration, expectation(PARITY), 0).error.mean())

    assert error("none") < error("readout") < error("readout", calibration_shots=50)
    assert 1.1 * error("none") < error("zne-linear") < 0.8 * error("zne-richardson")


def test_an_outcome_never_seen_is_not_taken_for_impossible() -> None:
    certain = spread(MITIGATIONS["none"], (np.array([[100, 0, 0, 0]]),), (), expectation(PARITY), 0)
    assert certain.error[0] > 0.003


def test_what_cannot_be_drawn_is_an_error() -> None:
    counts = (np.array([[60, 40]]),)
    with pytest.raises(QpilotError, match="2 draws or more, got 1"):
        spread(MITIGATIONS["none"], counts, (), expectation(np.array([1.0, -1.0])), 0, draws=1)
    with pytest.raises(QpilotError, match="zero shots"):
        spread(MITIGATIONS["none"], (np.array([[0, 0]]),), (), expectation(np.array([1.0, -1.0])), 0)
