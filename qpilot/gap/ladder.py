"""The ladder from the exact simulator to the counts: one fault of the device more at each rung.

| rung | what is computed                                                     | what it loses against the rung before |
|------|----------------------------------------------------------------------|---------------------------------------|
| 0    | the exact simulator                                                  |                                       |
| 1    | perfect gates and readout, with the shots that were taken            | finite shots                          |
| 2    | the gates' noise, every two qubits coupled: no swaps                 | gate noise                            |
| 3    | the couplings there are: swaps and the gates they take               | layout                                |
| 4    | readout errors, and the calibration circuits that correct them       | readout                               |
| 5    | each batch on the figures of its own day instead of the first's      | drift, as far as figures show it      |
| 6    | the counts                                                           | drift they do not show, and the rest  |

What two faults lose together is counted with the later one. Rungs 1 to 5 are drawn with the shots that were taken, and
mitigated like the counts: what a fault loses is what remains of it after mitigation, the mitigation's own scatter included.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qpilot.devices import Device
from qpilot.gap.rungs import Rung, Settings, emulated
from qpilot.gap.signal import Floats, Reader
from qpilot.program import Counts

EFFORT = 5_000_000
"""Circuits times 4**qubits times their noise scale, at each of the noisy rungs: about a second of one core."""
LEAST, MOST = 10, 300
DRAWS = 32
DRAWN = 25_000_000
"""Outcomes drawn at each rung at most: fewer draws a point where it has many circuits or many qubits."""


@dataclass(frozen=True)
class Measured:
    """A batch that was measured: its circuits as they ran, their counts, and the figures the device had then."""

    settings: Settings
    calibration: Settings
    counts: tuple[Counts, ...]
    calibration_counts: tuple[Counts, ...]
    device: Device


@dataclass(frozen=True)
class Ladder:
    """values: (7 rungs, n_points, METRICS), each point's expectation over shots; the last rung is what was measured.

    batch: (n_points,), which batch a point belongs to. first: the batches that drift is counted from; those before the
    figures changed, a third of all at most. shared: (n_batches, METRICS), the standard deviation that the calibration
    circuits' finite shots give all points of a batch in common. quantity: whether accuracies are grades between 0 and 1.
    """

    values: Floats
    batch: NDArray[np.intp]
    first: int
    shared: Floats
    quantity: bool = False


def affordable(settings: Settings) -> int:
    """How many points the ladder is computed for; 0 where even 10 would take minutes."""
    effort = sum(circuits.scale << 2 * circuits.qubits for circuits in settings)
    rows = min(MOST, EFFORT // effort)
    return rows if rows >= LEAST else 0


def climb(batches: Sequence[Measured], exact: Floats, reader: Reader, shots: int, seed: int) -> Ladder:
    """Every rung for every point. exact: what the simulator's `decide` says, class probabilities or (n_points, 1) values."""
    sizes = [len(batch.settings[0]) for batch in batches]
    ends = np.cumsum(sizes)
    rows = [slice(int(end - size), int(end)) for end, size in zip(ends, sizes, strict=True)]
    everyone = slice(0, int(ends[-1]))
    measured = np.concatenate(
        [reader.counts(batch.counts, batch.calibration_counts, own) for batch, own in zip(batches, rows, strict=True)]
    )
    steps = [
        _rungs(batches, batches[0].device, noisy=False, readout=False),
        _rungs(batches, batches[0].device, noisy=True, readout=False, joined=True),
        _rungs(batches, batches[0].device, noisy=True, readout=False),
        _rungs(batches, batches[0].device, noisy=True, readout=True),
    ]
    faults = [_faults(batch.device) for batch in batches]
    unchanged = next((place for place, one in enumerate(faults) if one != faults[0]), len(faults))
    drifted = unchanged < len(faults)
    if drifted:
        steps.append(_rungs(batches, None, noisy=True, readout=True))
    number = _draws(batches)
    values = [reader.of(exact, exact, everyone)]
    shared = np.zeros((len(batches), measured.shape[1]))
    for step in steps:
        # Every rung is drawn with the same numbers, so that a fault that is not there loses exactly nothing.
        rng = np.random.default_rng([seed, 7])
        drawn = [reader.draws(rung, own, shots, number, rng) for rung, own in zip(step, rows, strict=True)]
        values.append(np.concatenate([one.mean(axis=0) for one in drawn]))
        shared = np.stack([_shared(one) for one in drawn])
    if not drifted:
        values.append(values[-1])
    first = min(unchanged, -(-len(batches) // 3))
    places = np.repeat(np.arange(len(batches)), sizes)
    return Ladder(np.stack([*values, measured]), places, first, shared, reader.claim.quantity)


def _draws(batches: Sequence[Measured]) -> int:
    outcomes = sum(len(circuits) << circuits.qubits for batch in batches for circuits in batch.settings)
    return int(np.clip(DRAWN // max(outcomes, 1), 4, DRAWS))


def _faults(device: Device) -> str:
    """What of the figures the emulator reads, to tell two calibrations apart."""
    return f"{device.native} {device.qubits} {device.couplings}"


def _rungs(
    batches: Sequence[Measured], device: Device | None, noisy: bool, readout: bool, joined: bool = False
) -> list[Rung]:
    """One rung, batch by batch, on the figures of `device` or (None) of each batch's own day."""
    found: dict[int, Rung] = {}
    alike: dict[str, list[int]] = {}
    for place, batch in enumerate(batches):
        alike.setdefault(_faults(batch.device) if device is None else "", []).append(place)
    for places in alike.values():
        machine = batches[places[0]].device if device is None else device
        several = [batches[place].settings for place in places]
        together = tuple(
            replace(one[0], angles=np.concatenate([part.angles for part in one])) for one in zip(*several, strict=True)
        )
        whole = emulated(together, batches[places[0]].calibration, machine, noisy, readout, joined)
        ends = np.cumsum([len(one[0]) for one in several])[:-1]
        parts = zip(*(np.split(rows, ends) for rows in whole.settings), strict=True)
        found |= {place: Rung(part, whole.calibration) for place, part in zip(places, parts, strict=True)}
    return [found[place] for place in range(len(batches))]


def _shared(drawn: Floats) -> Floats:
    """(METRICS,): the standard deviation of a batch's mean that its points have in common, from (draws, n, METRICS).

    Shots scatter the points independently of each other, the calibration all of them alike: what the mean scatters
    more than independent points would.
    """
    draws, points = drawn.shape[:2]
    if draws < 2:
        return np.zeros(drawn.shape[2])
    together = drawn.mean(axis=1).var(axis=0, ddof=1)
    alone = drawn.var(axis=0, ddof=1).sum(axis=0) / points**2
    return np.asarray(np.sqrt(np.maximum(together - alone, 0.0)))
