"""The gap split by cause, each part with its interval, from a climbed ladder."""

from typing import get_args

import numpy as np
from scipy.stats import norm, t

from gates.hardware import BatchSignal, Cause, Part, Split
from gates.records import Measure
from gates.statistics import intervals
from qpilot.gap.ladder import Ladder
from qpilot.gap.signal import METRICS, Floats

CAUSES: tuple[Cause, ...] = get_args(Cause)
RESAMPLES = 1000
CONFIDENCE = 0.95
ORDER = (
    "perfect gates with the shots taken, noisy gates with every two qubits coupled, the couplings there are, readout, the"
    " figures of each day, the counts; what two causes lose together is counted with the later one"
)
_ENDS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
_HIDDEN = 5  # the place of the drift that figures do not show; the residual follows
_FIGURES = "emulated from the device's figures, whose own error is left out"
_METHODS: dict[Cause, str] = {
    "finite shots": "emulated with perfect gates and readout",
    "gate noise": _FIGURES,
    "layout": _FIGURES,
    "readout": _FIGURES,
    "drift": "by the figures of each day, and by what later batches lose more than the first; a drift within the first"
    " batches is left out",
    "residual": "measured in the first batches beyond what the figures explain: crosstalk, coherent errors, idle decay,"
    " wrong figures",
}
_ALONE = "measured beyond what the figures explain: crosstalk, coherent errors, idle decay, wrong figures, drift"
_BOOTSTRAP = f"bootstrap over points, shots included, {CONFIDENCE:.0%}"


def split(ladder: Ladder, seed: int) -> Split:
    """What each cause takes off, and what all of them take off together: their sum.

    Points are resampled within their batches. A point's shots scatter its own value, and so are resampled with it; the
    shots of the calibration circuits move a whole batch, and are drawn besides. The intervals take the points as drawn
    independently and the device's figures as exact.

    Drift that the figures do not show is told from the residual by the first batches alone. Where it cannot be told from
    nothing its value is 0 and the residual's that of all batches; the residual's interval then reaches over both, that of
    the first batches and that of all.
    """
    points = ladder.values.shape[1]
    early = int(np.sum(ladder.batch < ladder.first))
    rng = np.random.default_rng([seed, 8])
    weights = _resampled(ladder, rng)
    moved = rng.normal(size=(RESAMPLES, *ladder.shared.shape)) * ladder.shared
    seen = _terms(ladder, np.ones((1, points)), np.zeros((1, *ladder.shared.shape)))[0]
    drawn = _terms(ladder, weights, moved)
    whole = seen.sum(axis=0), drawn.sum(axis=1)
    pooled = drawn[:, _HIDDEN:].sum(axis=1)
    drawn[:, _HIDDEN:] = seen[_HIDDEN:] + _few(early) * (drawn[:, _HIDDEN:] - seen[_HIDDEN:])
    values, samples = _drift_joined(seen), _drift_joined(drawn)
    low, high = np.quantile(drawn[:, _HIDDEN], _ENDS, axis=0)
    nothing = (low <= 0) & (high >= 0)
    unseen = np.where(nothing, seen[_HIDDEN], 0.0)
    values[CAUSES.index("drift")] -= unseen
    values[CAUSES.index("residual")] += unseen
    alone = ladder.first == len(ladder.shared)
    found = {
        cause: {
            metric: _measure(values[place, k], samples[:, place, k], points, f"{_method(cause, alone)}; {_BOOTSTRAP}")
            for k, metric in enumerate(METRICS)
        }
        for place, cause in enumerate(CAUSES)
    }
    for k in np.flatnonzero(nothing):
        found["residual"][METRICS[k]] = _over(found["residual"][METRICS[k]], pooled[:, k])
    if not ladder.quantity:
        found["residual"] |= _uncertain(found["residual"], early)
    if alone:
        why = "a drift cannot be told from the residual, which holds it: there is one batch to go by"
        found["drift"] = dict.fromkeys(METRICS, Measure.missing(why))
    elif not ladder.quantity:
        found["drift"] |= _uncertain(found["drift"], early)
    return Split(
        points=points,
        simulated_signal=_measure(
            ladder.values[0, :, 0].mean(), weights @ ladder.values[0, :, 0] / points, points, _BOOTSTRAP
        ),
        parts=tuple(Part(cause=cause, **_fields(found[cause])) for cause in CAUSES),
        order=ORDER,
        batches=tuple(_batch(ladder, weights, number) for number in range(len(ladder.shared))),
        **_fields(_whole(ladder, *whole)),
    )


def _resampled(ladder: Ladder, rng: np.random.Generator) -> Floats:
    """(RESAMPLES, n_points): how often each point was drawn."""
    parts = []
    for number in range(len(ladder.shared)):
        size = int(np.sum(ladder.batch == number))
        parts.append(rng.multinomial(size, np.full(size, 1 / size), size=RESAMPLES))
    return np.concatenate(parts, axis=1).astype(np.float64)


def _terms(ladder: Ladder, weights: Floats, moved: Floats) -> Floats:
    """(n, 7, METRICS): the four emulated causes, the drift figures show, the drift they do not show, the residual.

    weights: (n, n_points). moved: by how much each batch's counts moved besides, (n, n_batches, METRICS).
    """
    losses = ladder.values[:-1] - ladder.values[1:]
    means = np.einsum("rp,kpm->rkm", weights, losses) / weights.shape[1]
    early = ladder.batch < ladder.first
    share = np.bincount(ladder.batch) / len(ladder.batch)
    rest = means[:, -1] + np.einsum("b,rbm->rm", share, moved)
    stable = np.einsum("rp,pm->rm", weights[:, early], losses[-1][early]) / early.sum()
    stable += np.einsum("b,rbm->rm", share[: ladder.first] / share[: ladder.first].sum(), moved[:, : ladder.first])
    return np.concatenate([means[:, :-1], (rest - stable)[:, None], stable[:, None]], axis=1)


def _drift_joined(terms: Floats) -> Floats:
    """(..., CAUSES, METRICS) from `_terms`: both drifts as one."""
    shown, hidden, residual = (terms[..., place, None, :] for place in (_HIDDEN - 1, _HIDDEN, _HIDDEN + 1))
    return np.concatenate([terms[..., : _HIDDEN - 1, :], shown + hidden, residual], axis=-2)


def _few(points: int) -> float:
    """How much wider an interval is that only `points` points carry: Student's t, and the bootstrap's own n / (n - 1)."""
    points = max(points, 2)
    student = t.ppf(_ENDS[1], points - 1) / norm.ppf(_ENDS[1])
    return float(student * np.sqrt(points / (points - 1)))


def _batch(ladder: Ladder, weights: Floats, number: int) -> BatchSignal:
    own = ladder.batch == number
    signal = ladder.values[:, own, 0]
    lost = signal[0] - signal[-1]
    drawn = weights[:, own] @ lost / own.sum()
    return BatchSignal(
        batch=number,
        lost=_measure(lost.mean(), drawn, int(own.sum()), _BOOTSTRAP),
        explained=float((signal[0] - signal[-2]).mean()),
    )


def _whole(ladder: Ladder, seen: Floats, drawn: Floats) -> dict[str, Measure]:
    points = ladder.values.shape[1]
    found = {metric: _measure(seen[k], drawn[:, k], points, _BOOTSTRAP) for k, metric in enumerate(METRICS)}
    for k, metric in enumerate(METRICS):
        if metric.endswith("accuracy"):
            ends = (ladder.values[rung, :, k] for rung in (0, -1))
            simulator, device = (one if ladder.quantity else one > 0.5 for one in ends)
            found[metric] = intervals.difference(simulator, device)
    return found


def _measure(value: float, drawn: Floats, points: int, method: str) -> Measure:
    low, high = np.quantile(drawn, _ENDS)
    value = float(value)
    return Measure(
        value=value, low=min(float(low), value), high=max(float(high), value), n=points, unit="lost", method=method
    )


def _over(measure: Measure, drawn: Floats) -> Measure:
    """The measure, its interval reaching over that of `drawn` too."""
    low, high = map(float, np.quantile(drawn, _ENDS))
    return measure.model_copy(update={"low": min(measure.low, low), "high": max(measure.high, high)})


def _uncertain(found: dict[str, Measure], points: int) -> dict[str, Measure]:
    """Accuracies no more certain than 0 of `points` (Wilson): where few answers differ, resamples differ too little."""
    end = intervals.wilson(0, points)[1]
    return {
        metric: one.model_copy(update={"low": min(one.low, one.value - end), "high": max(one.high, one.value + end)})
        for metric, one in found.items()
        if metric.endswith("accuracy")
    }


def _method(cause: Cause, alone: bool) -> str:
    return _ALONE if alone and cause == "residual" else _METHODS[cause]


def _fields(found: dict[str, Measure]) -> dict[str, Measure]:
    return {metric.replace(" ", "_"): measure for metric, measure in found.items()}
