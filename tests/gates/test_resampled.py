"""The corrected resampled t, means over seeds and two looks, against scipy, by hand and against simulation."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from scipy import stats

from gates.averaged import Averaged
from gates.claim import Claim
from gates.comparison import Comparison
from gates.nested import Nested
from gates.statistics import power, resampled, student, wallet
from gates.statistics.normal import upper


def record(differences: list[int], test: int = 20, train: int = 180, repeats: int = 1) -> Nested:
    folds = []
    for difference in differences:
        better, worse = max(difference, 0) + 2, max(-difference, 0) + 2
        halves = [(test // 2, better, worse), (test // 2, 0, 0)]
        folds.append(Comparison(points=test, better=better, worse=worse, by_class=dict(zip("ab", halves, strict=True))))
    return Nested(repeats=repeats, folds=tuple(folds), trained=(train,) * len(folds))


@pytest.mark.parametrize("freedom", [1, 4, 9, 49, 3.7])
@pytest.mark.parametrize("alpha", [0.0016, 0.04, 0.4])
def test_quantiles_are_scipys(freedom: float, alpha: float) -> None:
    assert stats.t.isf(alpha, freedom) == pytest.approx(student.upper(alpha, freedom))


@pytest.mark.parametrize(("alpha", "freedom"), [(0.0, 3), (1.0, 3), (math.nan, 3), (0.05, 0), (0.05, math.nan)])
def test_a_quantile_of_nothing_is_refused(alpha: float, freedom: float) -> None:
    with pytest.raises(ValueError, match=r"error rate|degrees of freedom"):
        student.upper(alpha, freedom)


def test_the_statistic_is_nadeau_and_bengios() -> None:
    values = [4, 1, 0, 3, 2, 5, -1, 2, 1, 3]
    d = np.array(values) / 20
    by_hand = d.mean() / (d.std(ddof=1) * math.sqrt(1 / 10 + 20 / 180))
    found = record(values)
    assert by_hand == pytest.approx(found.z("accuracy", 0.0))
    low, high = found.interval("accuracy", 0.9)
    assert stats.t.cdf((d.mean() - low) / (d.mean() / by_hand), 9) == pytest.approx(0.95)
    assert low + high == pytest.approx(2 * d.mean())


def test_folds_that_agree_are_not_certain() -> None:
    level = record([0] * 10)
    assert level.z("accuracy", 0.0) == 0.0
    assert 0 < level.z("accuracy", -0.05) < 3, "200 rows without a difference do not rule five points out for sure"
    assert math.isfinite(record([1] * 10).z("accuracy", 0.0))
    low, high = level.interval("accuracy", 0.9)
    assert low < 0 < high


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (record([1]), "folds"),
        (record([1, 2, 3], repeats=2), "repeats"),
        (record([1] * 9), "200"),
        (record([1] * 10, train=190), "trained on rows it was tested on"),
        (Nested(repeats=1, folds=(), trained=()), "folds"),
        (record([1] * 10).model_copy(update={"trained": (180,)}), "folds"),
        (record([30] * 10), "impossible"),
    ],
)
def test_what_cannot_be_used_says_why(found: Nested, why: str) -> None:
    assert why in str(found.flaw("accuracy", 200))
    assert record([1] * 10).flaw("accuracy", 200) is None


def test_a_fold_without_a_class_has_no_balanced_accuracy() -> None:
    found = record([1] * 10)
    lame = found.folds[0].model_copy(update={"by_class": {"a": (20, 3, 2), "b": (0, 0, 0)}})
    spoiled = found.model_copy(update={"folds": (lame, *found.folds[1:])})
    assert "class" in str(spoiled.flaw("balanced_accuracy", 200))
    assert spoiled.flaw("accuracy", 200) is None


def averaged(first: np.ndarray, second: np.ndarray) -> Averaged:
    return Averaged.of(
        first, second, np.repeat(["a", "b"], [first.shape[1] // 2, first.shape[1] - first.shape[1] // 2])
    )


def test_a_mean_over_seeds_is_tested_by_a_paired_t() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.random((3, 400)) < 0.8, rng.random((1, 400)) < 0.7
    found = averaged(first, second)
    d = first.mean(axis=0) - second[0]
    assert found.advantage("accuracy") == pytest.approx(d.mean())
    assert found.points == 400
    padded = np.concatenate([np.repeat(d, 2), [-1, 1]])  # half a disagreement each way
    assert found.z("accuracy", 0.0) == pytest.approx(d.mean() / math.sqrt(padded.var() / 400))
    assert found.z("accuracy", 0.0) == pytest.approx(stats.ttest_1samp(d, 0).statistic, rel=0.02)
    classes = [d[:200], d[200:]]
    assert found.advantage("balanced_accuracy") == pytest.approx(np.mean([part.mean() for part in classes]))
    assert stats.ttest_1samp(d, 0).pvalue / 2 < 0.05
    assert found.z("accuracy", 0.0) > found.limit("accuracy", 0.05)


def test_one_seed_counts_as_the_plain_comparison_does() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random((1, 200)) < 0.8, rng.random((1, 200)) < 0.7
    plain = Comparison.of(first[0], second[0], np.repeat(["a", "b"], 100))
    for metric in ("accuracy", "balanced_accuracy"):
        assert averaged(first, second).advantage(metric) == pytest.approx(plain.advantage(metric))
        assert averaged(first, second).z(metric, 0.0) == pytest.approx(plain.z(metric, 0.0), rel=0.1)


@pytest.mark.parametrize(
    "found",
    [
        Averaged(seeds=2, by_class={}),
        Averaged(seeds=2, by_class={"a": (1, 0, 0)}),
        Averaged(seeds=1, by_class={"a": (-1, 100, 1)}),
        Averaged(seeds=0, by_class={"a": (100,)}),
    ],
)
def test_counts_that_cannot_be_are_found(found: Averaged) -> None:
    assert found.flaw("accuracy", 100) is not None


def test_seeds_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="one answer a seed and point"):
        Averaged.of(np.ones((3, 5), bool), np.ones((2, 5), bool), np.zeros(5))


@drawn(st.lists(st.integers(0, 30), min_size=5, max_size=5))
def test_averages_make_a_round_trip(counts: list[int]) -> None:
    found = Averaged(seeds=2, by_class={"a": tuple(counts)})
    assert Averaged.model_validate(found.plain()) == found


def test_false_findings_of_a_mean_over_seeds_stay_at_alpha() -> None:
    rng, hits, runs = np.random.default_rng(2), 0, 2000
    for _ in range(runs):
        base = rng.random(150) < 0.8
        first = np.where(rng.random((3, 150)) < 0.75, base, rng.random((3, 150)) < 0.8)
        found = averaged(first, base[None])
        hits += found.z("accuracy", 0.0) > found.limit("accuracy", 0.05)
    assert stats.binomtest(hits, runs, 0.05, alternative="greater").pvalue > 0.001


def test_two_looks_together_stay_within_alpha_whatever_the_second_adds() -> None:
    rng, runs = np.random.default_rng(3), 20_000
    assert wallet.look(0.05, 2) == 0.025
    assert upper(wallet.look(0.05, 2)) == pytest.approx(1.96, abs=1e-3)
    for share in (0.1, 0.5, 0.9):
        first = rng.normal(size=runs)
        second = math.sqrt(share) * first + math.sqrt(1 - share) * rng.normal(size=runs)
        crossed = (first > upper(0.025)) | (second > upper(0.025))
        assert crossed.mean() <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def test_what_is_left_of_the_wallet() -> None:
    for attempt in range(6):
        rest = sum(wallet.alpha(later, 0.05) for later in range(attempt + 1, 200))
        assert wallet.left(attempt, 0.05) == pytest.approx(rest)
    with pytest.raises(ValueError, match="counted from 1"):
        wallet.left(-1, 0.05)
    with pytest.raises(ValueError, match="one look"):
        wallet.look(0.05, 0)


@pytest.mark.parametrize(("target", "psi"), [(0.1, 0.2), (0.2, 0.45)])
def test_the_rows_nested_cross_validation_is_said_to_take_have_the_power_claimed(
    given: SimpleNamespace, target: float, psi: float
) -> None:
    """Ten folds, five times; one candidate, so that nothing is lost by choosing. Each repeat fits anew: 10 % of the
    answers change with the training rows."""
    claim: Claim = given.claim(target=target, psi=psi)
    needed = power.required_nested(claim, 0.04, 10, 5)
    plain = power.required_for(claim, 0.04)
    assert plain < needed < 1.6 * plain
    rng, runs = np.random.default_rng(4), 300
    hits = 0
    width = needed // 10
    for _ in range(runs):
        d = rng.choice([1, 0, -1], p=[(psi + target) / 2, 1 - psi, (psi - target) / 2], size=width * 10)
        folds = []
        for _ in range(5):
            again = np.where(rng.random(d.size) < 0.1, rng.permutation(d), d)
            folds += [part.mean() for part in np.split(rng.permutation(again), 10)]
        error = resampled.standard_error(folds, 0.0, width, 9 * width, 10 * width)
        hits += np.mean(folds) / error > student.upper(0.04, 49)
    assert hits / runs > claim.power - 0.05


def test_more_folds_and_repeats_cost_less(given: SimpleNamespace) -> None:
    claim = given.claim()
    sizes = [
        power.required_nested(claim, 0.04, folds, repeats) for folds, repeats in ((5, 1), (5, 5), (10, 5), (20, 5))
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert power.required_nested(claim, 0.008, 10, 5) > power.required_nested(claim, 0.04, 10, 5)
