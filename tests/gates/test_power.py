"""The power check against the figures it is specified by, and against what tests of that size really find."""

import math

import numpy as np
import pytest

from gates.claim import Claim
from gates.statistics import power, tango
from gates.statistics.normal import upper


@pytest.mark.parametrize(("advantage", "points"), [(0.02, 3090), (0.05, 493), (0.1, 122)])
def test_points_for_an_advantage_at_a_fifth_disagreement(advantage: float, points: int) -> None:
    assert power.required_points(0, advantage, 0.2, 0.05, 0.8) == points


@pytest.mark.parametrize(("points", "advantage"), [(30, 0.196), (100, 0.11), (300, 0.064), (500, 0.0496)])
def test_advantage_that_points_can_show(points: int, advantage: float) -> None:
    assert power.detectable(points, 0, 0.2, 0.05, 0.8) == pytest.approx(advantage, abs=5e-4)


@pytest.mark.parametrize(
    ("null", "alternative", "psi"), [(0, 0.05, 0.2), (0, 0.1, 0.2), (0, 0.1, 0.4), (-0.05, 0, 0.2), (-0.1, 0, 0.3)]
)
def test_tests_of_that_size_reach_the_power_promised(null: float, alternative: float, psi: float) -> None:
    points = power.required_points(null, alternative, psi, 0.04, 0.8)
    shares = [(psi + alternative) / 2, (psi - alternative) / 2, 1 - psi]
    drawn = np.random.default_rng(3).multinomial(points, shares, size=20_000)
    found = np.mean(tango.score(drawn[:, 0], drawn[:, 1], points, null) > upper(0.04))
    assert 0.78 <= found <= 0.84


@pytest.mark.parametrize("share", [0.5, 0.3, 0.15])
def test_balanced_tests_of_that_size_reach_the_power_promised(share: float) -> None:
    psi, advantage = 0.2, 0.1
    points = power.required_points(0, advantage, power.effective_psi(psi, [share, 1 - share]), 0.05, 0.8)
    classes = [round(points * share), points - round(points * share)]
    shares = [(psi + advantage) / 2, (psi - advantage) / 2, 1 - psi]
    rng = np.random.default_rng(4)
    drawn = np.stack([rng.multinomial(n, shares, size=10_000) for n in classes], axis=1)
    z = tango.stratified_score(drawn[..., 0], drawn[..., 1], np.broadcast_to(classes, (10_000, 2)), 0.0)
    assert 0.75 <= np.mean(z > upper(0.05)) <= 0.87


def test_required_and_detectable_agree() -> None:
    for points in (50, 200, 1000):
        reach = power.detectable(points, 0, 0.3, 0.04, 0.9)
        assert power.required_points(0, reach, 0.3, 0.04, 0.9) <= points
        assert power.required_points(0, reach * 0.98, 0.3, 0.04, 0.9) > points


@pytest.mark.parametrize("points", [0, 1, 10])
def test_too_few_points_show_nothing(points: int) -> None:
    assert power.detectable(points, 0, 0.2, 0.05, 0.8) == math.inf


@pytest.mark.parametrize(
    "arguments",
    [
        (0, 0, 0.2, 0.05, 0.8),
        (0, 0.1, 0, 0.05, 0.8),
        (0, 0.1, math.nan, 0.05, 0.8),
        (0, 0.1, 0.2, 0, 0.8),
        (0, 0.1, 0.2, 0.05, 1),
    ],
    ids=["no advantage", "psi 0", "psi NaN", "alpha 0", "power 1"],
)
def test_impossible_designs_are_refused(arguments: tuple[float, float, float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"must|got|within"):
        power.required_points(*arguments)


def test_equal_classes_leave_psi_as_it_is() -> None:
    assert power.effective_psi(0.2, [0.25] * 4) == pytest.approx(0.2)
    assert power.effective_psi(0.2, [0.1, 0.9]) == pytest.approx(0.2 / 4 * (10 + 1 / 0.9))


@pytest.mark.parametrize("shares", [(), (0.0, 1.0)])
def test_a_class_without_share_is_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="share"):
        power.effective_psi(0.2, shares)


def test_a_claim_brings_its_own_figures() -> None:
    claim = Claim(
        kind="non-inferiority",
        metric="balanced_accuracy",
        target=0.1,
        margin=0.05,
        psi=0.2,
        alpha=0.05,
        power=0.8,
        quantum=False,
        resource="rows",
        max_ratio=0.5,
    )
    assert power.required_for(claim, 0.05) == power.required_points(-0.05, 0, 0.2, 0.05, 0.8)
    assert power.required_for(claim, 0.05, [0.1, 0.9]) > 2 * power.required_for(claim, 0.05)
    assert power.required_for(claim, 0.008) > power.required_for(claim, 0.05)
    assert power.detectable_for(claim, 2000, 0.05) < power.detectable_for(claim, 600, 0.05)
