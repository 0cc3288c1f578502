"""Measures locked points on the device, batch by batch, until the sequential test is certain and promotion has its points."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.hardware import HardwareEvidence, HardwarePolicy
from gates.records import Outcome, digest
from gates.statistics import betting, intervals
from gates.wording import dollars, plural
from qpilot.approval.grants import Grant
from qpilot.backend import Backend, Batch
from qpilot.data.table import Dataset
from qpilot.errors import Suspended, Unapproved
from qpilot.hardware.answers import answer, construct, differences, gap, graded
from qpilot.hardware.calibrations import carried
from qpilot.hardware.explained import explained
from qpilot.hardware.pace import Pace
from qpilot.hardware.submission import Kept, measure, total
from qpilot.hardware.taken import Taken
from qpilot.job import Job, Progress, Stores
from qpilot.mitigation import MITIGATIONS, Mitigation
from qpilot.pilot import Pilot
from qpilot.prototype.fitted import Fitted
from qpilot.record.journal import Journal
from qpilot.spending.accounts import OverBudget, guard
from qpilot.spending.ledger import lines, totals
from qpilot.spending.purse import purse


@dataclass(frozen=True)
class Points:
    """Points in the random order they are drawn: raw features, the truth, and the wording of where they come from.

    X: (n_points, n_features); y: (n_points,), class indices, or values of a quantity; rows: (n_points,), places in the set
    they were drawn from.
    """

    X: NDArray[np.float64]
    y: NDArray[Any]
    rows: NDArray[np.int64]
    origin: str


@dataclass(frozen=True)
class Readings:
    """What the device and the simulator answered at each measured point, in the order drawn, (n_measured,) each.

    Class indices, int64, or values in the target's units, float64. `taken`: the batches, in order; none where the money did
    not last for one.
    """

    device: NDArray[Any]
    simulator: NDArray[Any]
    taken: tuple[Taken, ...]

    @property
    def counts(self) -> tuple[str, ...]:
        """The artifact of each batch."""
        return tuple(one.kept.artifact for one in self.taken)


def draw(X: NDArray[np.float64], y: NDArray[Any], most: int | None, seed: int, origin: str) -> Points:
    """At most `most` of the points, in an order that depends on `seed` alone."""
    rows = order(len(X), most, seed)
    return Points(X[rows], y[rows], rows, origin)


def order(number: int, most: int | None, seed: int) -> NDArray[np.int64]:
    """Places of at most `most` of `number` points, in the order they are drawn, which depends on `seed` alone."""
    return np.random.default_rng([seed, 3]).permutation(number)[:most]


def points(pilot: Pilot, rows: Dataset, opened: bool) -> Points:
    """The locked points in the order they are drawn; development points where the locked set stayed closed."""
    part, origin = (rows.locked, "locked") if opened else (rows.development, "development")
    return draw(part.X, part.y, pilot.hardware.points(len(rows.locked)), pilot.seed, origin)


def validate(
    job: Job,
    model: Fitted,
    points: Points,
    planned: int,
    shots: int,
    policy: HardwarePolicy,
    backend: Backend,
    mitigation: str,
    stores: Stores,
    progress: Progress,
    approved: Grant | None = None,
) -> tuple[HardwareEvidence, Readings]:
    """Device against simulator on `points`: stops at a NO_GO at once, at a GO once `planned` points are measured.

    A continued run takes the batches that stand in the journal and measures only what is missing. Where the pilot's own
    budget is used up the evidence holds what was measured. Raises Suspended where a later run can go on: an account that
    pilots share is used up, or the next batch belongs to a window that is not open yet; Unapproved where a person has to
    approve first, or again. approved: what a person approved.
    """
    work = _Work(job, model, points, planned, shots, mitigation, backend, stores, approved)
    population, simulator = len(points.y), model.predict(points.X)
    device = simulator[:0]
    taken: list[Taken] = []
    path: list[tuple[int, float, float]] = []
    pace = Pace(job.run, job.pilot.hardware, planned, backend, stores)
    stopped = "all points measured"
    while len(device) < population:
        try:
            one = _take(work, len(device), taken, pace)
        except OverBudget as refusal:
            if refusal.shared:
                kept = f"{plural(len(device), 'point')} of {population} measured and kept"
                raise Suspended(f"{refusal} ({kept})") from refusal
            stopped = f"the budget is used up: {refusal}"
            break
        except Unapproved as refusal:
            raise Unapproved(
                f"{refusal} ({plural(len(device), 'point')} of {population} measured and kept)"
            ) from refusal
        taken.append(one)
        device = np.concatenate([device, answer(model, one.kept, work.technique)[: one.points]])
        shown = differences(*graded(job.pilot.claim, device, simulator, points.y))
        for_go, for_no_go = betting.paths(shown, population, policy.margin)
        path.append((len(device), float(for_go[-1] / np.log(10)), float(for_no_go[-1] / np.log(10))))
        progress(len(device), population)
        outcome, _ = betting.sequential(shown, population, policy.margin, policy.alpha)
        if outcome is Outcome.NO_GO and len(device) < population:
            stopped = "certain that the device loses more than the margin"
            break
        if outcome is Outcome.GO and len(device) >= planned and len(device) < population:
            stopped = "certain that the device stays within the margin, with the points promotion needs"
            break
    readings = Readings(device, simulator[: len(device)], tuple(taken))
    return _evidence(work, readings, tuple(path), stopped, pace.notes), readings


@dataclass(frozen=True)
class _Work:
    """What the stage was asked to do, as `validate` takes it."""

    job: Job
    model: Fitted
    points: Points
    planned: int
    shots: int
    mitigation: str
    backend: Backend
    stores: Stores
    approved: Grant | None

    @property
    def technique(self) -> Mitigation:
        return MITIGATIONS[self.mitigation]


def _take(work: _Work, start: int, taken: list[Taken], pace: Pace) -> Taken:
    """The batch that begins with point `start`, and the sentinels where the calibration has changed."""
    job, X = work.job, work.points.X
    key = f"{job.run}/{len(taken):04d}"
    sentinels = carried(key, taken, job.pilot.hardware.sentinels, work.backend, work.stores)
    rows = np.concatenate([X[start : start + job.pilot.hardware.batch], X[:sentinels]])
    batch = construct(work.model, rows, work.technique, work.shots)
    if not _begun(key, work.stores.journal):
        _require_money(batch, work)
        pace.require_open(len(taken))
    return Taken(batch, measure(batch, key, work.backend, work.stores, sentinels), sentinels)


def _begun(key: str, journal: Journal) -> bool:
    """Whether the batch was begun: meant, or, where a journal lost that, found again at the vendor."""
    return journal.get("intent", key) is not None or bool(journal.find("reserved", f"{key}/"))


def _evidence(
    work: _Work, readings: Readings, path: tuple[tuple[int, float, float], ...], stopped: str, notes: tuple[str, ...]
) -> HardwareEvidence:
    job, backend, taken = work.job, work.backend, list(readings.taken)
    measured = slice(0, len(readings.device))
    X, truth, claim = work.points.X[measured], work.points.y[measured], job.pilot.claim
    device, simulator = graded(claim, readings.device, readings.simulator, truth)
    kept = [one.kept for one in taken]
    charged, device_usd, unsettled = _billed(kept, job, work.stores)
    why = explained(
        work.model, claim, X, truth, readings.simulator, taken, work.technique, backend.name, job.pilot.seed
    )
    return HardwareEvidence(
        stage="hardware",
        pilot=job.pilot.digest,
        inputs={"data": job.data, "counts": digest([one.artifact for one in kept])},
        code=job.code,
        backend=backend.name,
        device=job.pilot.hardware.device,
        shots=work.shots,
        mitigation=work.mitigation,
        population=len(work.points.y),
        planned=work.planned,
        differences=tuple(differences(device, simulator).tolist()),
        path=path,
        stopped=stopped,
        device_accuracy=intervals.accuracy(device),
        simulator_accuracy=intervals.accuracy(simulator),
        gap=gap(device, simulator),
        charged_usd=charged,
        device_usd=device_usd,
        calibrations=tuple(dict.fromkeys(one.outcomes.device.digest for one in kept)),
        batches=len(kept),
        split=why.split,
        recalibrations=why.recalibrations,
        sentinels=why.sentinels,
        tasks=tuple(task for one in kept for task in one.outcomes.tasks),
        notes=(*notes, *unsettled, *why.notes),
        short=sum(one.short for one in taken),
    )


def _require_money(batch: Batch, work: _Work) -> None:
    """Raises OverBudget or Unapproved where the whole batch would pass a limit: half a batch measures no point."""
    stores, quote = work.stores, work.backend.quote(batch.executables, batch.shots)
    if quote.charged_usd > 0:
        guard(purse(work.job, stores, work.approved), quote.charged_usd, quote.tasks, quote.shots)(stores.journal.find)


def _billed(kept: list[Kept], job: Job, stores: Stores) -> tuple[Decimal, Decimal, tuple[str, ...]]:
    """Dollars billed for the run, what the device costs, and a note on tasks that were not waited for."""
    charged, device_usd = total([one.outcomes.quote for one in kept])
    attempts = lines(stores.journal, job.run)
    if not attempts:
        return charged, device_usd, ()
    sums = totals(attempts)
    left = f"{dollars(sums.reserved)} are still reserved for tasks of a batch that was not completed"
    return sums.billed, max(device_usd, sums.billed), (left,) if sums.reserved else ()
