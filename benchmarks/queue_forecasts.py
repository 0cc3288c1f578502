"""How well queue forecasts hold when the queue changes: coverage of the 80 % interval, pinball loss and CRPS.

Jobs follow each other on a device that is always open; each is forecast by `predicted_wait` from the jobs that ended before
it, with nothing patched and no other source of numbers. Their waits are log-normal. Forecasts of the same jobs: static (the
quantiles of the first 100 jobs, for ever), rolling (the quantiles of the latest 100, or 50), and what the project issues: those
of the latest 50 at a level that adapts.
Run: OMP_NUM_THREADS=1 python benchmarks/queue_forecasts.py [--series 40]
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from qpilot.devices import device
from qpilot.forecast.calibration import LEAST, LEVELS, MISSES, ROLLING, crps, ends, hours, pinball, quantiles, ratio
from qpilot.forecast.history import Past
from qpilot.forecast.queue import ALWAYS, predicted_wait

START = datetime(2026, 1, 1, tzinfo=UTC)
MACHINE = device("iqm-garnet").model_copy(update={"windows": ALWAYS})
MEDIAN_HOURS, SPREAD = 4.0, 0.83
BEFORE, AFTER = 150, 100
TRAINED = 100

Floats = NDArray[np.float64]
Interval = tuple[float, float, float]

SCENARIOS: dict[str, Callable[[Floats, np.random.Generator], Floats]] = {
    "no change": lambda place, rng: np.zeros(len(place)),
    "2.7 times longer at once": lambda place, rng: np.where(place >= BEFORE, np.log(2.7), 0.0),
    "2.7 times shorter at once": lambda place, rng: np.where(place >= BEFORE, -np.log(2.7), 0.0),
    "2.7 times longer over 100 jobs": lambda place, rng: np.log(2.7) * np.clip((place - BEFORE) / AFTER, 0, 1),
    "a random walk": lambda place, rng: np.cumsum(rng.normal(0, 0.08, len(place))),
}


@dataclass
class Scores:
    """What one way of forecasting did on the jobs that are scored."""

    inside: list[bool] = field(default_factory=list)
    pinballs: list[float] = field(default_factory=list)
    crps: list[float] = field(default_factory=list)

    def add(self, came: float, interval: Interval, at_levels: Floats) -> None:
        self.inside.append(interval[0] <= came <= interval[2])
        self.pinballs += [pinball(came, value, p) for value, p in zip(interval, (0.1, 0.5, 0.9), strict=True)]
        self.crps.append(crps(came, [float(value) for value in at_levels]))


def forecast(seen: list[float], window: int) -> tuple[Interval, Floats]:
    """The 80 % interval and the quantiles by the project's own rule, from the latest ratios of earlier jobs."""
    low, high = ends(MISSES)
    interval = hours(REFERENCE, quantiles(seen, (low, 0.5, high), window))
    return cast(Interval, tuple(map(float, interval))), hours(REFERENCE, quantiles(seen, LEVELS, window))


REFERENCE = 1 / 30


def series(waits: Floats) -> dict[str, Scores]:
    """Scores of the jobs from `BEFORE` on."""
    found = {name: Scores() for name in ("static", "rolling, 100 jobs", "rolling, 50 jobs", "50 jobs, adaptive")}
    past: list[Past] = []
    ratios: list[float] = []
    for place, came in enumerate(waits):
        created = START + timedelta(days=place)
        told: Any = predicted_wait(MACHINE, created, None, past)
        if place >= BEFORE:
            found["static"].add(came, *forecast(ratios[:TRAINED], TRAINED))
            found["rolling, 100 jobs"].add(came, *forecast(ratios, TRAINED))
            found["rolling, 50 jobs"].add(came, *forecast(ratios, ROLLING))
            found["50 jobs, adaptive"].add(
                came, (told["low"], told["median"], told["high"]), np.array(told["quantiles"])
            )
        kept = {name: told[name] for name in ("low", "median", "high", "depth", "calibrated")}
        past.append(Past(f"r/0/0/{place}", MACHINE.arn, created, created + timedelta(hours=float(came)), **kept))
        ratios.append(ratio(float(came), REFERENCE))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=40, help="independent series a scenario")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    began = time.perf_counter()
    print(
        f"{asked.series} series; jobs {BEFORE + 1} to {BEFORE + AFTER} are scored; waits log-normal, median {MEDIAN_HOURS:g} h,"
        f" spread {SPREAD:g}; uncalibrated below {LEAST} jobs"
    )
    for name, shift in SCENARIOS.items():
        total: dict[str, Scores] = {}
        for number in range(asked.series):
            rng = np.random.default_rng([asked.seed, number])
            drift = shift(np.arange(BEFORE + AFTER, dtype=np.float64), rng)
            waits = MEDIAN_HOURS * np.exp(drift + SPREAD * rng.normal(size=BEFORE + AFTER))
            for way, scores in series(waits).items():
                kept = total.setdefault(way, Scores())
                kept.inside += scores.inside
                kept.pinballs += scores.pinballs
                kept.crps += scores.crps
        print(f"\n{name}")
        for way, scores in total.items():
            losses = np.mean(np.array(scores.pinballs).reshape(-1, 3), axis=0)
            print(
                f"  {way:20} coverage {100 * np.mean(scores.inside):5.1f} %   pinball"
                f" {losses[0]:.3f} / {losses[1]:.3f} / {losses[2]:.3f} h   CRPS {np.mean(scores.crps):.2f} h"
            )
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
