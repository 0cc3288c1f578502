"""Intervals that learn: their coverage by simulation through the code that issues them, their scores by integration."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import lognorm

from qpilot.devices import device
from qpilot.forecast.calibration import (
    LEVELS,
    ROLLING,
    adapted,
    crps,
    ends,
    hours,
    pinball,
    quantiles,
    ratio,
)
from qpilot.forecast.history import Past
from qpilot.forecast.queue import ALWAYS, predicted_wait

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_level_follows_its_rule() -> None:
    assert adapted([]) == 0.2
    assert adapted([True]) == pytest.approx(0.2 + 0.05 * (0.2 - 1))
    assert adapted([False] * 4 + [True]) == pytest.approx(0.2), "one miss in five leaves it where it was"
    assert adapted([True] * 40) < 0
    assert ends(adapted([True] * 40)) == (0.0, 1.0)
    assert ends(0.2) == (0.1, 0.9)
    assert ends(3.0) == (0.5, 0.5)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.booleans(), max_size=30))
def test_a_miss_widens_and_a_hit_narrows(missed: list[bool]) -> None:
    assert adapted([*missed, True]) < adapted(missed) < adapted([*missed, False])


def test_the_next_value_is_below_quantile_p_with_probability_p() -> None:
    """For any distribution, however few are seen: 6000 trials of 9 values, at levels inside the nine gaps' ends."""
    rng = np.random.default_rng(0)
    seen = rng.exponential(size=(6000, 10))
    for level in (0.1, 0.5, 0.9):
        below = [one[-1] < quantiles(list(one[:-1]), [level])[0] for one in seen]
        assert np.mean(below) == pytest.approx(level, abs=0.015)


def test_only_the_latest_count() -> None:
    seen = [5.0] * 200 + [1.0] * ROLLING
    assert quantiles(seen, [0.5])[0] == 1.0


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1000), st.floats(0, 1000))
def test_a_ratio_is_undone(came: float, reference: float) -> None:
    assert hours(reference, np.array(ratio(came, reference))) == pytest.approx(came, abs=1e-9)


def test_pinball_is_least_at_the_quantile() -> None:
    rng = np.random.default_rng(1)
    seen = rng.lognormal(size=4000)
    for level in (0.1, 0.5, 0.9):
        losses = {q: np.mean([pinball(x, float(np.quantile(seen, q)), level) for x in seen]) for q in (0.1, 0.5, 0.9)}
        assert min(losses, key=losses.__getitem__) == level
    assert pinball(3.0, 3.0, 0.1) == 0


@pytest.mark.parametrize("observed", [0.2, 1.0, 3.0])
def test_crps_is_the_integral_over_the_distribution(observed: float) -> None:
    shape = lognorm(0.6)
    below = quad(lambda x: shape.cdf(x) ** 2, 0, observed)[0]
    above = quad(lambda x: (1 - shape.cdf(x)) ** 2, observed, 60)[0]
    assert crps(observed, shape.ppf(LEVELS).tolist()) == pytest.approx(below + above, rel=0.12, abs=0.02)


def test_coverage_holds_after_the_queue_has_grown() -> None:
    """Jobs of a device that is always open, each forecast before it runs; from job 150 on each takes 2.7 times as long."""
    machine = device("iqm-garnet").model_copy(update={"windows": ALWAYS})
    rng = np.random.default_rng(3)
    inside = []
    for _ in range(3):
        past: list[Past] = []
        for number in range(350):
            created = START + timedelta(days=number)
            told = predicted_wait(machine, created, None, past[-120:])
            took = float(rng.lognormal(np.log(4.0 * (2.7 if number >= 150 else 1.0)), 0.8))
            kept = {name: told[name] for name in ("low", "median", "high", "depth", "calibrated")}  # type: ignore[index]
            past.append(Past(f"r/0/0/{number}", "arn", created, created + timedelta(hours=took), **kept))  # type: ignore[arg-type]
        inside += [not one.missed for one in past[150:]]
    assert 0.75 <= np.mean(inside) <= 0.85
