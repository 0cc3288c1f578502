"""Which execution window a batch belongs to, and whether that window is open."""

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from qpilot.devices import Window

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAMED = {"Everyday": _DAYS, "Weekdays": _DAYS[:5], "Weekend": _DAYS[5:]}
_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)


class Opening(NamedTuple):
    """One stretch in which the device executes, in UTC."""

    opens: datetime
    closes: datetime


def window_of(number: int, batches: int, windows: int) -> int:
    """Which of `windows` the batch `number` of `batches` planned ones belongs to; later batches stay in the last."""
    return min(number * windows // max(batches, 1), windows - 1)


def opening(windows: tuple[Window, ...], moment: datetime) -> Opening:
    """The stretch that `moment` (aware) lies in, or the next one after it.

    Two listed windows that meet (as they must at midnight) are one stretch while it is no longer than a day; a device that
    never closes so has a window a day. Raises ValueError where there are no windows.
    """
    utc = moment.astimezone(UTC)
    found = [one for one in _stretches(windows, utc) if one.closes > utc]
    if not found:
        raise ValueError("the device has no execution window: nothing can be spread over windows")
    return found[0]


def opens_after(windows: tuple[Window, ...], before: datetime, now: datetime) -> datetime | None:
    """When the first window opens that is a later one than that of `before`; None where one is open `now`."""
    used = opening(windows, before)
    current = opening(windows, now)
    if current.opens <= used.opens:
        current = opening(windows, max(used.closes, now))
    return None if current.opens <= now.astimezone(UTC) else current.opens


def spoken(moment: datetime) -> str:
    """ "Tuesday 2026-11-24 08:00 UTC"."""
    utc = moment.astimezone(UTC)
    return f"{_DAYS[utc.weekday()]} {utc:%Y-%m-%d %H:%M} UTC"


def _stretches(windows: tuple[Window, ...], around: datetime) -> list[Opening]:
    """Every stretch from the week before `around` to the second after it, in order."""
    midnight = datetime.combine(around.date(), time(), UTC)
    monday = midnight - around.weekday() * _DAY
    listed = []
    for window in windows:
        start, end = _offset(window.start), _offset(window.end)
        length = end - start if end > start else end - start + _DAY
        for day in _NAMED.get(window.day, (window.day,)):
            first = monday + _DAYS.index(day) * _DAY + start
            listed += [Opening(first + week * _WEEK, first + week * _WEEK + length) for week in (-1, 0, 1, 2)]
    merged: list[Opening] = []
    for one in sorted(listed):
        last = merged[-1] if merged else None
        if last is not None and one.opens < last.closes:
            merged[-1] = Opening(last.opens, max(last.closes, one.closes))
        elif last is not None and one.opens == last.closes and one.closes - last.opens <= _DAY:
            merged[-1] = Opening(last.opens, one.closes)
        else:
            merged.append(one)
    return merged


def _offset(moment: time) -> timedelta:
    """Time since midnight, up to the full minute: 23:59:59 is the end of the day."""
    minutes = moment.hour * 60 + moment.minute + (moment.second > 0)
    return timedelta(minutes=minutes)
