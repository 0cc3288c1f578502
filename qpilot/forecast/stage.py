"""The forecast stage: shots, dollars, hours and the accuracy a device will lose, before it measures a locked point."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gates.forecast import ForecastEvidence
from gates.hardware import HardwarePolicy
from gates.statistics import intervals
from qpilot.backend import Backend, Quote
from qpilot.data.table import Dataset
from qpilot.devices import Device
from qpilot.devices.price import check_shots
from qpilot.forecast.queue import forecast_wait
from qpilot.forecast.rehearsal import Rehearsal, rehearse
from qpilot.forecast.shots import SHARE, Choice, choose, predicted_loss
from qpilot.forecast.spend import draws, plausible_gaps, spend, stopping_points
from qpilot.job import Job
from qpilot.mitigation import MITIGATIONS
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
    now: datetime,
) -> ForecastEvidence:
    """What the hardware stage will take for `model`, whose promotion is tested on `planned` points.

    Only development rows are read; of the locked set only the number of points counts. `emulator` emulates `device` and
    charges nothing; `backend` (which may be the same) is the one quoted. `now`: aware, for the execution windows.
    """
    hardware, seed = job.pilot.hardware, job.pilot.seed
    mitigation = MITIGATIONS[hardware.mitigation]
    population = hardware.points(len(dataset.locked))
    allowed = shots_range(device)
    rehearsal = rehearse(model, dataset.development, emulator, mitigation, allowed[1], seed)
    choice = _shots(rehearsal, hardware.shots, policy.margin, device, allowed, seed)
    answers = rehearsal.answers(choice.shots, np.random.default_rng([seed, 10]))
    right, simulated = answers == rehearsal.truth, rehearsal.simulated == rehearsal.truth
    loss = intervals.difference(simulated, right).model_copy(update={"unit": "accuracy lost on the emulated device"})
    settings = model.estimator.circuits(model.view(dataset.development.X[:1]))
    circuits, calibration = len(settings) * mitigation.runs, mitigation.calibrations
    gaps = plausible_gaps(loss, policy.margin, draws(population), seed)
    churn = max(float(np.mean(right != simulated)), 1 / len(right))
    points = stopping_points(population, min(planned, population), hardware.batch, policy, gaps, churn, seed)
    quote: Callable[[int], Quote] = partial(_quote, backend, choice.shots)
    charged, device_cost = spend(points, population, hardware.batch, circuits, calibration, quote)
    wait_p50, wait_p90 = forecast_wait(device, now, job.pilot.approval.expires_hours)
    return ForecastEvidence(
        stage="forecast",
        pilot=job.pilot.digest,
        inputs={"data": job.data, "device": device.digest},
        code=job.code,
        backend=backend.name,
        device=device.name,
        points=population,
        circuits_per_point=circuits,
        shots=choice.shots,
        charged=charged,
        device_cost=device_cost,
        queues=backend.name != emulator.name,
        wait_p50_hours=wait_p50,
        wait_p90_hours=wait_p90,
        simulated_accuracy=intervals.accuracy(simulated),
        emulated_accuracy=intervals.accuracy(right),
        emulated_loss=loss,
        notes=(
            *_capped(population, len(dataset.locked)),
            *_notes(choice, hardware.shots, policy.margin, rehearsal, points, planned, population),
            *quote(min(hardware.batch, population) * circuits + calibration).notes,
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


def _shots(
    rehearsal: Rehearsal, asked: int | str, margin: float, device: Device, allowed: tuple[int, int], seed: int
) -> Choice:
    if not isinstance(asked, int):
        return choose(rehearsal, margin, allowed, seed)
    check_shots(device, asked)
    return Choice.of(asked, predicted_loss(rehearsal, asked, seed, SHARE * margin), margin)


def _capped(population: int, locked: int) -> tuple[str, ...]:
    capped = f"{population} of {locked} locked points may be measured (hardware.max_points)"
    return (capped,) if population < locked else ()


def _notes(
    choice: Choice,
    asked: int | str,
    margin: float,
    rehearsal: Rehearsal,
    points: NDArray[np.int64],
    planned: int,
    population: int,
) -> tuple[str, ...]:
    """What a reader has to know to weigh the figures."""
    rows = len(rehearsal.truth)
    notes = [
        f"{choice.shots} shots a circuit are predicted to cost {100 * choice.loss:.1f} points of accuracy"
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
