"""The intervals' arithmetic, on ladders made by hand."""

import numpy as np
import pytest

from gates.records import Measure
from qpilot.gap.ladder import Ladder
from qpilot.gap.signal import log_odds, signal, usual
from qpilot.gap.split import CAUSES, split


def ladder(sizes: tuple[int, ...], losses: tuple[float, ...], late: float = 0.0, scatter: float = 0.05) -> Ladder:
    """Every point loses `losses` from rung to rung; points of later batches than the first lose `late` more, unexplained."""
    rng = np.random.default_rng(0)
    points = sum(sizes)
    values = np.zeros((7, points, 4))
    values[0] = 0.8
    for rung, loss in enumerate(losses):
        values[rung + 1] = values[rung] - loss
    batch = np.repeat(np.arange(len(sizes)), sizes)
    values[6] -= late * (batch > 0)[:, None] + rng.normal(0, scatter, (points, 1))
    return Ladder(values, batch, 1, np.zeros((len(sizes), 4)))


def part(found: object, cause: str) -> Measure:
    (one,) = (one for one in found.parts if one.cause == cause)  # type: ignore[attr-defined]
    return one.signal


LOSSES = (0.05, 0.04, 0.03, 0.02, 0.01, 0.0)


def test_every_rung_goes_to_its_cause() -> None:
    found = split(ladder((50, 50, 50), LOSSES), 0)
    emulated = [part(found, cause).value for cause in CAUSES[:4]]
    assert emulated == pytest.approx([0.05, 0.04, 0.03, 0.02])
    assert part(found, "drift").value == pytest.approx(0.01)
    assert part(found, "drift").low < 0.01 < part(found, "drift").high


def test_a_late_loss_that_stands_out_is_drift_and_one_that_does_not_stays_in_the_residual() -> None:
    clear = split(ladder((50, 50, 50), LOSSES, late=0.1), 0)
    assert part(clear, "drift").value == pytest.approx(0.01 + 0.1 * 2 / 3, abs=0.02)
    assert part(clear, "drift").low > 0.01
    slight = split(ladder((50, 50, 50), LOSSES, late=0.003), 0)
    assert part(slight, "drift").value == pytest.approx(0.01)
    assert part(slight, "residual").low < 0 < part(slight, "residual").high


def test_one_batch_knows_no_drift_and_its_residual_says_so() -> None:
    found = split(ladder((60,), LOSSES), 0)
    assert np.isnan(part(found, "drift").value)
    assert "one batch" in part(found, "drift").method
    assert "drift" in part(found, "residual").method
    measured = [part(found, cause).value for cause in CAUSES if cause != "drift"]
    assert sum(measured) + LOSSES[4] == pytest.approx(found.signal.value)


def test_the_calibration_circuits_shots_widen_what_they_move() -> None:
    still = ladder((50, 50, 50), LOSSES)
    moved = Ladder(still.values, still.batch, still.first, np.full((3, 4), 0.05))
    wide, narrow = (part(split(one, 0), "residual") for one in (moved, still))
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
    assert part(split(moved, 0), "readout") == part(split(still, 0), "readout")


def test_a_single_point_has_finite_intervals() -> None:
    found = split(ladder((1,), LOSSES), 0)
    assert np.isfinite([part(found, "residual").low, part(found, "residual").high]).all()


def test_the_signal_is_above_zero_where_the_simulators_class_is_named() -> None:
    shares = np.array([[0.9, 0.1, 0.0], [0.4, 0.5, 0.1], [0.3, 0.3, 0.4]])
    named = np.array([0, 0, 2])
    assert log_odds(shares, named) == pytest.approx([np.log(9), np.log(0.8), np.log(4 / 3)])
    scale = usual(shares, named)
    assert scale == pytest.approx(np.log(4 / 3))
    found = signal(shares, named, scale)
    assert found[2] == pytest.approx(np.tanh(1))
    assert (found > 0).tolist() == [True, False, True]
    assert np.isfinite(signal(np.array([[1.0, 0.0]]), np.array([1]), 1.0)).all()
