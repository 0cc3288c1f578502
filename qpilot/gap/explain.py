"""From the batches that were measured to the split gap, and to what the sentinels say."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gates.hardware import Sentinels, Split
from gates.records import Measure
from gates.wording import plural
from qpilot.errors import QpilotError
from qpilot.gap.ladder import LEAST, Measured, affordable, climb
from qpilot.gap.rungs import Rung
from qpilot.gap.signal import Floats, Reader
from qpilot.gap.split import split
from qpilot.mitigation import frequencies

REDRAWS = 400
NORMAL_95 = 1.96


def explain(
    batches: Sequence[Measured], exact: Floats, reader: Reader, shots: int, seed: int
) -> tuple[Split | None, tuple[str, ...]]:
    """The gap of the batches' points split by cause, and what a reader has to know; no split where none can be computed.

    exact: (n_points, n_classes), the simulator's class probabilities, or (n_points, 1), its values. The first points of
    every batch stand for all where the ladder would take longer than seconds.
    """
    total = sum(len(batch.settings[0]) for batch in batches)
    most = affordable(tuple(replace(one, angles=one.angles[:1]) for one in batches[0].settings))
    if most == 0:
        return None, (
            f"the gap is not split by cause: emulating even {LEAST} points, {plural(len(batches[0].settings), 'circuit')}"
            f" of {plural(batches[0].settings[0].qubits, 'qubit')} each, would take minutes",
        )
    notes: tuple[str, ...] = ()
    if most < total:
        kept, chosen = _sample(batches, most)
        notes = (f"the gap is split by cause on {len(chosen)} of the {total} points, the first of every batch",)
        batches, exact = kept, exact[chosen]
        reader = replace(reader, simulator=reader.simulator[chosen], truth=reader.truth[chosen])
    try:
        return split(climb(batches, exact, reader, shots, seed), seed), notes
    except QpilotError as error:
        return None, (f"the gap is not split by cause: {error}",)


def _sample(batches: Sequence[Measured], most: int) -> tuple[list[Measured], NDArray[np.intp]]:
    sizes = [len(batch.settings[0]) for batch in batches]
    total = sum(sizes)
    kept, chosen, start = [], [], 0
    for batch, size in zip(batches, sizes, strict=True):
        number = max(1, most * size // total)
        kept.append(first_points(batch, number))
        chosen.append(np.arange(start, start + number))
        start += size
    return kept, np.concatenate(chosen)


def first_points(batch: Measured, number: int) -> Measured:
    """The batch with its first `number` points alone."""
    return replace(
        batch,
        settings=tuple(replace(one, angles=one.angles[:number]) for one in batch.settings),
        counts=tuple(one[:number] for one in batch.counts),
    )


def drifted(number: int, first: Measured, again: Measured, reader: Reader, shots: int, seed: int) -> Sentinels:
    """What the same circuits lost in signal between `first` and `again`, a part of batch `number`.

    Both hold the sentinels alone, and `reader` knows their answers. The interval is that of the shots, drawn anew from
    the frequencies that were seen: it speaks of these points, and not of the others.
    """
    rng = np.random.default_rng([seed, 9, number])
    everyone = slice(0, len(reader.simulator))
    values, variance = [], 0.0
    for one in (first, again):
        values.append(float(reader.counts(one.counts, one.calibration_counts, everyone)[:, 0].mean()))
        seen = Rung(tuple(map(frequencies, one.counts)), tuple(map(frequencies, one.calibration_counts)))
        variance += float(reader.draws(seen, everyone, shots, REDRAWS, rng)[:, :, 0].mean(axis=1).var(ddof=1))
    lost, half = values[0] - values[1], NORMAL_95 * float(np.sqrt(variance))
    lost_signal = Measure(
        value=lost,
        low=lost - half,
        high=lost + half,
        n=len(reader.simulator),
        unit="signal lost",
        method="the same circuits before and after; shots redrawn, normal, 95%; these points alone",
    )
    return Sentinels(batch=number, lost=lost_signal)
