"""How long work waits: a device's execution windows (UTC), and the queue in front where its depth is known."""

from datetime import UTC, datetime, time

import numpy as np
from numpy.typing import NDArray

from gates.records import Measure
from qpilot.devices import Device, Window

DAY = 24 * 60
WEEK = 7 * DAY
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAMED = {"Everyday": _DAYS, "Weekdays": _DAYS[:5], "Weekend": _DAYS[5:]}


def open_minutes(windows: tuple[Window, ...]) -> NDArray[np.bool_]:
    """Which minutes of the week (10080,), from Monday 00:00 UTC, the device executes in.

    A window that ends at or before its start ends on the next day; Sunday's runs on into Monday.
    """
    open_ = np.zeros(WEEK, dtype=np.bool_)
    for window in windows:
        start, end = _minute(window.start, up=False), _minute(window.end, up=True)
        length = end - start if window.end > window.start else end - start + DAY
        for day in _NAMED.get(window.day, (window.day,)):
            first = _DAYS.index(day) * DAY + start
            open_[np.arange(first, first + length) % WEEK] = True
    return open_


def wait_hours(windows: tuple[Window, ...], ahead_minutes: int = 0) -> NDArray[np.float64]:
    """Hours (10080,) until work submitted in each minute of the week starts, after `ahead_minutes` of others' work.

    Others' work is done in open minutes only. Raises ValueError where there is no open minute.
    """
    minutes = np.flatnonzero(open_minutes(windows))
    if not len(minutes):
        raise ValueError("the device has no execution window: no wait can be forecast")
    weeks = 2 + ahead_minutes // len(minutes)
    ahead = np.concatenate([minutes + week * WEEK for week in range(weeks)])
    submitted = np.arange(WEEK)
    start = ahead[np.searchsorted(ahead, submitted) + ahead_minutes]
    return np.asarray((start - submitted) / 60, dtype=np.float64)


def forecast_wait(
    device: Device, now: datetime, horizon_hours: float, ahead_minutes: int | None = None
) -> tuple[Measure, Measure]:
    """P50 and P90 of the wait (hours) of work submitted at any time from `now` (aware) to `horizon_hours` later.

    The submission time is open, since a person approves in between. Without `ahead_minutes` (open minutes of work in
    the queue) the windows alone are forecast: a lower bound. Uncalibrated: no observed wait has gone into it.
    """
    if now.tzinfo is None:
        raise ValueError("the time of a wait forecast needs a time zone")
    if not device.windows:
        missing = Measure.missing(f"the execution windows of {device.name} are not known", "hours")
        return missing, missing
    utc = now.astimezone(UTC)
    first = utc.weekday() * DAY + utc.hour * 60 + utc.minute
    span = np.arange(first, first + max(1, round(horizon_hours * 60))) % WEEK
    waits = wait_hours(device.windows, ahead_minutes or 0)[span]
    left_out = (
        "the queue itself left out: its depth is not known" if ahead_minutes is None else "queue at its depth now"
    )
    method = f"uncalibrated; execution windows over submission in the next {horizon_hours:g} hours, {left_out}"
    low, high = float(waits.min()), float(waits.max())
    p50, p90 = (float(np.quantile(waits, share)) for share in (0.5, 0.9))
    return (
        Measure(value=p50, low=low, high=high, n=len(waits), unit="hours", method=method),
        Measure(value=p90, low=low, high=high, n=len(waits), unit="hours", method=method),
    )


def _minute(moment: time, up: bool) -> int:
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return -(-seconds // 60) if up else seconds // 60
