"""Waits against execution windows, by hand and by walking the minutes."""

import json
import math
from datetime import UTC, datetime, time, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qpilot.devices import DEVICES, Device, Window, device
from qpilot.errors import QpilotError
from qpilot.forecast.calibration import LEAST
from qpilot.forecast.history import Past
from qpilot.forecast.queue import ALWAYS, Depth, depth, forecast_wait, predicted_wait, service_rate
from qpilot.forecast.windows import WEEK, hours_until, open_hours, open_minutes

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
    submitted = np.array(day * 1440 + at.hour * 60 + at.minute)
    assert hours_until(NINE_TO_FIVE, submitted, np.array(1)) == pytest.approx(hours + 1 / 60), "a minute's own work"


def test_work_is_done_in_open_minutes_only() -> None:
    waits = hours_until(NINE_TO_FIVE, np.array([9 * 60, 16 * 60 + 30, 17 * 60]), np.array(60))
    assert waits.tolist() == [1.0, 0.5 + 16 + 0.5, 17.0], "half an hour today, half an hour tomorrow"


WINDOWS = st.lists(
    st.builds(
        lambda day, start, end: window(day, f"{start:02}:00", f"{end:02}:30"),
        st.sampled_from(["Monday", "Thursday", "Sunday", "Weekdays", "Weekend", "Everyday"]),
        st.integers(0, 23),
        st.integers(0, 23),
    ),
    min_size=1,
    max_size=4,
).map(tuple)


def walked(windows: tuple[Window, ...], minute: int) -> bool:
    """Whether a minute of the week lies in one of the windows, from the words of each window alone."""
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    groups = {"Weekdays": names[:5], "Weekend": names[5:], "Everyday": names}
    day, clock = names[minute // 1440], minute % 1440
    yesterday = names[minute // 1440 - 1]
    for one in windows:
        days = groups.get(one.day, (one.day,))
        start, end = one.start.hour * 60 + one.start.minute, one.end.hour * 60 + one.end.minute
        across = end <= start
        if day in days and (clock >= start if across else start <= clock < end):
            return True
        if across and yesterday in days and clock < end:
            return True
    return False


@settings(max_examples=60, deadline=None)
@given(WINDOWS, st.integers(0, WEEK - 1), st.integers(1, 6000))
def test_the_wait_is_what_walking_the_minutes_gives(windows: tuple[Window, ...], submitted: int, work: int) -> None:
    open_ = [walked(windows, minute) for minute in range(WEEK)]
    minute, left = submitted, work
    while left:
        left -= open_[minute % WEEK]
        minute += 1
    assert float(hours_until(windows, np.array(submitted), np.array(work))) * 60 == pytest.approx(minute - submitted)


@settings(max_examples=40, deadline=None)
@given(WINDOWS, st.integers(0, WEEK - 1), st.integers(1, 30_000))
def test_open_hours_are_counted_minute_by_minute(windows: tuple[Window, ...], start: int, length: int) -> None:
    begin = MONDAY + timedelta(minutes=start)
    counted = sum(walked(windows, minute % WEEK) for minute in range(start, start + length))
    assert open_hours(windows, begin, begin + timedelta(minutes=length)) * 60 == pytest.approx(max(1, counted))


def garnet(windows: tuple[Window, ...] = NINE_TO_FIVE) -> Device:
    return device("iqm-garnet").model_copy(update={"windows": windows})


def past(hours: float, number: int, **told: object) -> Past:
    """A job of an always open device, a day after the other."""
    created = MONDAY - timedelta(days=400 - number)
    return Past(f"run/0000/0000/{number}", "arn", created, created + timedelta(hours=hours), **told)  # type: ignore[arg-type]


def test_the_wait_is_that_of_a_simulated_queue() -> None:
    """Against draws: a rate around 30 jobs an open hour, 40 jobs in front, submitted at any minute of a day."""
    rng = np.random.default_rng(0)
    rates = 30 * np.exp(np.log(3) / 1.2815515655 * rng.normal(size=20_000))
    submitted = 9 * 60 + rng.integers(0, 1440, 20_000)
    open_ = open_minutes(NINE_TO_FIVE)
    done = np.empty(20_000)
    for place, (start, rate) in enumerate(zip(submitted, rates, strict=True)):
        ahead = np.flatnonzero(np.roll(open_, -start % WEEK) if start % WEEK else open_)
        left = int(np.ceil(41 / rate * 60))
        done[place] = (ahead[(left - 1) % len(ahead)] + (left - 1) // len(ahead) * WEEK + 1) / 60
    waits = forecast_wait(garnet(), MONDAY.replace(hour=9), 24, Depth(40, False), ())
    for measure, share in ((waits.p10, 0.1), (waits.p50, 0.5), (waits.p90, 0.9)):
        assert measure.value == pytest.approx(np.quantile(done, share), rel=0.05), share
    assert (waits.p50.low, waits.p50.high) == (waits.p10.value, waits.p90.value)


def test_a_forecast_says_what_it_rests_on() -> None:
    open_ = forecast_wait(garnet(), MONDAY, 72, Depth(12, False), ())
    assert open_.p90.method == (
        "uncalibrated (0 of 35 jobs scored); submitted in the next 72 hours, execution windows, 12 in front,"
        " 30 jobs an open hour assumed, right to a factor of three"
    )
    assert not open_.queue.lower_bound
    assert (
        "at least 4,000 in front (a lower bound)" in forecast_wait(garnet(), MONDAY, 1, depth(">4000"), ()).p90.method
    )
    alone = forecast_wait(garnet(), MONDAY, 0, None, ())
    assert (alone.queue.depth, alone.queue.lower_bound) == (None, True)
    assert "submitted now, execution windows, nobody counted in front (a lower bound)" in alone.p90.method


@pytest.mark.parametrize(
    ("text", "found"),
    [("12", Depth(12, False)), (">4000", Depth(4000, True)), (" > 2000 ", Depth(2000, True)), (None, None)],
)
def test_a_depth_is_read_as_it_is_worded(text: str | None, found: Depth | None) -> None:
    assert depth(text) == found


@pytest.mark.parametrize("text", ["", "many", "-1", "12.5", "<5"])
def test_a_depth_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(QpilotError, match="a number like 12 or >4000 is required"):
        depth(text)


@settings(max_examples=30, deadline=None)
@given(WINDOWS, st.integers(0, 5000), st.integers(0, 5000), st.integers(0, WEEK - 1))
def test_more_jobs_in_front_never_shorten_the_wait(
    windows: tuple[Window, ...], fewer: int, more: int, minute: int
) -> None:
    now = MONDAY + timedelta(minutes=minute)
    short, long = (forecast_wait(garnet(windows), now, 0, Depth(jobs, False), ()) for jobs in sorted((fewer, more)))
    assert 0 < short.p10.value <= short.p50.value <= short.p90.value
    assert short.p50.value <= long.p50.value
    assert short.p90.value <= long.p90.value


def test_the_time_zone_is_taken_into_account() -> None:
    noon_in_utc = MONDAY.replace(hour=21).astimezone(timezone(timedelta(hours=9)))
    assert forecast_wait(garnet(), noon_in_utc, 0, None, ()).p50.value == pytest.approx(12.0, abs=0.1)
    with pytest.raises(ValueError, match="needs a time zone"):
        forecast_wait(garnet(), MONDAY.replace(tzinfo=None), 24, None, ())


def test_unknown_windows_leave_the_wait_unknown_until_there_is_history() -> None:
    blank = device("rigetti-cepheus").model_copy(update={"windows": ()})
    waits = forecast_wait(blank, MONDAY, 24, Depth(3, False), ())
    assert all(math.isnan(measure.value) for measure in (waits.p10, waits.p50, waits.p90))
    assert predicted_wait(blank, MONDAY, 3, ()) is None
    with pytest.raises(ValueError, match="no execution window"):
        hours_until((), np.array(0), np.array(1))
    seen = [past(2.0, number) for number in range(LEAST)]
    assert forecast_wait(blank, MONDAY, 24, None, seen).p50.value == pytest.approx(2.0, abs=1 / 60)


def test_the_rate_is_learned_from_jobs_whose_queue_was_counted() -> None:
    assert service_rate(garnet(ALWAYS), ()).source == "30 jobs an open hour assumed, right to a factor of three"
    slow = service_rate(garnet(ALWAYS), [past(10.0, number, depth=59) for number in range(20)])
    assert 6 <= slow.jobs < 7, "six an hour, drawn to the assumed thirty by the weight of one job"
    assert slow.spread < service_rate(garnet(ALWAYS), ()).spread
    assert slow.source == f"{slow.jobs:.3g} jobs an open hour, learned from 20 jobs of this device"


def test_only_open_hours_count_for_the_rate() -> None:
    """Created on Friday at 16:30 with 29 in front, done on Monday at 09:30: an hour of work, thirty jobs."""
    friday = MONDAY - timedelta(days=3)
    job = Past("r/0/0/1", "arn", friday.replace(hour=16, minute=30), MONDAY.replace(hour=9, minute=30), depth=29)
    assert service_rate(garnet(), [job] * 5).jobs == pytest.approx(30)


def test_a_forecast_is_uncalibrated_below_35_jobs() -> None:
    seen = [past(5.0, number, depth=0) for number in range(LEAST)]
    before, after = (forecast_wait(garnet(ALWAYS), MONDAY, 0, Depth(0, False), seen[:n]) for n in (LEAST - 1, LEAST))
    assert (before.queue.calibrated, after.queue.calibrated) == (False, True)
    assert "uncalibrated (34 of 35 jobs scored)" in before.p50.method
    assert "calibrated on the latest of 35 jobs" in after.p50.method
    assert after.p50.value == pytest.approx(5.0, abs=0.05)
    assert forecast_wait(garnet(ALWAYS), MONDAY, 0, None, seen).queue.lower_bound is False, "history speaks"


def test_misses_of_issued_intervals_widen_the_next_one() -> None:
    """The same jobs, once inside and once outside the intervals that were issued for them."""
    took = np.random.default_rng(2).lognormal(1, 0.5, 60)
    wide, narrow = (
        forecast_wait(
            garnet(ALWAYS),
            MONDAY,
            0,
            None,
            [past(float(h), n, low=h + by, median=h, high=h + 1, calibrated=True) for n, h in enumerate(took)],
        )
        for by in (0.5, -0.5)
    )
    assert wide.queue.level == pytest.approx(0.2 - 60 * 0.05 * 0.8)
    assert narrow.queue.level == pytest.approx(0.2 + 60 * 0.05 * 0.2)
    assert wide.p90.value > narrow.p90.value
    assert wide.p10.value < narrow.p10.value
    assert wide.p50.value == narrow.p50.value
    before = [past(float(h), n, low=h + 0.5, median=h, high=h + 1) for n, h in enumerate(took)]
    assert forecast_wait(garnet(ALWAYS), MONDAY, 0, None, before).queue.level == 0.2, "uncalibrated ones teach nothing"


def test_what_is_stored_is_what_was_forecast() -> None:
    rng = np.random.default_rng(1)
    for seen in ((), [past(float(hours), n, depth=4) for n, hours in enumerate(rng.lognormal(1, 0.6, 60))]):
        stored = predicted_wait(garnet(), MONDAY, 7, seen)
        waits = forecast_wait(garnet(), MONDAY, 0, Depth(7, False), seen)
        assert stored is not None
        assert [stored[name] for name in ("low", "median", "high")] == [
            waits.p10.value,
            waits.p50.value,
            waits.p90.value,
        ]
        assert (stored["depth"], stored["calibrated"]) == (7, bool(seen))
        kept = stored["quantiles"]
        assert isinstance(kept, list)
        assert (kept[1], kept[9], kept[17]) == pytest.approx((stored["low"], stored["median"], stored["high"]))
        assert json.loads(json.dumps(stored)) == stored


@pytest.mark.parametrize("name", DEVICES)
def test_every_shipped_device_with_windows_starts_within_a_week(name: str) -> None:
    if device(name).windows:
        assert np.max(hours_until(device(name).windows, np.arange(WEEK), np.array(1))) < 7 * 24
