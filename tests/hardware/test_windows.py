"""Which window a moment lies in, where one ends, and when the next opens."""

from datetime import UTC, datetime, time

import pytest

from qpilot.devices import Window, device
from qpilot.hardware.windows import opening, opens_after, spoken, window_of


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In the week that begins on Monday 2026-11-23."""
    return datetime(2026, 11, 22 + day, hour, minute, tzinfo=UTC)


GARNET = device("iqm-garnet").windows
"""Monday to Wednesday 08:00 to 10:00, Thursday and Friday 13:00 to 15:00."""
NIGHTS = (Window(day="Everyday", start=time(22), end=time(4)),)
ALWAYS = (Window(day="Everyday", start=time(0), end=time(23, 59, 59)),)


@pytest.mark.parametrize(
    ("windows", "moment", "opens", "closes"),
    [
        (GARNET, at(1, 9), at(1, 8), at(1, 10)),
        (GARNET, at(1, 8), at(1, 8), at(1, 10)),
        (GARNET, at(1, 10), at(2, 8), at(2, 10)),
        (GARNET, at(1, 3), at(1, 8), at(1, 10)),
        (GARNET, at(6, 3), at(8, 8), at(8, 10)),
        (NIGHTS, at(2, 3), at(1, 22), at(2, 4)),
        (NIGHTS, at(1, 1), at(0, 22), at(1, 4)),
        (ALWAYS, at(3, 12), at(3, 0), at(4, 0)),
        (device("iqm-emerald").windows, at(2, 1), at(1, 22), at(2, 4)),
        (device("ionq-forte-enterprise").windows, at(4, 12), at(4, 17), at(5, 0)),
    ],
)
def test_the_stretch_a_moment_lies_in(
    windows: tuple[Window, ...], moment: datetime, opens: datetime, closes: datetime
) -> None:
    assert (opens, closes) == opening(windows, moment)


@pytest.mark.parametrize(
    ("before", "now", "opens", "why"),
    [
        (at(1, 9), at(1, 9, 30), at(2, 8), "still the window of the batch before"),
        (at(1, 9), at(1, 12), at(2, 8), "between the two"),
        (at(1, 9), at(2, 8), None, "the next one is open"),
        (at(1, 9), at(4, 14), None, "a later one is open"),
        (at(1, 9), at(4, 12), at(4, 13), "days later, but closed"),
        (at(1, 5), at(1, 9), at(2, 8), "submitted before it opened, so it waited for this one"),
        (at(5, 14), at(5, 16), at(8, 8), "over the weekend"),
    ],
)
def test_when_a_later_window_opens(before: datetime, now: datetime, opens: datetime | None, why: str) -> None:
    assert opens == opens_after(GARNET, before, now), why


def test_a_device_that_never_closes_has_a_window_a_day() -> None:
    assert at(4, 0) == opens_after(ALWAYS, at(3, 12), at(3, 20))
    assert opens_after(ALWAYS, at(3, 12), at(4, 1)) is None


def test_batches_are_divided_over_the_windows() -> None:
    assert [window_of(number, 9, 3) for number in range(11)] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2]
    assert [window_of(number, 5, 2) for number in range(5)] == [0, 0, 0, 1, 1]
    assert [window_of(number, 2, 3) for number in range(3)] == [0, 1, 2]


def test_a_moment_is_spoken_with_its_day() -> None:
    assert spoken(at(2, 8)) == "Tuesday 2026-11-24 08:00 UTC"


def test_without_windows_there_is_nothing_to_spread_over() -> None:
    with pytest.raises(ValueError, match="no execution window"):
        opening((), at(1, 1))
