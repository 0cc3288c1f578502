"""How long work waits, as a distribution: execution windows (UTC), the queue in front, and how fast it moves.

Until 35 jobs of a device have been scored this is a model ("uncalibrated"); from then on, what it promised and what
came are compared, and the spread is that of the latest jobs (qpilot.forecast.calibration).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue
from scipy.stats import norm

from gates.queue import Queue
from gates.records import Measure
from gates.wording import plural
from qpilot.devices import Device, Window
from qpilot.errors import QpilotError
from qpilot.forecast import calibration
from qpilot.forecast.history import Past
from qpilot.forecast.windows import WEEK, hours_until, minute_of_week, open_hours

JOBS_PER_OPEN_HOUR = 30.0
"""Assumed where nothing is known of a device: a job each two minutes, right to a factor of three in 8 cases of 10."""
SPREAD = math.log(3) / norm.ppf(0.9)
ALWAYS = (Window(day="Everyday", start=time(0), end=time(0)),)
SUBMISSIONS = 300
GRID = 201

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Depth:
    """Jobs waiting at a device. `at_least`: the vendor stopped counting there."""

    jobs: int
    at_least: bool


@dataclass(frozen=True)
class Rate:
    """Jobs an open hour: the median, the spread (standard deviation of its log), and where they come from."""

    jobs: float
    spread: float
    source: str


@runtime_checkable
class Queued(Protocol):
    """A backend whose work waits behind that of others."""

    def queue_depth(self) -> str | None:
        """How many tasks wait, as the vendor words it ("12", ">4000"); None where it does not say."""
        ...


@dataclass(frozen=True)
class Waits:
    """The wait (hours, until work is done) at the 10th, 50th and 90th percentile, and what it rests on."""

    p10: Measure
    p50: Measure
    p90: Measure
    queue: Queue


def depth(text: str | None) -> Depth | None:
    """The depth a vendor words as "12" or ">4000"; None of None. Raises QpilotError for anything else."""
    if text is None:
        return None
    found = re.fullmatch(r"\s*(>?)\s*(\d+)\s*", text)
    if found is None:
        raise QpilotError(f"a queue depth of {text!r} was answered; a number like 12 or >4000 is required")
    return Depth(int(found[2]), bool(found[1]))


def service_rate(device: Device, past: Sequence[Past]) -> Rate:
    """How fast the queue of `device` moves: learned from earlier jobs, else assumed.

    Each job did the work of those in front and its own in the open hours it took. The assumption weighs as much as one
    job; the spread is that between jobs.
    """
    windows = device.windows or ALWAYS
    seen = [
        math.log(_reference(one.depth) / open_hours(windows, one.created, one.ended))
        for one in past[-calibration.ROLLING :]
    ]
    if not seen:
        assumed = f"{JOBS_PER_OPEN_HOUR:g} jobs an open hour assumed, right to a factor of three"
        return Rate(JOBS_PER_OPEN_HOUR, SPREAD, assumed)
    logs = np.array([0.0, *seen])
    spread = float(np.sqrt((SPREAD**2 + np.sum((logs - logs.mean()) ** 2)) / len(logs)))
    jobs = JOBS_PER_OPEN_HOUR * float(np.exp(logs.mean()))
    return Rate(jobs, spread, f"{jobs:.3g} jobs an open hour, learned from {plural(len(seen), 'job')} of this device")


def forecast_wait(
    device: Device, now: datetime, horizon_hours: float, waiting: Depth | None, past: Sequence[Past]
) -> Waits:
    """The wait of work submitted at any time from `now` (aware) to `horizon_hours` later.

    The submission time is open where a person approves in between; the queue is taken to be as deep then as now. An
    unknown or uncounted depth makes the wait a lower bound until the history speaks. Measures are missing where neither
    windows nor history are known; their interval runs from P10 to P90.
    """
    first = minute_of_week(now)
    span = max(1, round(horizon_hours * 60))
    minutes = first + np.unique(np.linspace(0, span - 1, min(span, SUBMISSIONS)).round().astype(np.int64))
    rate = service_rate(device, past)
    calibrated = len(past) >= calibration.LEAST
    level = calibration.adapted(one.missed for one in past if one.calibrated) if calibrated else calibration.MISSES
    queue = Queue(
        depth=None if waiting is None else waiting.jobs,
        lower_bound=not calibrated and (waiting is None or waiting.at_least),
        jobs_per_open_hour=rate.jobs,
        rate=rate.source,
        scored=len(past),
        calibrated=calibrated,
        level=level,
    )
    if not (device.windows or calibrated):
        missing = Measure.missing(f"the execution windows of {device.name} are not known", "hours")
        return Waits(missing, missing, missing, queue)
    low, high = calibration.ends(level)
    waits = _waits(device, minutes, waiting, past, rate)
    p10, p50, p90 = (float(value) for value in np.quantile(waits, (low, 0.5, high)))
    method = _method(queue, horizon_hours, waiting)
    low_, middle_, high_ = (
        Measure(value=value, low=p10, high=p90, n=len(past), unit="hours", method=method) for value in (p10, p50, p90)
    )
    return Waits(low_, middle_, high_, queue)


def predicted_wait(
    device: Device, now: datetime, depth: int | None, history: Sequence[Past]
) -> dict[str, JsonValue] | None:
    """The wait of a task submitted now, as it is kept to be scored later; None where nothing is known.

    low, median, high: hours until it is done, at P10, P50 and P90; quantiles: at `calibration.LEVELS`.
    """
    waiting = None if depth is None else Depth(depth, False)
    found = forecast_wait(device, now, 0, waiting, history)
    if math.isnan(found.p50.value):
        return None
    waits = _waits(device, np.array([minute_of_week(now)]), waiting, history, service_rate(device, history))
    return {
        "low": found.p10.value,
        "median": found.p50.value,
        "high": found.p90.value,
        "depth": depth,
        "calibrated": found.queue.calibrated,
        "quantiles": [float(value) for value in np.quantile(waits, calibration.LEVELS)],
    }


def _waits(
    device: Device, minutes: NDArray[np.int64], waiting: Depth | None, past: Sequence[Past], rate: Rate
) -> Floats:
    """Hours (n_minutes, 201) until work submitted in those minutes is done: a row each, equally likely values in it.

    The work in front and its own, in open hours, pushed through the windows; a device without known windows counts as
    open all the time.
    """
    if len(past) >= calibration.LEAST:
        slowness = calibration.quantiles(_slowness(device, past), np.linspace(0, 1, GRID))
        work = calibration.hours(_reference(None if waiting is None else waiting.jobs), slowness)
    else:
        jobs = 1 + (0 if waiting is None else waiting.jobs)
        work = jobs / rate.jobs * np.exp(rate.spread * norm.ppf((np.arange(GRID) + 0.5) / GRID))
    ahead = np.ceil(work * 60).astype(np.int64)
    return hours_until(device.windows or ALWAYS, minutes[:, None] % WEEK, ahead[None, :])


def _reference(depth: int | None) -> float:
    """Open hours a job would take at the assumed rate: what every job's own are held against."""
    return (1 + (depth or 0)) / JOBS_PER_OPEN_HOUR


def _slowness(device: Device, past: Sequence[Past]) -> list[float]:
    """log of the open hours each of the latest jobs took over those it would have taken at the assumed rate."""
    windows = device.windows or ALWAYS
    return [
        calibration.ratio(open_hours(windows, one.created, one.ended), _reference(one.depth))
        for one in past[-calibration.ROLLING :]
    ]


def _method(queue: Queue, horizon_hours: float, waiting: Depth | None) -> str:
    when = "submitted now" if horizon_hours * 60 < 1 else f"submitted in the next {horizon_hours:g} hours"
    if queue.calibrated:
        return f"{when}; calibrated on the latest of {queue.scored} jobs, windows and queue taken into account"
    jobs = (
        "nobody counted in front" if waiting is None else f"{'at least ' * waiting.at_least}{waiting.jobs:,} in front"
    )
    more = " (a lower bound)" if queue.lower_bound else ""
    return (
        f"uncalibrated ({queue.scored} of {calibration.LEAST} jobs scored); {when}, execution windows, {jobs}{more},"
        f" {queue.rate}"
    )
