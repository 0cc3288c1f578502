"""What the hardware stage will cost: the price is exact, the stopping time is simulated with the betting engine."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

import numpy as np
from numpy.typing import NDArray

from gates.grading import Grades
from gates.hardware import HardwarePolicy
from gates.money import Spend
from gates.records import Measure
from gates.statistics import betting
from qpilot.backend import Quote
from qpilot.pilot import Hardware

CENT = Decimal("0.01")
DRAWS = 400
CELLS = 4_000_000  # draws times points held in memory at once

Points = NDArray[np.int64]
Floats = NDArray[np.float64]


def plausible_gaps(loss: Measure, margin: float, draws: int, seed: int) -> NDArray[np.float64]:
    """Gaps (draws,) between simulator and device, fractions of accuracy or score, that the stage may meet.

    Normal around the emulated loss with the width of its 95 % interval; every other one is larger by up to `margin`,
    for what device figures leave out (drift, crosstalk, idle decay).
    """
    rng = np.random.default_rng([seed, 8])
    gaps = rng.normal(loss.value, (loss.high - loss.low) / (2 * 1.96), draws)
    unknown = rng.uniform(0, margin, draws)
    unknown[::2] = 0
    return np.clip(gaps + unknown, -1, 1)


def stopping_points(
    population: int,
    planned: int,
    batch: int,
    policy: HardwarePolicy,
    gaps: NDArray[np.float64],
    moved: float | Floats,
    seed: int,
) -> Points:
    """Points measured (draws,) before the stage stops, at each of `gaps`; looked at after every batch.

    It stops at a NO_GO at once, at a GO once `planned` points are measured, and with all `population` points. `moved`:
    see `moves`.
    """
    rng = np.random.default_rng([seed, 9])
    drawn = (
        _shifted(population, gaps, moved, rng)
        if isinstance(moved, np.ndarray)
        else _ordered(population, gaps, moved, rng)
    )
    go, no_go = betting.crossings(drawn, population, policy.margin, policy.alpha)
    to_batch_end = [np.minimum(-(-stop // batch) * batch, population) for stop in (np.maximum(go, planned), no_go)]
    return np.asarray(np.minimum(*to_batch_end), dtype=np.int64)


def moves(device: Grades, simulator: Grades) -> float | Floats:
    """How device and simulator differ from point to point, from their grades (n_points,).

    Of classes the share of points on which they disagree, one at least; of a quantity the differences, (n_points,).
    """
    if device.dtype == np.bool_:
        return max(float(np.mean(device != simulator)), 1 / len(device))
    return np.asarray(device - simulator, dtype=np.float64)


def _ordered(population: int, gaps: Floats, churn: float, rng: np.random.Generator) -> Points:
    """(draws, population): -1, 0 or 1 a point in random order, as many as make each gap and disagree on `churn` of them."""
    moving = np.maximum(churn, abs(gaps))
    worse = np.rint(population * (moving + gaps) / 2).astype(np.int64)
    better = np.rint(population * (moving - gaps) / 2).astype(np.int64)
    places = np.arange(population)
    ordered = np.where(places < worse[:, None], -1, np.where(places < (worse + better)[:, None], 1, 0))
    return np.asarray(rng.permuted(ordered, axis=1), dtype=np.int64)


def _shifted(population: int, gaps: Floats, seen: Floats, rng: np.random.Generator) -> Floats:
    """(draws, population): differences as they were `seen`, (n_seen,), drawn anew and moved so that each gap is their mean."""
    drawn = rng.choice(seen, size=(len(gaps), population))
    return np.asarray(np.clip(drawn - seen.mean() - gaps[:, None], -1.0, 1.0))


def draws(population: int) -> int:
    """How many runs are simulated: 400, fewer where the population is large, 50 at least."""
    return max(50, min(DRAWS, CELLS // population))


@dataclass(frozen=True)
class Work:
    """What the hardware stage submits: batches of `batch` points, `settings` circuits each and `calibration` a batch.

    Where the calibration has changed before a batch, it carries `sentinels` points of the first batch once more.
    `attempts`: how often a task may be billed.
    """

    batch: int
    settings: int
    calibration: int
    sentinels: int = 0
    attempts: int = 1

    @classmethod
    def of(cls, hardware: Hardware, settings: int, calibration: int, emulated: bool) -> "Work":
        """What the pilot asks for; on an emulator no task fails and no calibration changes."""
        sentinels, attempts = (0, 1) if emulated else (hardware.sentinels, 1 + hardware.retries)
        return cls(hardware.batch, settings, calibration, sentinels, attempts)

    def circuits(self, points: int, again: int = 0) -> int:
        """Circuits of a batch of `points` points that carries `again` sentinels."""
        return (points + again) * self.settings + self.calibration

    def carried(self, points: int) -> int:
        """Sentinels that a batch carries, in a stage of `points` points; the first batch has no more than it has points."""
        return min(self.sentinels, self.batch, points)

    def batches(self, points: int) -> int:
        """Batches of a stage of `points` points."""
        return -(-points // self.batch)


def dollars(points: int, work: Work, changes: int, quote: Callable[[int], Quote]) -> tuple[Decimal, Decimal]:
    """Charged dollars and the device's price for `points` points, batch by batch, each task billed once.

    changes: how often the calibration changes, before the second batch first. `quote(executables)` prices one submission.
    """
    whole, rest = divmod(points, work.batch)
    sizes = [work.batch] * whole + [rest] * (rest > 0)
    charged, device = Decimal(0), Decimal(0)
    for place, size in enumerate(sizes):
        again = work.carried(points) if 0 < place <= changes else 0
        priced = quote(work.circuits(size, again))
        charged += priced.charged_usd
        device += priced.device_usd
    return charged, device


def worst_dollars(points: int, work: Work, quote: Callable[[int], Quote]) -> tuple[Decimal, Decimal]:
    """Charged dollars and the device's price where everything goes wrong that is paid for.

    The calibration changes before every batch, and every task is billed at each of its attempts.
    """
    charged, device = dollars(points, work, work.batches(points), quote)
    return work.attempts * charged, work.attempts * device


def spend(
    points: Points, population: int, work: Work, changes: int, quote: Callable[[int], Quote]
) -> tuple[Spend, Spend]:
    """Charged and device dollars over the simulated stopping `points`; worst: see `worst_dollars`, of all points.

    P50 and P90 are prices of simulated runs (the run at or above the quantile) in which no task fails; the expectation
    is rounded up to cents. changes: of the calibration, in each of those runs.
    """
    prices = {int(number): dollars(int(number), work, changes, quote) for number in np.unique(points)}
    worst = worst_dollars(population, work, quote)
    ordered = np.sort(points)
    p50, p90 = (int(np.quantile(ordered, share, method="inverted_cdf")) for share in (0.5, 0.9))
    found = []
    for which in (0, 1):
        total = sum((prices[int(number)][which] for number in points), Decimal(0))
        found.append(
            Spend(
                expected=min((total / len(points)).quantize(CENT, rounding=ROUND_UP), worst[which]),
                p50=prices[p50][which],
                p90=prices[p90][which],
                worst=worst[which],
            )
        )
    return found[0], found[1]
