"""When a device executes next."""

from datetime import UTC, datetime, timedelta

from qpilot.devices import Device, Window

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_GROUPS = {"Everyday": _DAYS, "Weekdays": _DAYS[:5], "Weekend": _DAYS[5:]}


def opens(device: Device, now: float) -> float:
    """The first time from `now` on (seconds since 1970) inside a window; `now` where the device names no windows."""
    at = datetime.fromtimestamp(now, UTC)
    if not device.windows:
        return now
    spans = [
        span
        for ahead in range(-1, 9)
        for window in device.windows
        if (span := _span(window, at + timedelta(days=ahead))) is not None and at < span[1]
    ]
    return max(now, min(start for start, _ in spans).timestamp())


def _span(window: Window, day: datetime) -> tuple[datetime, datetime] | None:
    """The window that begins on that day, None where none does."""
    if _DAYS[day.weekday()] not in _GROUPS.get(window.day, (window.day,)):
        return None
    start = datetime.combine(day.date(), window.start, UTC)
    end = datetime.combine(day.date(), window.end, UTC)
    return start, end if end > start else end + timedelta(days=1)
