"""Figures read as a person would write them."""

import math
from decimal import Decimal

import pytest

from gates.records import Measure
from gates.wording import MINUS
from qpilot.report import formats


def spaced(text: str) -> str:
    return text.replace(formats.SPACE, " ").replace(MINUS, "-").replace("\N{MULTIPLICATION SIGN}", "x")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.04, "0.04"), (1234.5, "1,234"), (31.5, "31.5"), (0.5321, "0.532"), (2e-7, "2 x 10⁻⁷"),
     (3e9, "3 x 10⁹"), (1e6, "10⁶"), (-2.34e6, "-2.34 x 10⁶"),
     (-0.5, "-0.5"), (math.nan, "not measured"), (math.inf, "infinite")],
)  # fmt: skip
def test_numbers(value: float, shown: str) -> None:
    assert spaced(formats.number(value)) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.874, "87.4 %"), (0, "0.0 %"), (1, "100.0 %"), (math.nan, "not measured")]
)
def test_percentages(value: float, shown: str) -> None:
    assert spaced(formats.percent(value)) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.05, "+5.0 points"),
        (-0.0778, "-7.8 points"),
        (-0.0001, "0.0 points"),
        (0.0, "0.0 points"),
        (math.nan, "not measured"),
    ],
)
def test_differences_carry_their_sign_and_zero_has_none(value: float, shown: str) -> None:
    assert spaced(formats.points(value)) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "$0.00"),
        ("1234.5", "$1,234.50"),
        ("0.005", "$0.0050"),
        ("0.00001", "$0.0001"),
        ("0.01", "$0.01"),
        ("-3", "-$3.00"),
    ],
)
def test_money_never_rounds_down_to_nothing(amount: str, shown: str) -> None:
    assert spaced(formats.usd(Decimal(amount))) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0031, "3.1 ms"), (12.7, "13 s"), (600.0, "10 min"), (math.nan, "not measured")],
)
def test_durations(value: float, shown: str) -> None:
    assert spaced(formats.seconds(value)) == shown


def test_an_interval_without_ends_is_not_shown() -> None:
    assert formats.interval(Measure(value=0.5)) == ""
    assert formats.interval(Measure(value=0.5, low=0.4, high=0.61)) == "40.0 to 61.0"
