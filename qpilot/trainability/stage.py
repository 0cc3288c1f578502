"""Probes every candidate before anything is fitted: its gradient or its kernel against width, and what changes it."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from gates.records import Measure
from gates.statistics.decay import Decay
from gates.statistics.normal import two_sided
from gates.trainability import Mitigation, Probe, TrainabilityEvidence, Width
from qpilot.candidates.candidate import Candidate
from qpilot.data.sample import sample
from qpilot.data.table import Dataset
from qpilot.job import Job
from qpilot.models import MODELS
from qpilot.reduction import REDUCERS
from qpilot.trainability.ensemble import drawn, entangling, expressibility
from qpilot.trainability.entries import entries
from qpilot.trainability.gradients import Gradients, Moment, draw_gradients
from qpilot.trainability.widths import Floats, Target, model, widths

ROWS = 200
Z = two_sided(0.95)
SHOTS = (
    "a signal of the typical size is 1.96 standard errors; by the fit's 95 % bounds; shots of both shifted circuits"
    " together, words taken as independent"
)
UNPROBED = "the circuit does not exist at two widths, so no decay can be fitted"


def trainability(job: Job, dataset: Dataset) -> TrainabilityEvidence:
    """Every candidate's probe, on at most 200 development rows (of every class, or part of the range) as reduced.

    About half a second a candidate at eight qubits, on one core.
    """
    pilot, development = job.pilot, dataset.development
    rows = development.take(sample(development.y, ROWS, np.random.default_rng([pilot.seed, 11])))
    reducer = REDUCERS[pilot.reduce.method].build(pilot.reduce.components, pilot.seed)
    X = reducer.fit(development.X, development.y).transform(rows.X)
    return TrainabilityEvidence(
        stage="trainability",
        pilot=pilot.digest,
        inputs={"data": job.data},
        code=job.code,
        probes=tuple(
            probe(place, candidate, X, rows.y, pilot.seed) for place, candidate in enumerate(pilot.candidates, start=1)
        ),
    )


def probe(place: int, candidate: Candidate, X: Floats, y: Target, seed: int) -> Probe:
    """What there is to say of one candidate. X: (n_rows, n_features) as the reduction leaves it; y: (n_rows,)."""
    models = {width: model(candidate, width, X, y, seed) for width in widths(candidate.qubits)}
    models = {width: found for width, found in models.items() if found is not None}
    if not models:
        return _unprobed(place, candidate)
    own = models[max(width for width in models if width <= max(candidate.qubits, min(models)))]
    kernel, gradients = hasattr(own, "kernel"), {}
    if kernel:
        seen = [_entries(width, found, X, seed) for width, found in models.items()]
    else:
        gradients = {width: draw_gradients(found, X, seed) for width, found in models.items()}
        seen = [_gradient(width, found) for width, found in gradients.items()]
    decay = Decay.fit(
        [one.qubits for one in seen],
        [_logarithm(one.variance / one.noise) for one in seen],
        [one.error for one in seen],
    )
    at = next((one for one in seen if one.qubits == candidate.qubits), None)
    states, missing = drawn(own, X, seed), Measure.missing(UNPROBED)
    whole = None if kernel else gradients[own.circuit.qubits]
    return Probe(
        place=place,
        name=candidate.name,
        signal="kernel entry" if kernel else "gradient",
        qubits=candidate.qubits,
        widths=tuple(seen),
        slope=missing if decay is None else decay.steepness(len(seen)),
        variance=Measure.missing("not measured at the candidate's own width") if at is None else _variance(at),
        shots=missing if decay is None else shots(decay, candidate.qubits, sum(one.draws for one in seen)),
        loss_variance=Measure.missing("a kernel has no cost") if whole is None else _costs(whole),
        expressibility=expressibility(states),
        entangling=entangling(states),
        mitigations=() if whole is None else tuple(_mitigations(candidate, own, whole, X, seed)),
    )


def shots(decay: Decay, qubits: int, draws: int) -> Measure:
    """Shots that tell the signal from nothing at that width: 1.96**2 / (variance / noise), by the bounds of the fit."""
    low, value, high = (Z**2 / ratio if ratio > 0 else math.inf for ratio in reversed(decay.at(qubits)))
    return Measure(value=value, low=low, high=high, n=draws, unit="shots", method=SHOTS)


def _unprobed(place: int, candidate: Candidate) -> Probe:
    missing = Measure.missing(UNPROBED)
    return Probe(
        place=place,
        name=candidate.name,
        signal="gradient" if MODELS[candidate.model].family != "kernel" else "kernel entry",
        qubits=candidate.qubits,
        widths=(),
        slope=missing,
        variance=missing,
        shots=missing,
        loss_variance=missing,
        expressibility=missing,
        entangling=missing,
        mitigations=(),
    )


def _gradient(width: int, found: Gradients) -> Width:
    moment = Moment.of(found.squares)
    return Width(qubits=width, variance=moment.value, noise=1.0, error=moment.error, draws=moment.draws)


def _entries(width: int, found: Any, X: Floats, seed: int) -> Width:
    read = entries(found, X, seed)
    return Width(qubits=width, variance=read.variance, noise=read.noise, error=read.error, draws=read.rows)


def _logarithm(ratio: float) -> float:
    return math.log(ratio) if ratio > 0 else math.nan


def _variance(width: Width) -> Measure:
    return _measure(width.variance, width.error, width.draws, "standard error of its logarithm, 95 %")


def _costs(found: Gradients) -> Measure:
    moment = Moment.of(found.costs**2)
    return _measure(moment.value, moment.error, moment.draws, "over random starts, rows and readouts, 95 %")


def _mitigations(candidate: Candidate, own: Any, whole: Gradients, X: Floats, seed: int) -> Iterator[Mitigation]:
    """What a local readout, the start and training layer by layer each change, at the widest width that is measured."""
    as_is = Moment.of(whole.squares)
    local = all(sum(letter != "I" for letter in word) == 1 for word in own.words)
    changed = Moment.of(draw_gradients(own, X, seed, readout="global" if local else "local").squares)
    yield _mitigation("local readout", local, *((changed, as_is) if local else (as_is, changed)))
    start, layerwise = candidate.training.start, candidate.training.layerwise
    name, other = (f"start {start}", "uniform") if start != "uniform" else ("start small", "small")
    changed = Moment.of(draw_gradients(own, X, seed, start=other).squares)
    yield _mitigation(name, start != "uniform", *((changed, as_is) if start != "uniform" else (as_is, changed)))
    if len(own.circuit.layer_slices) > 1 and start != "identity-block":
        changed = Moment.of(draw_gradients(own, X, seed, layerwise=not layerwise).squares)
        yield _mitigation("layer by layer", layerwise, *((changed, as_is) if layerwise else (as_is, changed)))


def _mitigation(name: str, used: bool, without: Moment, with_it: Moment) -> Mitigation:
    told = "standard error of its logarithm, 95 %"
    ratio = with_it.value / without.value if without.value > 0 else math.nan
    return Mitigation(
        name=name,
        used=used,
        without=_measure(without.value, without.error, without.draws, told),
        with_it=_measure(with_it.value, with_it.error, with_it.draws, told),
        ratio=_measure(ratio, math.hypot(without.error, with_it.error), with_it.draws, told),
    )


def _measure(value: float, error: float, draws: int, method: str) -> Measure:
    factor = math.exp(Z * error) if math.isfinite(error) else math.inf
    return Measure(value=value, low=value / factor, high=value * factor, n=draws, unit="variance", method=method)
