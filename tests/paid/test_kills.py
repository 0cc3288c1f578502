"""The paid stage, killed at random and started again, pays for each circuit once; without its precautions it does not.

Hundreds of trials: benchmarks/kill_trials.py.
"""

import numpy as np
import pytest

from tests.paid.nursery import Nursery
from tests.paid.reaper import MOMENTS, Moment, Reaper
from tests.paid.trial import Draw, Kill, draw, trial


@pytest.mark.parametrize("number", range(10))
def test_killed_at_random_it_pays_once_and_knows_every_task(service: Reaper, nursery: Nursery, number: int) -> None:
    result = trial(service, nursery, draw(np.random.default_rng([1, number])))
    assert result.wrong == []
    assert (result.duplicates, result.lost, result.over) == (0, 0, False)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_around_an_acceptance_the_same_token_answers_with_the_same_task(
    service: Reaper, nursery: Nursery, moment: Moment
) -> None:
    kill = Kill("submission", number=2, moment=moment)
    result = trial(service, nursery, Draw(lag_seconds=900, kills=(kill,)))
    assert (result.killed, result.wrong, result.tasks, result.parked) == ([kill.name], [], 8, 0)


def test_batches_found_again_at_the_vendor_are_measured_though_the_budget_is_spoken_for_by_them(
    service: Reaper, nursery: Nursery
) -> None:
    kill = Kill("submission", number=8, keeps=0.2)
    result = trial(service, nursery, Draw(kills=(kill,)))
    assert (result.cuts, result.wrong, result.tasks) == (1, [], 8)


BLIND = Draw(lag_seconds=900, kills=(Kill("submission", number=2, later=True),))
"""A task was accepted, its process killed, its token expired, and no list shows it."""


def test_what_nobody_can_know_is_parked_until_a_person_looks(service: Reaper, nursery: Nursery) -> None:
    result = trial(service, nursery, BLIND)
    assert (result.wrong, result.tasks, result.parked) == ([], 8, 1)


def test_without_the_token_the_trial_finds_work_paid_twice(service: Reaper, nursery: Nursery) -> None:
    kill = Kill("submission", number=2, moment="carried out")
    result = trial(service, nursery, Draw(lag_seconds=900, kills=(kill,)), mutant="token")
    assert (result.duplicates, result.lost, result.over) == (1, 1, True)


def test_without_the_reservation_before_the_request_the_trial_finds_work_paid_twice(
    service: Reaper, nursery: Nursery
) -> None:
    assert trial(service, nursery, BLIND, mutant="intent").duplicates == 1


def test_without_the_arn_before_the_waiting_a_person_is_asked_what_the_journal_should_know(
    service: Reaper, nursery: Nursery
) -> None:
    waiting = Draw(lag_seconds=900, kills=(Kill("look", moment="before", later=True),))
    assert trial(service, nursery, waiting).parked == 0
    assert trial(service, nursery, waiting, mutant="arn").parked == 3
