"""Measures locked points on the device, batch by batch, until the sequential test is certain and promotion has its points."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gates.hardware import HardwareEvidence, HardwarePolicy
from gates.records import Measure, Outcome, digest
from gates.statistics import betting, intervals
from qpilot.backend import Backend, Batch
from qpilot.hardware.submission import Kept, measure, total
from qpilot.job import Job, Progress, Stores
from qpilot.mitigation import Mitigation
from qpilot.program import Circuits, Probabilities
from qpilot.prototype.fitted import Fitted


@dataclass(frozen=True)
class Points:
    """Points in the random order they are drawn: raw features, true classes, and the wording of where they come from.

    X: (n_points, n_features); y: (n_points,), class indices; rows: (n_points,), places in the set they were drawn from.
    """

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    rows: NDArray[np.int64]
    origin: str


@dataclass(frozen=True)
class Readings:
    """What the device and the simulator answered at each measured point, in the order drawn; classes (n_measured,).

    `counts`: the artifact of each batch. `first` and `first_batch` are what the report draws of it.
    """

    device: NDArray[np.int64]
    simulator: NDArray[np.int64]
    counts: tuple[str, ...]
    first: Kept
    first_batch: Batch


def draw(X: NDArray[np.float64], y: NDArray[np.int64], most: int | None, seed: int, origin: str) -> Points:
    """At most `most` of the points, in an order that depends on `seed` alone."""
    rows = np.random.default_rng([seed, 3]).permutation(len(X))[:most]
    return Points(X[rows], y[rows], rows, origin)


def validate(
    job: Job,
    model: Fitted,
    points: Points,
    planned: int,
    shots: int,
    policy: HardwarePolicy,
    backend: Backend,
    mitigation: Mitigation,
    stores: Stores,
    progress: Progress,
) -> tuple[HardwareEvidence, Readings]:
    """Device against simulator on `points`: stops at a NO_GO at once, at a GO once `planned` points are measured.

    A continued run takes the batches that stand in the journal and measures only what is missing.
    """
    population = len(points.y)
    simulator = model.predict(points.X)
    device = np.zeros(0, dtype=np.int64)
    kept: list[Kept] = []
    batches: list[Batch] = []
    path: list[tuple[int, float, float]] = []
    stopped = "all points measured"
    while len(device) < population:
        rows = slice(len(device), min(len(device) + job.pilot.hardware.batch, population))
        batch = construct(model, points.X[rows], mitigation, shots)
        done = measure(batch, f"{job.run}/{len(kept):04d}", backend, stores)
        kept.append(done)
        batches.append(batch)
        device = np.concatenate([device, answer(model, done, mitigation)])
        differences = _differences(device, simulator, points.y)
        for_go, for_no_go = betting.paths(differences, population, policy.margin)
        path.append((len(device), float(for_go[-1] / np.log(10)), float(for_no_go[-1] / np.log(10))))
        progress(len(device), population)
        outcome, _ = betting.sequential(differences, population, policy.margin, policy.alpha)
        if outcome is Outcome.NO_GO and len(device) < population:
            stopped = "certain that the device loses more than the margin"
            break
        if outcome is Outcome.GO and len(device) >= planned and len(device) < population:
            stopped = "certain that the device stays within the margin, with the points promotion needs"
            break
    charged, device_usd = total([done.outcomes.quote for done in kept])
    right_device, right_simulator = (
        device == points.y[: len(device)],
        simulator[: len(device)] == points.y[: len(device)],
    )
    evidence = HardwareEvidence(
        stage="hardware",
        pilot=job.pilot.digest,
        inputs={"data": job.data, "counts": digest([done.artifact for done in kept])},
        code=job.code,
        backend=backend.name,
        device=job.pilot.hardware.device,
        shots=shots,
        mitigation=job.pilot.hardware.mitigation,
        population=population,
        planned=planned,
        differences=tuple(map(int, _differences(device, simulator, points.y))),
        path=tuple(path),
        stopped=stopped,
        device_accuracy=intervals.accuracy(right_device),
        simulator_accuracy=intervals.accuracy(right_simulator),
        gap=_gap(right_device, right_simulator),
        charged_usd=charged,
        device_usd=device_usd,
        calibrations=tuple(dict.fromkeys(done.outcomes.device.digest for done in kept)),
        batches=len(kept),
    )
    return evidence, Readings(
        device, simulator[: len(device)], tuple(done.artifact for done in kept), kept[0], batches[0]
    )


def construct(model: Fitted, X: NDArray[np.float64], mitigation: Mitigation, shots: int) -> Batch:
    """The circuits of raw points X: (n_points, n_features), with the mitigation's calibration circuits."""
    settings: tuple[Circuits, ...] = tuple(model.estimator.circuits(model.view(X)))
    return Batch(*mitigation.construct(settings), shots)


def answer(model: Fitted, kept: Kept, mitigation: Mitigation) -> NDArray[np.int64]:
    """Class indices (n_points,) from a batch's counts."""
    return np.asarray(probabilities(model, kept, mitigation).argmax(axis=1), dtype=np.int64)


def probabilities(model: Fitted, kept: Kept, mitigation: Mitigation) -> Probabilities:
    """Class probabilities (n_points, n_classes) from a batch's counts."""
    outcomes = kept.outcomes
    measured = mitigation.combine(outcomes.settings, outcomes.calibration)
    return np.asarray(model.estimator.decide(model.estimator.features(measured)), dtype=np.float64)


def _differences(
    device: NDArray[np.int64], simulator: NDArray[np.int64], truth: NDArray[np.int64]
) -> NDArray[np.int64]:
    truth, simulator = truth[: len(device)], simulator[: len(device)]
    right, expected = (device == truth).astype(np.int64), (simulator == truth).astype(np.int64)
    return np.asarray(right - expected)


def _gap(device: NDArray[np.bool_], simulator: NDArray[np.bool_]) -> Measure:
    """Simulator minus device accuracy, paired, with the interval of the difference turned round."""
    found = intervals.difference(simulator, device)
    return found.model_copy(update={"unit": "accuracy lost on the device"})
