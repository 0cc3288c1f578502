"""Waits against execution windows, by hand and by walking the minutes."""

import math
from datetime import UTC, datetime, time, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qpilot.devices import DEVICES, Window, device
from qpilot.forecast.queue import WEEK, forecast_wait, open_minutes, wait_hours

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def window(day: str, start: str, end: str) -> Window:
    return Window(day=day, start=time.fromisoformat(start), end=time.fromisoformat(end))  # type: ignore[arg-type]


NINE_TO_FIVE = (window("Weekdays", "09:00", "17:00"),)
ACROSS_MIDNIGHT = (window("Sunday", "22:00", "02:00"),)


@pytest.mark.parametrize(
    ("windows", "minutes"),
    [
        (NINE_TO_FIVE, 5 * 8 * 60),
        (ACROSS_MIDNIGHT, 4 * 60),
        ((window("Everyday", "00:00", "23:59:59"),), WEEK),
        ((window("Everyday", "00:00", "00:00"),), WEEK),
        ((window("Weekend", "12:00", "13:00"),), 2 * 60),
        ((window("Monday", "08:00", "10:00"), window("Monday", "09:00", "11:00")), 3 * 60),
        ((), 0),
    ],
)
def test_open_minutes_of_a_week(windows: tuple[Window, ...], minutes: int) -> None:
    assert open_minutes(windows).sum() == minutes


def test_a_window_across_midnight_runs_on_from_sunday_into_monday() -> None:
    open_ = open_minutes(ACROSS_MIDNIGHT)
    assert open_[:120].all()
    assert not open_[120 : WEEK - 120].any()
    assert open_[WEEK - 120 :].all()


@pytest.mark.parametrize(
    ("day", "clock", "hours"),
    [
        (0, "08:00", 1.0),
        (0, "09:00", 0.0),
        (0, "16:59", 0.0),
        (0, "17:00", 16.0),
        (4, "17:00", 64.0),
        (6, "09:00", 24.0),
    ],
)
def test_the_wait_for_the_next_window(day: int, clock: str, hours: float) -> None:
    at = time.fromisoformat(clock)
    assert wait_hours(NINE_TO_FIVE)[day * 1440 + at.hour * 60 + at.minute] == hours


def test_work_ahead_is_done_in_open_minutes_only() -> None:
    waits = wait_hours(NINE_TO_FIVE, ahead_minutes=60)
    assert waits[9 * 60] == 1.0
    assert waits[16 * 60 + 30] == 0.5 + 16 + 0.5, "half an hour today, half an hour tomorrow"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, WEEK - 1), st.integers(0, 4000))
def test_the_wait_is_what_walking_the_minutes_gives(submitted: int, ahead: int) -> None:
    windows = (*ACROSS_MIDNIGHT, window("Wednesday", "10:00", "11:30"))
    open_, minute, left = open_minutes(windows), submitted, ahead
    while not (open_[minute % WEEK] and left == 0):
        left -= int(open_[minute % WEEK])
        minute += 1
    assert wait_hours(windows, ahead)[submitted] * 60 == pytest.approx(minute - submitted)


def test_a_forecast_covers_every_submission_time_of_its_horizon() -> None:
    garnet = device("iqm-garnet").model_copy(update={"windows": NINE_TO_FIVE})
    p50, p90 = forecast_wait(garnet, MONDAY.replace(hour=9), horizon_hours=24)
    assert (p50.low, p50.high, p50.n) == (0.0, 16.0, 1440)
    assert p50.value == pytest.approx(4.0, abs=0.02), "8 hours open, then 16 hours that count down evenly"
    assert p90.value == pytest.approx(13.6, abs=0.02)
    assert "uncalibrated" in p90.method
    assert "the queue itself left out" in p90.method


def test_the_time_zone_is_taken_into_account() -> None:
    garnet = device("iqm-garnet").model_copy(update={"windows": NINE_TO_FIVE})
    noon_in_utc = MONDAY.replace(hour=21).astimezone(timezone(timedelta(hours=9)))
    assert forecast_wait(garnet, noon_in_utc, 1 / 60)[0].value == 12.0
    with pytest.raises(ValueError, match="needs a time zone"):
        forecast_wait(garnet, MONDAY.replace(tzinfo=None), 24)


def test_unknown_windows_leave_the_wait_unknown() -> None:
    blank = device("rigetti-cepheus").model_copy(update={"windows": ()})
    assert all(math.isnan(measure.value) for measure in forecast_wait(blank, MONDAY, 24))
    with pytest.raises(ValueError, match="no execution window"):
        wait_hours(())


@pytest.mark.parametrize("name", DEVICES)
def test_every_shipped_device_with_windows_starts_within_a_week(name: str) -> None:
    if device(name).windows:
        assert np.max(wait_hours(device(name).windows)) < 7 * 24
