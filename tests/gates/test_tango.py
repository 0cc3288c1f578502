"""The score test against exact probabilities, an independent optimiser and simulation."""

import numpy as np
import pytest
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.special import gammaln, xlogy
from scipy.stats import norm

from gates.statistics import tango
from gates.statistics.normal import upper


def exact_rejection(points: int, advantage: float, psi: float, null: float, alpha: float) -> float:
    """P(z(null) > z_alpha) over all outcomes of the trinomial, without simulation."""
    better, worse = (grid.ravel() for grid in np.meshgrid(np.arange(points + 1), np.arange(points + 1)))
    possible = better + worse <= points
    better, worse = better[possible], worse[possible]
    tied = points - better - worse
    log_probability = gammaln(points + 1) - gammaln(better + 1) - gammaln(worse + 1) - gammaln(tied + 1)
    log_probability += xlogy(better, (psi + advantage) / 2) + xlogy(worse, (psi - advantage) / 2) + xlogy(tied, 1 - psi)
    return float(np.exp(log_probability)[tango.score(better, worse, points, null) > upper(alpha)].sum())


@pytest.mark.parametrize("points", [30, 60, 122, 270, 500])
@pytest.mark.parametrize("psi", [0.06, 0.1, 0.2, 0.4])
@pytest.mark.parametrize("null", [0.0, -0.05])
def test_size_is_alpha_at_any_disagreement(points: int, psi: float, null: float) -> None:
    assert exact_rejection(points, null, psi, null, alpha=0.05) <= 0.056
    assert exact_rejection(points, null, psi, null, alpha=0.04) <= 0.046
    assert exact_rejection(points, null, psi, null, alpha=0.008) <= 0.0096


def test_size_is_not_wasted_where_points_are_many() -> None:
    assert exact_rejection(270, 0.0, 0.2, 0.0, alpha=0.05) >= 0.045


def test_less_than_nothing_is_found_even_less_often() -> None:
    assert exact_rejection(270, -0.03, 0.2, 0.0, 0.05) < exact_rejection(270, 0.0, 0.2, 0.0, 0.05)


@pytest.mark.parametrize(("better", "worse", "points"), [(5, 1, 20), (0, 3, 40), (12, 2, 50), (7, 7, 14), (1, 0, 30)])
@pytest.mark.parametrize("d", [-0.2, -0.05, 0.0, 0.1])
def test_restricted_variance_is_at_the_maximum_of_the_likelihood(
    better: int, worse: int, points: int, d: float
) -> None:
    tied = points - better - worse

    def loss(q: float) -> float:
        shares = np.maximum([q + d, q, 1 - 2 * q - d], 1e-300)
        return -float(xlogy([better, worse, tied], shares).sum())

    found = minimize_scalar(loss, bounds=(max(0.0, -d), (1 - d) / 2), method="bounded", options={"xatol": 1e-12})
    expected = points * (2 * found.x + d * (1 - d))
    assert float(tango.restricted_variance(better, worse, points, d)) == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_at_zero_it_is_mcnemars_test() -> None:
    assert float(tango.score(25, 10, 100, 0)) == pytest.approx((25 - 10) / np.sqrt(35))


@pytest.mark.parametrize("d", [-0.3, -0.05, 0.0, 0.02, 0.4])
def test_swapping_the_models_turns_the_sign(d: float) -> None:
    assert float(tango.score(9, 4, 60, d)) == pytest.approx(-float(tango.score(4, 9, 60, -d)))


def test_no_disagreement_speaks_for_neither() -> None:
    assert float(tango.score(0, 0, 50, 0)) == 0


def test_no_disagreement_still_rules_out_a_large_difference_on_both_sides() -> None:
    above, below = tango.score([0, 0], [0, 0], 200, [-0.05, 0.05])
    assert above > 3
    assert below < -3


def test_no_points_is_not_a_number() -> None:
    assert np.isnan(tango.score(0, 0, 0, 0))
    assert np.isnan(tango.interval(0, 0, 0, 0.95)).all()
    assert np.isnan(tango.stratified_score([3, 0], [1, 0], [20, 0], 0.0)), "a class without points"
    assert np.isnan(tango.stratified_score([], [], [], 0.0)), "no class at all"


@pytest.mark.parametrize(("better", "worse", "points"), [(5, 1, 20), (0, 0, 20), (20, 0, 20), (30, 40, 300)])
def test_interval_ends_where_the_test_begins_to_reject(better: int, worse: int, points: int) -> None:
    low, high = (float(end) for end in tango.interval(better, worse, points, 0.9))
    limit = norm.ppf(0.95)
    assert low <= (better - worse) / points <= high
    if low > -1 + 1e-9:
        assert low == pytest.approx(
            brentq(
                lambda d: float(tango.score(better, worse, points, d)) - limit, -0.999999, (better - worse) / points
            ),
            abs=1e-6,
        )
    if high < 1 - 1e-9:
        assert float(tango.score(better, worse, points, high)) == pytest.approx(-limit, abs=1e-5)


def test_interval_covers_as_often_as_it_says() -> None:
    drawn = np.random.default_rng(1).multinomial(120, [0.15, 0.05, 0.8], size=4000)
    low, high = tango.interval(drawn[:, 0], drawn[:, 1], 120, 0.9)
    assert 0.885 <= np.mean((low <= 0.1) & (high >= 0.1)) <= 0.915


STRATA = [
    ([100, 100], [0.0, 0.0], [0.2, 0.2]),
    ([100, 100], [-0.15, 0.15], [0.2, 0.2]),
    ([30, 270], [-0.1, 0.1], [0.1, 0.4]),
    ([9, 291], [-0.1, 0.1], [0.1, 0.4]),
    ([10, 100, 200], [-0.1, 0.1, 0.0], [0.16, 0.16, 0.16]),
    ([50, 50, 50], [0.2, -0.1, -0.1], [0.3, 0.3, 0.3]),
]


@pytest.mark.parametrize(("points", "offsets", "psis"), STRATA)
@pytest.mark.parametrize("null", [0.0, -0.05])
@pytest.mark.parametrize("alpha", [0.05, 0.008])
def test_balanced_size_holds_where_classes_differ_or_are_small(
    points: list[int], offsets: list[float], psis: list[float], null: float, alpha: float
) -> None:
    runs, rng = 20_000, np.random.default_rng(2)
    means = [null + offset for offset in offsets]
    shares = [(max(psi, abs(mean)), mean) for psi, mean in zip(psis, means, strict=True)]
    drawn = np.stack(
        [
            rng.multinomial(n, [(psi + mean) / 2, (psi - mean) / 2, 1 - psi], size=runs)
            for n, (psi, mean) in zip(points, shares, strict=True)
        ],
        axis=1,
    )
    z = tango.stratified_score(drawn[..., 0], drawn[..., 1], np.broadcast_to(points, (runs, len(points))), null)
    false = float(np.mean(z > upper(alpha)))
    assert false <= alpha * 1.1 + 3 * np.sqrt(alpha / runs)


def test_balanced_variance_is_at_the_constrained_maximum_of_the_likelihood() -> None:
    better, worse, points, null = np.array([8.0, 30.0]), np.array([3.0, 25.0]), np.array([40.0, 200.0]), -0.05
    counts = np.stack([better + 0.5, worse + 0.5, points - better - worse])

    def shares(x: np.ndarray) -> np.ndarray:
        # x: the first class's mean, then each class's share of worse; the second mean follows from the null.
        means = np.array([x[0], 2 * null - x[0]])
        return np.stack([x[1:] + means, x[1:], 1 - 2 * x[1:] - means])

    found = minimize(
        lambda x: -xlogy(counts, np.maximum(shares(x), 1e-12)).sum(),
        x0=[0.0, 0.15, 0.15],
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 10_000},
    )
    best = shares(found.x)
    variance = ((best[0] + best[1] - (best[0] - best[1]) ** 2) / points).sum() / 4
    expected = (((better - worse) / points).mean() - null) / np.sqrt(variance)
    assert float(tango.stratified_score(better, worse, points, null)) == pytest.approx(expected, rel=0.01)


def test_balanced_interval_holds_the_balanced_difference() -> None:
    low, high = tango.stratified_interval([5, 30], [1, 40], [20, 300], 0.9)
    assert low < (4 / 20 - 10 / 300) / 2 < high
    assert float(tango.stratified_score([5, 30], [1, 40], [20, 300], low)) == pytest.approx(norm.ppf(0.95), abs=1e-4)
