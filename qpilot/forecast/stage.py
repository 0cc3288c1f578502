"""The forecast stage: shots, dollars, hours and the accuracy or score a device will lose, before it measures a locked point."""

from collections.abc import Callable
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from gates.forecast import ForecastEvidence
from gates.hardware import HardwarePolicy
from gates.statistics import intervals
from gates.trial import Shots, Trial
from qpilot.backend import Backend, Quote
from qpilot.data.table import Dataset
from qpilot.devices import Device
from qpilot.devices.price import check_shots
from qpilot.forecast.classical import classical
from qpilot.forecast.history import track
from qpilot.forecast.queue import Queued, forecast_wait
from qpilot.forecast.rehearsal import HeldOut, Rehearsal, hold_out, rehearse
from qpilot.forecast.shots import SHARE, Choice, curve, fewest
from qpilot.forecast.situation import Situation
from qpilot.forecast.spend import Work, dollars, draws, moves, plausible_gaps, spend, stopping_points
from qpilot.job import Job
from qpilot.mitigation import AUTO, MITIGATIONS
from qpilot.mitigation.trial import NONE, chosen, trial
from qpilot.pilot import Hardware, Pilot
from qpilot.prototype.fitted import Fitted

MOST_SHOTS = 20_000


def forecast(
    job: Job,
    dataset: Dataset,
    model: Fitted,
    planned: int,
    policy: HardwarePolicy,
    device: Device,
    backend: Backend,
    emulator: Backend,
    situation: Situation,
    clock: Callable[[], float],
) -> ForecastEvidence:
    """What the hardware stage will take for `model`, whose promotion is tested on `planned` points.

    Only development rows are read; of the locked set only the number of points counts. `emulator` emulates `device` and
    charges nothing; `backend` (which may be the same) is the one quoted. `clock`: CPU seconds of this process.
    """
    start = clock()
    held = hold_out(model, dataset.development, job.pilot.seed)
    return forecast_held_out(
        job, len(dataset.locked), model, held, planned, policy, device, backend, emulator, situation, clock, start
    )


def forecast_held_out(
    job: Job,
    locked: int,
    model: Fitted,
    held: HeldOut,
    planned: int,
    policy: HardwarePolicy,
    device: Device,
    backend: Backend,
    emulator: Backend,
    situation: Situation,
    clock: Callable[[], float],
    start: float,
) -> ForecastEvidence:
    """`forecast` from a model that is refitted already; `locked`: points in the locked set, `start`: of the refit."""
    hardware, seed = job.pilot.hardware, job.pilot.seed
    population, allowed = hardware.points(locked), shots_range(device)
    asked = asked_shots(hardware, device)
    name, trials = hardware.mitigation, tuple[Trial, ...]()
    if name == AUTO:
        name, asked, trials = _mitigated(held, job.pilot, policy, device, backend, emulator, asked)
    mitigation = MITIGATIONS[name]
    rehearsal = rehearse(held, job.pilot.claim, emulator, mitigation, allowed[1], seed)
    tried = curve(rehearsal, policy.margin, allowed, seed, () if asked is None else (asked,))
    choice = fewest(tried) if asked is None else next(one for one in tried if one.shots == asked)
    answers = rehearsal.answers(choice.shots, np.random.default_rng([seed, 10]))
    seconds = clock() - start
    device_grades, simulated = rehearsal.grades(answers), rehearsal.grades(rehearsal.simulated)
    worth = "score" if job.pilot.claim.quantity else "accuracy"
    loss = intervals.difference(simulated, device_grades)
    loss = loss.model_copy(update={"unit": f"{worth} lost on the emulated device"})
    settings = len(held.model.estimator.circuits(held.model.view(held.X[:1]))) * mitigation.runs
    work = Work.of(hardware, settings, mitigation.calibrations, emulated=backend.name == emulator.name)
    gaps = plausible_gaps(loss, policy.margin, draws(population), seed)
    moved = moves(device_grades, simulated)
    points = stopping_points(population, min(planned, population), hardware.batch, policy, gaps, moved, seed)
    quote: Callable[[int], Quote] = cache(partial(_quote, backend, choice.shots))
    changes = hardware.windows - 1
    charged, device_cost = spend(points, population, work, changes, quote)
    first = quote(work.circuits(min(hardware.batch, population)))
    waits = forecast_wait(device, situation.now, job.pilot.approval.expires_hours, situation.waiting, situation.past)
    long = int(np.quantile(points, 0.9, method="inverted_cdf"))
    machine = classical(job.pilot, model.seconds, seconds, len(answers), population)
    return ForecastEvidence(
        stage="forecast",
        pilot=job.pilot.digest,
        inputs={"data": job.data, "device": device.digest},
        code=job.code,
        backend=backend.name,
        device=device.name,
        points=population,
        circuits_per_point=work.settings,
        shots=choice.shots,
        mitigation=name,
        trials=trials,
        curve=tuple(
            Shots(
                shots=one.shots,
                loss=one.loss,
                usd=dollars(long, work, changes, partial(_quote, backend, one.shots))[1],
                meets=one.meets,
            )
            for one in tried
        ),
        shots_loss_limit=SHARE * policy.margin,
        charged=charged,
        device_cost=device_cost,
        price_known=first.known,
        committed_usd=situation.committed_usd,
        account=situation.account,
        classical_usd=machine.usd,
        classical_hours=machine.hours,
        queues=isinstance(backend, Queued) or first.charged_usd > 0 or not first.known,
        queue=waits.queue,
        wait_p10_hours=waits.p10,
        wait_p50_hours=waits.p50,
        wait_p90_hours=waits.p90,
        track=track(situation.past, situation.spent),
        simulated_accuracy=intervals.accuracy(simulated),
        emulated_accuracy=intervals.accuracy(device_grades),
        emulated_loss=loss,
        notes=(
            *_capped(population, locked),
            *_notes(choice, hardware.shots, policy.margin, worth, rehearsal, points, planned, population),
            *_worst(work, population, changes),
            *first.notes,
        ),
    )


def shots_range(device: Device) -> tuple[int, int]:
    """Least and most shots a circuit that are considered: the device's range, a program set's total, 20,000."""
    least, most = device.shots
    if device.program_sets is not None:
        most = min(most, device.program_sets.total_shots)
    return least, max(least, min(most, MOST_SHOTS))


def _quote(backend: Backend, shots: int, executables: int) -> Quote:
    return backend.quote(executables, shots)


def asked_shots(hardware: Hardware, device: Device) -> int | None:
    """The shots the pilot file gives, if it does. Raises UsageError where the device does not take them."""
    if not isinstance(hardware.shots, int):
        return None
    check_shots(device, hardware.shots)
    return hardware.shots


def _mitigated(
    held: HeldOut,
    pilot: Pilot,
    policy: HardwarePolicy,
    device: Device,
    backend: Backend,
    emulator: Backend,
    asked: int | None,
) -> tuple[str, int, tuple[Trial, ...]]:
    """The mitigation that pays, the shots it gets, and how every one did.

    With none each circuit gets the shots asked for, or those of the rule; with another as many as the same dollars buy.
    """
    allowed, seed = shots_range(device), pilot.seed
    if asked is None:
        plain = rehearse(held, pilot.claim, emulator, MITIGATIONS[NONE], allowed[1], seed)
        asked = fewest(curve(plain, policy.margin, allowed, seed)).shots
    names = [name for name in MITIGATIONS if name != NONE]
    trials = trial(
        held.model,
        held.X,
        held.y,
        pilot.claim,
        emulator,
        backend.quote,
        asked,
        pilot.hardware.batch,
        policy.margin,
        policy.alpha,
        seed,
        names,
    )
    name = chosen(trials)
    shots = {one.mitigation: one.shots for one in trials} | {NONE: asked}
    return name, shots[name], trials


def _worst(work: Work, population: int, changes: int) -> tuple[str, ...]:
    """What the worst case holds that the percentiles do not."""
    if not work.sentinels and work.attempts == 1:
        return ()
    again = work.carried(population) * work.settings
    more = f", and {again} sentinel circuits in each batch but the first" if again else ""
    usual = f" In every run the calibration changes {changes} times (hardware.windows)." if again and changes else ""
    return (f"the worst case bills every task {work.attempts} times{more}; in the percentiles no task fails.{usual}",)


def _capped(population: int, locked: int) -> tuple[str, ...]:
    capped = f"{population} of {locked} locked points may be measured (hardware.max_points)"
    return (capped,) if population < locked else ()


def _notes(
    choice: Choice,
    asked: int | str,
    margin: float,
    worth: str,
    rehearsal: Rehearsal,
    points: NDArray[np.int64],
    planned: int,
    population: int,
) -> tuple[str, ...]:
    """What a reader has to know to weigh the figures."""
    rows = len(rehearsal.truth)
    notes = [
        f"{choice.shots} shots a circuit are predicted to cost {100 * choice.loss:.1f} points of {worth}"
        f" ({'chosen' if asked == 'auto' else 'given'}; a fifth of the margin is {20 * margin:.1f})",
        f"emulated on {rows} development rows, with the model refitted without them",
        f"{len(points)} simulated runs of the sequential test: half stop within {int(np.median(points))} of"
        f" {population} points; gaps drawn around the emulated loss, half of them larger by up to the margin",
    ]
    if not choice.meets:
        notes.append("finite shots cost more than a fifth of the margin: take more shots, or a wider margin")
    if planned > population:
        notes.append(f"promotion is planned on {planned} points, more than the {population} there are")
    return tuple(notes)
