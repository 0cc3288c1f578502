"""The hardware gate, check by check."""

from types import SimpleNamespace
from typing import Any

import pytest

from gates import hardware
from gates.records import Outcome

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
