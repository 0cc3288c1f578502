"""Spend: the price to the last digit, the stopping time against the stage's own rule walked batch by batch."""

from decimal import Decimal
from functools import partial

import numpy as np
import pytest

from gates.hardware import HardwarePolicy
from gates.records import Measure
from qpilot.devices import device
from qpilot.devices.price import free, price
from qpilot.forecast.spend import Work, dollars, draws, plausible_gaps, spend, stopping_points
from tests.forecast.stopping import stopped

POLICY = HardwarePolicy(margin=0.05, alpha=0.05)
GARNET = partial(price, device("iqm-garnet"), shots=1000)


def test_a_hundred_points_on_garnet_in_one_program_set() -> None:
    """0.30 + 100 x 1000 x 0.00145: the published example."""
    assert dollars(100, Work(100, 1, 0), 0, GARNET) == (Decimal("145.30"), Decimal("145.30"))


def test_every_batch_pays_its_fee_and_its_calibration() -> None:
    shot = Decimal("1.45")
    whole, rest = 1 * Decimal("0.30") + 77 * shot, 1 * Decimal("0.30") + 32 * shot
    assert dollars(60, Work(25, 3, 2), 0, GARNET)[1] == 2 * whole + rest


def test_nothing_is_charged_where_nothing_is_charged() -> None:
    charged, priced = dollars(10, Work(25, 1, 2), 0, lambda executables: free(GARNET(executables)))
    assert (charged, priced) == (0, Decimal("0.30") + 12 * Decimal("1.45"))


@pytest.mark.parametrize("gap", [0.0, 0.05, 0.2])
def test_the_stopping_points_are_those_of_the_stage(gap: float) -> None:
    """The rule of the hardware stage, read from the same shuffled differences, one batch after the other."""
    population, planned, batch, churn, seed = 200, 60, 25, 0.08, 3
    gaps = np.full(40, gap)
    found = stopping_points(population, planned, batch, POLICY, gaps, churn, seed)
    moving = max(churn, gap)
    worse, better = round(population * (moving + gap) / 2), round(population * (moving - gap) / 2)
    ordered = np.repeat([-1, 1, 0], [worse, better, population - worse - better])
    shuffled = np.random.default_rng([seed, 9]).permuted(np.tile(ordered, (40, 1)), axis=1)
    for differences, points in zip(shuffled, found, strict=True):
        assert points == stopped(differences, planned, batch, POLICY)


def test_a_wide_gap_stops_early_and_a_gap_at_the_margin_late() -> None:
    mean = [stopping_points(500, 25, 25, POLICY, np.full(100, gap), 0.04, 0).mean() for gap in (0.0, 0.05, 0.1, 0.2)]
    assert mean[1] > 400
    assert mean[0] < 250
    assert mean[3] < mean[2] < 300


def test_the_stage_runs_on_to_the_points_promotion_needs() -> None:
    points = stopping_points(500, 320, 25, POLICY, np.zeros(50), 0.02, 0)
    assert points.min() == 325, "whole batches"


def test_quantiles_are_prices_of_runs_and_nothing_exceeds_the_worst() -> None:
    points = np.array([25] * 5 + [50] * 4 + [100])
    charged, device_cost = spend(points, 100, Work(25, 1, 0), 0, GARNET)
    assert device_cost.p50 == dollars(25, Work(25, 1, 0), 0, GARNET)[1]
    assert device_cost.p90 == dollars(50, Work(25, 1, 0), 0, GARNET)[1]
    assert device_cost.worst == dollars(100, Work(25, 1, 0), 0, GARNET)[1]
    assert device_cost.expected == Decimal("62.14"), "the mean is 62.135, rounded up to a cent"
    assert charged == device_cost
    odd = partial(price, device("iqm-garnet"), shots=7)
    assert spend(np.array([99]), 99, Work(25, 1, 0), 0, odd)[0].expected == dollars(99, Work(25, 1, 0), 0, odd)[0]


def test_plausible_gaps_stand_around_the_emulated_loss_and_half_reach_beyond() -> None:
    loss = Measure(value=0.02, low=0.0, high=0.04, n=200)
    gaps = plausible_gaps(loss, 0.05, 4000, seed=0)
    assert gaps[::2].mean() == pytest.approx(0.02, abs=0.001)
    assert gaps[::2].std() == pytest.approx(0.02 / 1.96, rel=0.05)
    assert gaps[1::2].mean() == pytest.approx(0.045, abs=0.002)


def test_a_large_population_is_simulated_in_bounded_memory() -> None:
    assert draws(270) == 400
    assert draws(30_000) * 30_000 <= 4_000_000
    assert draws(10**6) == 50
