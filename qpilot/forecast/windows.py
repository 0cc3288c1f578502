"""When a device executes: minutes of the week, and how long work takes that is done in those minutes only."""

from datetime import UTC, datetime, time
from functools import cache

import numpy as np
from numpy.typing import NDArray

from qpilot.devices import Window

DAY = 24 * 60
WEEK = 7 * DAY
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAMED = {"Everyday": _DAYS, "Weekdays": _DAYS[:5], "Weekend": _DAYS[5:]}

Minutes = NDArray[np.int64]


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


@cache
def _calendar(windows: tuple[Window, ...]) -> tuple[Minutes, Minutes]:
    """The open minutes of a week (n_open,), and how many are open before each minute (10081,)."""
    open_ = open_minutes(windows)
    return np.flatnonzero(open_), np.concatenate([[0], np.cumsum(open_)])


def hours_until(windows: tuple[Window, ...], submitted: Minutes, work: Minutes) -> NDArray[np.float64]:
    """Hours until `work` open minutes (at least 1) have passed since each `submitted` minute of the week.

    The two broadcast. Raises ValueError where there is no open minute.
    """
    minutes, _ = _calendar(windows)
    if not len(minutes):
        raise ValueError("the device has no execution window: no wait can be forecast")
    last = np.searchsorted(minutes, submitted) + np.maximum(work, 1) - 1
    weeks, place = np.divmod(last, len(minutes))
    return np.asarray((minutes[place] + weeks * WEEK + 1 - submitted) / 60, dtype=np.float64)


def open_hours(windows: tuple[Window, ...], start: datetime, end: datetime) -> float:
    """Hours between two aware moments that lie in the windows, to the minute and at least one of them."""
    minutes, before = _calendar(windows)
    first = minute_of_week(start)
    weeks, last = divmod(first + max(1, round((end - start).total_seconds() / 60)), WEEK)
    return max(1, weeks * len(minutes) + int(before[last] - before[first])) / 60


def minute_of_week(moment: datetime) -> int:
    """Minutes since Monday 00:00 UTC. Raises ValueError where `moment` has no time zone."""
    if moment.tzinfo is None:
        raise ValueError("the time of a wait forecast needs a time zone")
    utc = moment.astimezone(UTC)
    return utc.weekday() * DAY + utc.hour * 60 + utc.minute


def _minute(moment: time, up: bool) -> int:
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return -(-seconds // 60) if up else seconds // 60
