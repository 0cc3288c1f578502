"""The quote against arithmetic of its own: every device and mitigation, at the sizes where a program set is just full.

Nothing here calls the project's price: circuits are packed into tasks one by one, and each task is billed as Amazon
Braket's price list words it.
"""

from decimal import Decimal
from functools import partial

import numpy as np
import pytest

from qpilot.backend import Batch
from qpilot.devices import DEVICES, Device, device
from qpilot.devices.price import price
from qpilot.forecast.spend import Work, dollars, spend, worst_dollars
from qpilot.mitigation import MITIGATIONS, Mitigation
from qpilot.program import Circuits, Gate

SHOTS = (1, 100, 1000, 2000, 2001, 5000, 20_000)
POINTS = (1, 24, 25, 26, 49, 50, 51, 97, 98, 99, 100, 101, 270)
BATCHES = (1, 25, 49, 50, 98, 100)


def bill(machine: Device, circuits: int, shots: int) -> Decimal:
    """One submission, circuit by circuit: a task takes circuits until its program set is full."""
    usd, inside, total = Decimal(0), 0, 0
    sets = machine.program_sets
    for _ in range(circuits):
        full = sets is None or inside == sets.executables or total + shots > sets.total_shots
        if inside == 0 or full:
            usd += machine.usd_per_task
            inside, total = 0, 0
        inside += 1
        total += shots
        usd += shots * machine.usd_per_shot
    return usd


def submissions(points: int, batch: int, settings: int, mitigation: Mitigation) -> list[int]:
    """Circuits of each batch of the stage, counted on the circuits that the mitigation constructs."""
    found = []
    for first in range(0, points, batch):
        rows = min(batch, points - first)
        shape = (Gate("h", (0,)), Gate("cz", (0, 1)), Gate("rz", (1,), (0,)))
        made = Batch(*mitigation.construct((Circuits(2, shape, np.zeros((rows, 1))),) * settings), 1)
        found.append(made.executables)
    return found


def taken(machine: Device, shots: int) -> bool:
    most = machine.shots[1] if machine.program_sets is None else min(machine.shots[1], machine.program_sets.total_shots)
    return machine.shots[0] <= shots <= most


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("technique", MITIGATIONS)
def test_every_device_and_mitigation_is_quoted_to_the_cent(name: str, technique: str) -> None:
    machine, mitigation = device(name), MITIGATIONS[technique]
    compared = 0
    for shots in filter(partial(taken, machine), SHOTS):
        for batch in BATCHES:
            work = Work(batch, mitigation.runs, mitigation.calibrations)
            for points in POINTS:
                expected = sum(bill(machine, n, shots) for n in submissions(points, batch, 1, mitigation))
                quoted = dollars(points, work, 0, partial(price, machine, shots=shots))
                assert quoted == (expected, expected), (shots, batch, points)
                compared += 1
    assert compared >= 3 * len(BATCHES) * len(POINTS)


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("technique", MITIGATIONS)
def test_the_worst_case_is_quoted_to_the_cent(name: str, technique: str) -> None:
    """Every batch after the first carries two points of the first again; every task is billed three times."""
    machine, mitigation = device(name), MITIGATIONS[technique]
    shots = max(100, machine.shots[0])
    for settings, batch in ((3, 25), (1, 49), (1, 98)):
        work = Work(batch, settings * mitigation.runs, mitigation.calibrations, sentinels=2, attempts=3)
        for points in (1, batch, batch + 1, 2 * batch + 10):
            sizes = [batch] * (points // batch) + [points % batch] * (points % batch > 0)
            rows = [sizes[0], *(size + min(2, sizes[0]) for size in sizes[1:])]
            circuits = [submissions(size, size, settings, mitigation)[0] for size in rows]
            expected = 3 * sum(bill(machine, n, shots) for n in circuits)
            assert worst_dollars(points, work, partial(price, machine, shots=shots)) == (expected, expected), points


def test_a_change_of_calibration_is_paid_only_where_there_is_a_batch_to_come() -> None:
    quote = partial(price, device("iqm-garnet"), shots=100)
    work = Work(25, 1, 0, sentinels=2)
    none, one, many = (dollars(50, work, changes, quote)[0] for changes in (0, 1, 9))
    assert one - none == 2 * 100 * Decimal("0.00145")
    assert many == one, "two batches have one calibration change between them"
    assert dollars(25, work, 9, quote) == dollars(25, work, 0, quote)
    unguarded = Work(25, 1, 2)
    assert dollars(50, unguarded, 9, quote) == dollars(50, unguarded, 0, quote), "no sentinels, nothing to repeat"


def test_sentinels_that_fill_a_program_set_pay_for_another() -> None:
    """98 points and 2 calibration circuits are one program set; two sentinels more are a second one."""
    quote = partial(price, device("iqm-garnet"), shots=100)
    work = Work(98, 1, 2, sentinels=2)
    none, one = (dollars(196, work, changes, quote)[0] for changes in (0, 1))
    assert one - none == Decimal("0.30") + 2 * 100 * Decimal("0.00145")


def test_no_more_sentinels_are_carried_than_the_first_batch_has_points() -> None:
    assert [Work(25, 3, 2, sentinels=10).carried(points) for points in (1, 8, 100)] == [1, 8, 10]
    assert Work(2, 3, 2, sentinels=10).carried(100) == 2


def test_nothing_exceeds_the_worst_case() -> None:
    quote = partial(price, device("iqm-emerald"), shots=500)
    work = Work(25, 3, 2, sentinels=2, attempts=2)
    charged, _ = spend(np.array([25, 50, 270, 270]), 270, work, 4, quote)
    assert charged.expected <= charged.worst
    assert charged.p50 <= charged.p90 <= charged.worst
