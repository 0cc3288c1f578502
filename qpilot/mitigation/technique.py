"""Error mitigation as a pure pair either side of execution, and how techniques are put together."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qpilot.errors import QpilotError
from qpilot.program import Circuits, Counts, Probabilities

Settings = tuple[Circuits, ...]
Rows = NDArray[
    np.float64
]  # (n_circuits, 2**qubits), rows sum to 1; what an inverse or an extrapolation leaves below 0 stays


@dataclass(frozen=True)
class Technique:
    """One linear correction. `construct(settings)` -> (circuits to run, calibration circuits); `combine` undoes it.

    runs: circuits run for one it is given, side by side. calibrations: circuits a batch is given besides.
    combine(rows of every circuit run, calibration counts) -> rows of every setting it was given.
    """

    runs: int
    calibrations: int
    construct: Callable[[Settings], tuple[Settings, Settings]]
    combine: Callable[[tuple[Rows, ...], tuple[Counts, ...]], tuple[Rows, ...]]


@dataclass(frozen=True)
class Mitigation:
    """Techniques in the order their corrections are applied to what was read; none leaves relative frequencies.

    `runs`, `calibrations` and `construct` are a technique's. `combine(counts of every circuit run, calibration counts)`
    -> for each setting (n_circuits, 2**qubits) non-negative rows that sum to 1. Every row of counts holds a shot.
    """

    techniques: tuple[Technique, ...] = ()

    @property
    def runs(self) -> int:
        """Circuits run for one of the model's; those of one setting stand side by side, the unfolded one first."""
        return int(np.prod([technique.runs for technique in self.techniques], dtype=int))

    @property
    def calibrations(self) -> int:
        """Calibration circuits a batch is given."""
        return sum(technique.calibrations for technique in self.techniques)

    def construct(self, settings: Settings) -> tuple[Settings, Settings]:
        """The circuits to run for `settings`, and the calibration circuits."""
        calibration: Settings = ()
        for technique in reversed(self.techniques):
            settings, own = technique.construct(settings)
            calibration = own + calibration
        return settings, calibration

    def estimate(self, counts: tuple[Counts, ...], calibration: tuple[Counts, ...]) -> tuple[Rows, ...]:
        """`combine` without its last step: rows sum to 1, and some of their values may be negative.

        Any linear functional of them is what the same correction of that functional alone would be.
        """
        if len(calibration) != self.calibrations:
            raise QpilotError(
                f"the mitigation needs the counts of {self.calibrations} calibration circuits, got {len(calibration)}:"
                " combine counts with the mitigation that constructed their circuits"
            )
        rows = tuple(map(frequencies, counts))
        for technique in self.techniques:
            own, calibration = calibration[: technique.calibrations], calibration[technique.calibrations :]
            rows = technique.combine(rows, own)
        return rows

    def combine(self, counts: tuple[Counts, ...], calibration: tuple[Counts, ...]) -> tuple[Probabilities, ...]:
        """The nearest probability vector to each row of `estimate`.

        That last step adds a bias: where shot noise takes rare outcomes below 0 they are raised, and the others lowered
        to pay for it. Largest where expectations are large and shots few: on <ZZ> of 4-qubit circuits of one to four
        layers, 300 shots, at most 0.004 in readout correction and 0.038 (27 % of a standard error) with Richardson's
        extrapolation as well, whose standard error it cuts by up to a fifth; it falls with the shots.
        benchmarks/mitigation.py prints both.
        """
        rows = self.estimate(counts, calibration)
        return tuple(map(nearest_probabilities, rows)) if self.techniques else rows


def frequencies(counts: Counts) -> Probabilities:
    """Relative frequencies of each row of `counts` (n_circuits, 2**qubits). A row without shots is an error."""
    shots = counts.sum(axis=1, keepdims=True)
    if np.any(shots <= 0):
        raise QpilotError("a circuit came back with zero shots: no probability can be estimated; submit it again")
    return np.asarray(counts / shots, dtype=np.float64)


def nearest_probabilities(rows: Rows) -> Probabilities:
    """The Euclidean projection of each row of (n, m) onto the probability simplex.

    The likeliest physical state of rows with equal noise (Smolin, Gambetta, Smith 2012, Phys. Rev. Lett. 108, 070502).
    """
    descending = -np.sort(-rows, axis=1)
    excess = np.cumsum(descending, axis=1) - 1
    positive = descending - excess / np.arange(1, rows.shape[1] + 1) > 0
    last = rows.shape[1] - 1 - np.argmax(positive[:, ::-1], axis=1)
    shift = excess[np.arange(len(rows)), last] / (last + 1)
    projected: Probabilities = np.maximum(rows - shift[:, None], 0.0)
    return projected
