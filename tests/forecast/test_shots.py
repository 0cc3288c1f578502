"""Shots: the predicted loss against the binomial formula, the choice against its rule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import binom

from gates.claim import Claim
from qpilot.forecast.rehearsal import Rehearsal
from qpilot.forecast.shots import Choice, curve, fewest, predicted_loss
from qpilot.mitigation import MITIGATIONS

CLAIM = Claim(kind="superiority", metric="accuracy", target=0.1, psi=0.3, alpha=0.05, power=0.8, quantum=False)


class SignOfZ:
    """One qubit: class 0 where <Z> is positive. Written as a model's two halves."""

    def features(self, probabilities: tuple[np.ndarray, ...]) -> np.ndarray:
        return np.asarray(probabilities[0][:, 0] - probabilities[0][:, 1])[:, None]

    def decide(self, features: np.ndarray) -> np.ndarray:
        return np.column_stack([features[:, 0] > 0, features[:, 0] <= 0]).astype(float)

    def answer(self, features: np.ndarray) -> np.ndarray:
        return self.decide(features).argmax(axis=1)


def rehearsal(expectations: np.ndarray, truth: np.ndarray) -> Rehearsal:
    zero = (1 + expectations) / 2
    simulated = (expectations <= 0).astype(np.int64)
    return Rehearsal(SignOfZ(), MITIGATIONS["none"], CLAIM, truth, simulated, (np.column_stack([zero, 1 - zero]),), ())


def choose(shown: Rehearsal, margin: float, allowed: tuple[int, int], seed: int) -> Choice:
    return fewest(curve(shown, margin, allowed, seed))


def by_formula(agreement: np.ndarray, shots: int) -> float:
    """1 - mean P(Bin(S, (1 + a) / 2) > S / 2) for a = y <Z> > 0: what finite shots cost."""
    return float(1 - np.mean(binom.sf(shots // 2, shots, (1 + agreement) / 2)))


@pytest.mark.parametrize("shots", [51, 201, 501])
def test_the_predicted_loss_is_the_binomial_formula(shots: int) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 2000)
    agreement = rng.uniform(0.001, 0.6, 2000)
    predicted = predicted_loss(rehearsal(np.where(truth == 0, agreement, -agreement), truth), shots, seed=1, limit=0.01)
    assert predicted == pytest.approx(by_formula(agreement, shots), abs=0.003)


def test_the_fewest_shots_that_meet_the_rule_are_chosen() -> None:
    agreement = np.full(400, 0.1)
    choice = choose(rehearsal(agreement, np.zeros(400, dtype=np.int64)), 0.05, (1, 20_000), seed=0)
    assert by_formula(agreement, 201) > 0.01
    assert by_formula(agreement, 1001) < 0.01
    assert choice.meets
    assert choice.shots == 1000
    assert choice.loss <= 0.01


@pytest.mark.parametrize(("loss", "chosen"), [(0.008, 500), (0.0125, 1000)])
def test_chance_does_not_decide_where_a_step_lies_close_to_the_limit(loss: float, chosen: int) -> None:
    agreement = np.full(150, brentq(lambda a: by_formula(np.array([a]), 500) - loss, 0.01, 0.5))
    shown = rehearsal(agreement, np.zeros(150, dtype=np.int64))
    found = [choose(shown, 0.05, (1, 20_000), seed).shots for seed in range(40)]
    assert found.count(chosen) >= 38, "20 draws of 150 rows miss the limit of 0.01 by chance one time in ten"


def test_the_most_shots_are_taken_where_even_they_lose_too_much() -> None:
    hard = rehearsal(np.full(300, 0.01), np.zeros(300, dtype=np.int64))
    choice = choose(hard, 0.02, (100, 500), seed=0)
    assert (choice.shots, choice.meets) == (500, False)


def test_the_device_range_bounds_the_choice() -> None:
    easy = rehearsal(np.full(50, 0.99), np.zeros(50, dtype=np.int64))
    assert choose(easy, 0.05, (1, 20_000), seed=0).shots == 50
    assert choose(easy, 0.05, (120, 5000), seed=0).shots == 120
    assert choose(easy, 0.05, (30_000, 40_000), seed=0).shots == 30_000


@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 0.2), st.floats(1.0, 4.0))
def test_a_wider_margin_never_takes_more_shots(margin: float, factor: float) -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 2, 150)
    shown = rehearsal(np.where(truth == 0, 1, -1) * rng.uniform(0, 0.5, 150), truth)
    wide, narrow = (choose(shown, m, (1, 5000), seed=2) for m in (margin * factor, margin))
    assert wide.shots <= narrow.shots


def test_a_loss_above_a_fifth_of_the_margin_does_not_meet_the_rule() -> None:
    assert Choice.of(100, 0.01, 0.05).meets
    assert not Choice.of(100, 0.0101, 0.05).meets
    assert not Choice.of(100, float("nan"), 0.05).meets
