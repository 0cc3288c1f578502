"""The sequential test against its definition, and against what it promises at any stopping time."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from gates.records import Outcome
from gates.statistics import betting

STAKES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 0.97)


def evidence_by_definition(differences: list[int], d0: float, population: int | None) -> list[float]:
    """E_t point by point, as the papers write it: a plain product for each stake, then the average."""
    wealth, total, path = [1.0] * len(STAKES), 0, []
    for t, drawn in enumerate(differences, start=1):
        mean = d0 if population is None else (population * d0 - total) / (population - t + 1)
        if mean < -1:
            wealth = [math.inf] * len(STAKES)
        elif mean < 1:
            wealth = [w * (1 + stake * (drawn - mean) / (1 + mean)) for w, stake in zip(wealth, STAKES, strict=True)]
        total += drawn
        path.append(sum(wealth) / len(wealth))
    return path


def full_sets(runs: int, population: int, loss: int, churn: int, seed: int) -> NDArray[np.int64]:
    """(runs, population) random orders of one set that loses `loss` points net, and `churn` more that it also gains."""
    rng = np.random.default_rng(seed)
    one = np.concatenate([np.full(churn, 1), np.full(churn + loss, -1), np.zeros(population - 2 * churn - loss)])
    return rng.permuted(np.tile(one.astype(np.int64), (runs, 1)), axis=1)


@pytest.mark.parametrize("population", [None, 60, 400])
@pytest.mark.parametrize("d0", [-0.05, 0.0, 0.13, 0.9], ids=lambda d0: f"d0={d0}")
def test_evidence_follows_its_definition(population: int | None, d0: float) -> None:
    drawn = np.random.default_rng(6).choice([-1, 0, 0, 0, 1], size=50)
    expected = evidence_by_definition(drawn.tolist(), d0, population)
    assert np.exp(betting.log_evidence(drawn, d0, population)) == pytest.approx(expected, rel=1e-9)


def test_many_paths_at_once_are_the_paths_one_by_one() -> None:
    drawn = full_sets(5, 100, 4, 6, seed=7)
    together = betting.log_evidence(drawn, -0.05, 100)
    for path, alone in zip(together, drawn, strict=True):
        np.testing.assert_array_equal(path, betting.log_evidence(alone, -0.05, 100))


@pytest.mark.parametrize("every", [1, 25])
@pytest.mark.parametrize("margin", [0.05, 0.1])
def test_at_the_margin_go_is_wrong_at_most_alpha_of_the_time(every: int, margin: float) -> None:
    drawn = full_sets(2000, 300, round(300 * margin), 6, seed=8)
    for_go, _ = betting.crossings(drawn, 300, margin, 0.05, every)
    assert np.mean(for_go <= 300) <= 0.05


def test_beyond_the_margin_no_go_is_wrong_at_most_alpha_of_the_time() -> None:
    drawn = full_sets(2000, 300, 15, 6, seed=9)
    _, for_no_go = betting.crossings(drawn, 300, 0.05, 0.05)
    assert np.mean(for_no_go <= 300) <= 0.05


def test_without_a_population_the_error_holds_too() -> None:
    drawn = np.random.default_rng(10).choice([-1, 0, 1], p=[0.08, 0.89, 0.03], size=(2000, 400))
    for_go, _ = betting.crossings(drawn, None, 0.05, 0.05)
    assert np.mean(for_go <= 400) <= 0.05


@pytest.mark.parametrize(("gap", "saved"), [(0, 0.5), (0.1, 0.4), (0.2, 0.75)])
def test_it_stops_early_where_the_answer_is_clear(gap: float, saved: float) -> None:
    drawn = full_sets(400, 500, round(500 * gap), 10, seed=11)
    stopped = np.minimum(*betting.crossings(drawn, 500, 0.05, 0.05, every=25))
    assert 1 - stopped.mean() / 500 >= saved


@pytest.mark.parametrize(
    ("lost", "outcome"), [(0, Outcome.GO), (4, Outcome.GO), (5, Outcome.NO_GO), (6, Outcome.NO_GO), (40, Outcome.NO_GO)]
)
def test_the_census_is_read_off(lost: int, outcome: Outcome) -> None:
    drawn = np.random.default_rng(12).permutation([-1] * lost + [0] * (100 - lost))
    assert betting.sequential(drawn, 100, 0.05, 0.05)[0] == outcome


def test_the_census_overrules_an_early_answer() -> None:
    drawn = [0] * 90 + [-1] * 10
    early, points = betting.sequential(drawn[:90], 100, 0.05, 0.05)
    assert (early, points < 90) == (Outcome.GO, True)
    assert betting.sequential(drawn, 100, 0.05, 0.05)[0] == Outcome.NO_GO


@pytest.mark.parametrize("margin", [0.07, 0.1, 0.29])
def test_the_whole_margin_lost_is_no_go_whatever_the_rounding(margin: float) -> None:
    lost = round(100 * margin)
    assert betting.sequential([-1] * lost + [0] * (100 - lost), 100, margin, 0.05)[0] == Outcome.NO_GO


def test_it_is_certain_once_the_rest_cannot_matter() -> None:
    assert betting.sequential([1] * 53, 100, 0.05, 1e-300) == (Outcome.GO, 48)
    assert betting.sequential([-1] * 60, 100, 0.05, 1e-300) == (Outcome.NO_GO, 53)


def test_points_that_contradict_each_other_are_inconclusive() -> None:
    drawn = [0] * 400 + [-1] * 300
    go, no_go = betting.crossings(drawn, 10_000, 0.05, 0.05)
    assert (go < 400, no_go <= 700) == (True, True)
    assert betting.sequential(drawn, 10_000, 0.05, 0.05) == (Outcome.INCONCLUSIVE, 700)


def test_few_points_are_inconclusive() -> None:
    assert betting.sequential([0] * 20, 500, 0.05, 0.05) == (Outcome.INCONCLUSIVE, 20)
    assert betting.sequential([], 500, 0.05, 0.05) == (Outcome.INCONCLUSIVE, 0)


@pytest.mark.parametrize("drawn", [[0, 2], [-1.01], [float("nan")]])
def test_values_that_are_no_differences_are_refused(drawn: list[float]) -> None:
    with pytest.raises(ValueError, match="between -1 and 1"):
        betting.log_evidence(drawn, -0.05, 10)


def test_more_points_than_the_population_are_refused() -> None:
    with pytest.raises(ValueError, match="11 points cannot be drawn from 10"):
        betting.log_evidence([0] * 11, -0.05, 10)
