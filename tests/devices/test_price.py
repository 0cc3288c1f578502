"""Quotes are exact, in Decimal, and say how they add up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpilot.devices import DEVICES, ProgramSets, device
from qpilot.devices.price import SIMULATOR_SECONDS, free, price, usd_for_seconds
from qpilot.errors import UsageError


@pytest.mark.parametrize(
    ("name", "executables", "shots", "usd", "tasks"),
    [
        ("iqm-garnet", 100, 1000, "145.30", 1),
        ("iqm-garnet", 102, 1000, "148.50", 2),
        ("iqm-garnet", 100, 4000, "580.60", 2),  # 50 circuits fill the 200,000 shots of a program set
        ("iqm-garnet", 1, 1, "0.30145", 1),
        ("ionq-forte-enterprise", 100, 1000, "8030.00", 100),
        ("rigetti-cepheus", 10, 10, "3.0425", 10),
    ],
)
def test_price(name: str, executables: int, shots: int, usd: str, tasks: int) -> None:
    quote = price(device(name), executables, shots)
    assert (quote.device_usd, quote.charged_usd, quote.tasks) == (Decimal(usd), Decimal(usd), tasks)
    assert (quote.executables, quote.shots) == (executables, executables * shots)
    assert "task fee" in quote.notes[0]


@pytest.mark.parametrize(("shots", "given"), [(0, "0 shots"), (20_001, "20001 shots"), (-5, "-5 shots")])
def test_shots_outside_the_range_are_refused(shots: int, given: str) -> None:
    with pytest.raises(UsageError, match=f"{given} asked of iqm-garnet; it takes 1 to 20000"):
        price(device("iqm-garnet"), 1, shots)


def test_a_batch_without_circuits_is_refused() -> None:
    with pytest.raises(UsageError, match="0 circuits"):
        price(device("iqm-garnet"), 0, 100)


@given(name=st.sampled_from(DEVICES), executables=st.integers(1, 500), shots=st.integers(100, 5000))
def test_one_circuit_more_never_costs_less(name: str, executables: int, shots: int) -> None:
    fewer, more = (price(device(name), number, shots) for number in (executables, executables + 1))
    assert more.device_usd - fewer.device_usd >= shots * device(name).usd_per_shot


@pytest.mark.parametrize(
    ("name", "seconds", "usd"),
    [("simulator-sv1", "0.4", "0.00375"), ("simulator-sv1", 60, "0.075"), ("simulator-tn1", "3.1", "0.014209")],
)
def test_a_simulator_is_billed_by_its_time_three_seconds_at_least(name: str, seconds: str | int, usd: str) -> None:
    assert Decimal(usd) == usd_for_seconds(device(name), Decimal(seconds))


def test_a_simulators_quote_is_an_upper_bound_and_says_so() -> None:
    quote = price(device("simulator-sv1"), 10, 1000)
    assert (quote.charged_usd, quote.tasks) == (10 * usd_for_seconds(device("simulator-sv1"), SIMULATOR_SECONDS), 10)
    assert quote.notes[0].startswith("at most")


def test_a_program_set_of_too_few_shots_is_refused() -> None:
    garnet = device("iqm-garnet")
    sets = ProgramSets(executables=100, total_shots=200_000, least_shots=50)
    floored = garnet.model_copy(update={"program_sets": sets})
    assert price(floored, 5, 10).charged_usd == price(garnet, 5, 10).charged_usd
    with pytest.raises(UsageError, match=r"4 circuits of 10 shots are too few.*50 shots in all"):
        price(floored, 4, 10)


def test_free_keeps_what_the_device_would_cost() -> None:
    quote = free(price(device("iqm-garnet"), 100, 1000))
    assert (quote.device_usd, quote.charged_usd) == (Decimal("145.30"), Decimal(0))
