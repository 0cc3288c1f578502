"""Every fault of the matrix: its sentence and state, one paid task per circuit, no ARN lost, every bill in the ledger."""

from collections.abc import Iterator

import pytest

from qpilot.braket.service import BraketService
from tests.loopback import Loopback
from tests.loopback.fixtures import reached
from tests.paid.faults import FAULTS, Fault, outcome
from tests.paid.mutants import Forgetful


@pytest.fixture(scope="module")
def bench() -> Iterator[tuple[Loopback, BraketService]]:
    """A service of its own and clients that know it: making them takes half a second."""
    with Loopback() as service, reached(service):
        yield service, BraketService()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_costs_nothing_twice_and_loses_nothing(fault: Fault, bench: tuple[Loopback, BraketService]) -> None:
    row = outcome(fault, *bench)
    assert row.struck, "the fault was never met"
    assert (row.state, row.again) == (fault.state, fault.again), row.said
    assert fault.says in row.said
    assert (row.said == "-") == (fault.state == "goes on")
    assert (row.paid, row.unpaid, row.lost, row.agrees) == (1, 0, 0, True)


def test_without_the_token_the_matrix_finds_work_paid_twice(bench: tuple[Loopback, BraketService]) -> None:
    (restarted,) = (fault for fault in FAULTS if fault.name == "search lags, process restarted")
    row = outcome(restarted, bench[0], Forgetful())
    assert (row.paid, row.lost, row.agrees) == (2, 1, False)
