"""The hardware gate, check by check."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from gates import hardware
from gates.hardware import HardwarePolicy
from gates.records import Outcome
from gates.statistics import betting

SCORE = HardwarePolicy(metric="absolute_error", margin=0.05, alpha=0.04)
RANK = (Outcome.NO_GO, Outcome.INCONCLUSIVE, Outcome.GO)
GO, INCONCLUSIVE, NO_GO = Outcome.GO, Outcome.INCONCLUSIVE, Outcome.NO_GO


@pytest.mark.parametrize(
    ("differences", "population", "outcome", "why"),
    [
        ((0,) * 150, 500, GO, "150 of 500 without a loss"),
        ((0, 1, -1) * 50, 500, INCONCLUSIVE, "as many gained as lost, but too few to say"),
        ((0,) * 30, 500, INCONCLUSIVE, "too few"),
        ((-1, 0, 0) * 40, 500, NO_GO, "a third lost"),
        ((-1,) + (0,) * 19, 20, NO_GO, "all measured: exactly the margin is lost"),
        ((-1,) + (0,) * 20, 21, GO, "all measured: less than the margin is lost"),
        ((), 500, INCONCLUSIVE, "nothing measured"),
        ((), 0, INCONCLUSIVE, "nothing to measure"),
        ((0,) * 150, 149, INCONCLUSIVE, "more than there are"),
        ((0,) * 149 + (2,), 500, INCONCLUSIVE, "no difference of two answers"),
    ],
)
def test_accuracy_on_the_device(
    given: SimpleNamespace, differences: tuple[int, ...], population: int, outcome: Outcome, why: str
) -> None:
    evidence = given.hardware(differences=differences, population=population)
    assert hardware.decide(evidence, given.hardware_policy).outcome == outcome, why


@pytest.mark.parametrize("shots", [0, -1])
def test_no_shots_are_no_measurement(given: SimpleNamespace, shots: int) -> None:
    verdict = hardware.decide(given.hardware(shots=shots), given.hardware_policy)
    assert verdict.outcome == INCONCLUSIVE
    assert "no shots were taken" in verdict.reason


@pytest.mark.parametrize(
    "flattering", [{"path": ((30, 9.0, -9.0),)}, {"stopped": "certain"}, {"planned": 1}, {"batches": 99}]
)
def test_only_the_differences_count(given: SimpleNamespace, flattering: dict[str, Any]) -> None:
    evidence = given.hardware(differences=(0,) * 30, **flattering)
    assert hardware.decide(evidence, given.hardware_policy).outcome == INCONCLUSIVE


def test_a_go_stays_when_the_stage_runs_on_to_the_promotion_number(given: SimpleNamespace) -> None:
    evidence = given.hardware(differences=(0,) * 100 + (0, -1, 1, 0, 0) * 10, planned=150)
    verdict = hardware.decide(evidence, given.hardware_policy)
    assert verdict.outcome == GO
    assert "After 86 it stood" in verdict.reason


def test_reasons_hold_the_figures(given: SimpleNamespace) -> None:
    lost = hardware.decide(given.hardware(differences=(-1, 0, 0, 1, -1) * 30), given.hardware_policy).reason
    assert "on 30 of 150 rows in random order, and the reverse on 60: it loses 20.0 percentage points" in lost
    open_ = hardware.decide(given.hardware(differences=(0,) * 30), given.hardware_policy).reason
    assert "of 25 needed" in open_
    assert "The 470 rows not measured could still decide it." in open_


def test_circuits_short_of_shots_are_no_measurement(given: SimpleNamespace) -> None:
    assert hardware.decide(given.hardware(short=0), given.hardware_policy).outcome == GO
    verdict = hardware.decide(given.hardware(short=1), given.hardware_policy)
    assert verdict.outcome == INCONCLUSIVE
    assert "1 circuit came back with fewer shots than asked" in verdict.reason


def test_a_stage_that_measured_nothing_says_what_stopped_it(given: SimpleNamespace) -> None:
    evidence = given.hardware(differences=(), stopped="the budget is used up: $3 are missing")
    verdict = hardware.decide(evidence, given.hardware_policy)
    assert verdict.outcome == INCONCLUSIVE
    assert "the stage stopped because the budget is used up: $3 are missing" in verdict.reason


def test_why_the_device_differs_decides_nothing(given: SimpleNamespace) -> None:
    lost = given.measure(0.5)
    part = hardware.Part(cause="drift", signal=lost, accuracy=lost, raw_signal=lost, raw_accuracy=lost)
    split = hardware.Split(
        points=150,
        simulated_signal=lost,
        signal=lost,
        accuracy=lost,
        raw_signal=lost,
        raw_accuracy=lost,
        parts=(part,),
        order="",
        batches=(),
    )
    explained = given.hardware(split=split, sentinels=(hardware.Sentinels(batch=1, lost=lost),), notes=("a note",))
    plain = hardware.decide(given.hardware(), given.hardware_policy)
    assert plain.checks == hardware.decide(explained, given.hardware_policy).checks
    again = hardware.HardwareEvidence.model_validate_json(explained.model_dump_json())
    assert again.digest == explained.digest


def scattered(mean: float, number: int) -> tuple[float, ...]:
    return tuple((mean + np.random.default_rng(1).uniform(-0.1, 0.1, number)).tolist())


@pytest.mark.parametrize(
    ("differences", "population", "outcome", "why"),
    [
        (scattered(-0.01, 150), 500, GO, "a point lost, of five allowed"),
        (scattered(-0.01, 30), 500, INCONCLUSIVE, "too few"),
        (scattered(-0.25, 150), 500, NO_GO, "a quarter lost"),
        ((-0.5,) + (-0.05,) * 19, 20, NO_GO, "all measured: more than the margin"),
        ((-0.05,) * 20, 20, NO_GO, "all measured: exactly the margin"),
        ((-0.049,) * 20, 20, GO, "all measured: less than the margin"),
        ((0.0,) * 149 + (float("nan"),), 500, INCONCLUSIVE, "no difference of two grades"),
        ((0.0,) * 149 + (1.5,), 500, INCONCLUSIVE, "more than a whole grade"),
        ((), 500, INCONCLUSIVE, "nothing measured"),
    ],
)
def test_score_on_the_device(
    given: SimpleNamespace, differences: tuple[float, ...], population: int, outcome: Outcome, why: str
) -> None:
    evidence = given.hardware(differences=differences, population=population)
    assert hardware.decide(evidence, SCORE).outcome == outcome, why


def test_a_fraction_is_no_difference_of_classes(given: SimpleNamespace) -> None:
    evidence = given.hardware(differences=(0.0,) * 149 + (0.5,))
    assert hardware.decide(evidence, SCORE).outcome == GO
    verdict = hardware.decide(evidence, given.hardware_policy)
    assert (verdict.outcome, "none of -1, 0 and 1" in verdict.reason) == (INCONCLUSIVE, True)
    verdict = hardware.decide(given.hardware(), SCORE)
    assert (verdict.outcome, "one of classes, and none of grades" in verdict.reason) == (INCONCLUSIVE, True)


def test_a_score_is_worded_as_one(given: SimpleNamespace) -> None:
    verdict = hardware.decide(given.hardware(differences=(-0.5, 0.0, 0.25) * 50), SCORE)
    assert verdict.checks[0].name == "score on the device"
    assert verdict.reason.startswith(
        "The device was nearer the truth than the simulator on 50 of 150 rows in random order, and farther off on 50: it"
        " loses 8.3 points of score."
    )


@pytest.mark.parametrize("kind", ["a little everywhere", "nearly all of it seldom", "both ways"])
def test_a_device_that_loses_the_margin_is_rarely_let_through(kind: str) -> None:
    """500 points whose mean loss is the margin exactly, drawn in 400 orders and looked at after every point."""
    rng, margin, alpha = np.random.default_rng(8), SCORE.margin, SCORE.alpha
    made = {
        "a little everywhere": rng.uniform(-0.02, 0.02, 500),
        "nearly all of it seldom": np.where(np.arange(500) < 25, -0.9, rng.uniform(0, 0.02, 500)),
        "both ways": rng.choice([-0.4, 0.4], 500),
    }[kind]
    population = made - made.mean() - margin
    orders = rng.permuted(np.tile(population, (400, 1)), axis=1)[:, :-1]
    go, no_go = betting.crossings(orders, 500, margin, alpha)
    assert np.mean(go < 500) <= alpha
    assert np.mean(no_go < 500) <= alpha


@settings(max_examples=100, deadline=None)
@drawn(
    st.lists(st.floats(-1, 1), max_size=80),
    st.integers(0, 200),
    st.tuples(*[st.floats(0.005, 0.4)] * 2),
    st.sampled_from(["absolute_error", "squared_error"]),
)
def test_a_smaller_margin_never_helps_a_score(
    given: SimpleNamespace, differences: list[float], left: int, margins: tuple[float, float], metric: str
) -> None:
    evidence = given.hardware(differences=tuple(differences), population=len(differences) + left)
    strict, loose = (
        hardware.decide(evidence, HardwarePolicy(metric=metric, margin=margin, alpha=0.04)).outcome
        for margin in sorted(margins)
    )
    assert RANK.index(strict) <= RANK.index(loose)


def test_grades_and_classes_survive_json_as_what_they_are(given: SimpleNamespace) -> None:
    for differences in ((0, 1, -1), (0.0, 1.0, -1.0), (0.25, -0.0, 1.0)):
        evidence = given.hardware(differences=differences)
        again = type(evidence).model_validate_json(evidence.model_dump_json())
        assert again.digest == evidence.digest
        assert [type(one) for one in again.differences] == [type(one) for one in differences]
