"""What is compared along the ladder: how clearly each point is answered, and whether it is answered right.

The signal of a point is the probability of the class that the simulator names minus that of the likeliest other class:
in [-1, 1], and above 0 exactly where the device names the simulator's class. Noise shrinks the expectations a decision is
made of (a layer of depolarizing noise multiplies each by a factor below 1; Wang et al. 2021, arXiv 2007.14384), and
shots scatter them, so every fault lowers it long before an answer flips. An answer gives one bit a point, the signal a
number whose scatter is that of the shots alone: with 500 of them about 0.05, against up to 0.5 for the bit.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qpilot.gap.rungs import Rung
from qpilot.mitigation import Mitigation, frequencies
from qpilot.program import Counts, Probabilities

Floats = NDArray[np.float64]
METRICS = ("signal", "accuracy", "raw signal", "raw accuracy")
"""What every point has a value of. Raw: from the unmitigated counts of the unfolded circuits."""


class Estimator(Protocol):
    """The classical half of a model: class probabilities (n_points, n_classes) from measured probabilities."""

    def features(self, measured: tuple[Probabilities, ...]) -> Floats: ...

    def decide(self, features: Floats) -> Floats: ...


@dataclass(frozen=True)
class Reader:
    """Turns counts into METRICS. simulator, truth: (n_points,), class indices."""

    estimator: Estimator
    mitigation: Mitigation
    simulator: NDArray[np.int64]
    truth: NDArray[np.int64]

    def of(self, shares: Floats, raw: Floats, rows: slice) -> Floats:
        """(..., n_points, METRICS) from class probabilities (..., n_points, n_classes) of the points `rows`."""
        simulator, truth = self.simulator[rows], self.truth[rows]
        found = [part for one in (shares, raw) for part in (margin(one, simulator), one.argmax(axis=-1) == truth)]
        return np.stack(np.broadcast_arrays(*found), axis=-1).astype(np.float64)

    def counts(self, settings: tuple[Counts, ...], calibration: tuple[Counts, ...], rows: slice) -> Floats:
        """(n_points, METRICS) of one batch's counts."""
        plain = tuple(map(frequencies, settings[:: self.mitigation.runs]))
        raw = self._decide(plain)
        shares = self._decide(self.mitigation.combine(settings, calibration)) if self.mitigation.techniques else raw
        return self.of(shares, raw, rows)

    def draws(self, rung: Rung, rows: slice, shots: int, number: int, rng: np.random.Generator) -> Floats:
        """(number, n_points, METRICS): a batch of the points `rows`, drawn from `rung` as often as `number` says."""
        points = len(self.simulator[rows])
        settings = [rng.multinomial(shots, one, size=(number, points)) for one in rung.settings]
        calibration = [rng.multinomial(shots, one, size=(number, 1)) for one in rung.calibration]
        together = tuple(one.reshape(number * points, -1) for one in settings)
        raw = self._decide(tuple(map(frequencies, together[:: self.mitigation.runs])))
        if not self.mitigation.techniques:
            shares = raw
        elif not calibration:
            shares = self._decide(self.mitigation.combine(together, ()))
        else:
            parts = [
                self.mitigation.combine(tuple(one[k] for one in settings), tuple(one[k] for one in calibration))
                for k in range(number)
            ]
            shares = self._decide(tuple(map(np.concatenate, zip(*parts, strict=True))))
        return self.of(shares.reshape(number, points, -1), raw.reshape(number, points, -1), rows)

    def _decide(self, measured: tuple[Probabilities, ...]) -> Floats:
        return np.asarray(self.estimator.decide(self.estimator.features(measured)), dtype=np.float64)


def margin(shares: Floats, named: NDArray[np.int64]) -> Floats:
    """(..., n_points): the probability of the class `named` minus the largest of the others."""
    chosen = np.arange(shares.shape[-1]) == named[:, None]
    mine = np.where(chosen, shares, 0.0).sum(axis=-1)
    return np.asarray(mine - np.where(chosen, -np.inf, shares).max(axis=-1))
