"""What is compared along the ladder: how clearly each point is answered, and what the answer is worth.

Of classes the signal of a point is tanh(L / M). L: the log-odds of the class that the simulator names against the likeliest other
class. M: the median of the simulator's own L over the points. It lies in [-1, 1], is above 0 exactly where the device names
the simulator's class, and is 0.76 where the simulator is as sure as it usually is.

Noise shrinks the expectations a decision is made of (a layer of depolarizing noise multiplies each by a factor below 1;
Wang et al. 2021, arXiv 2007.14384) and shots scatter them: both lower the signal long before an answer flips. An answer is
one bit, whose standard deviation at a doubtful point is 0.5; the signal's is that of the shots alone. Log-odds, because a
class probability is flat wherever a model is sure: there noise would not show. tanh, so that no sure point outweighs the
doubtful ones, and so that scatter counts as a loss: it is concave where the answer agrees.

Of a quantity it is 1 - min(|v - s| / W, 1), with v what is measured, s what the simulator says and W the claim's worst error: how
near the device comes to the simulator. It is 1 where both say the same and 0 from W on, the simulator's own is 1, and what it
loses is the mean distance from it in units of W: the most that can come off the score by absolute error, which may also gain
where noise happens to move a value towards the truth. It is the absolute distance whatever the metric, since a squared one
hardly sees what is small. It is concave too, so that scatter counts as a loss, and bounded, so that no point outweighs the rest.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gates.claim import Claim
from gates.grading import grades
from qpilot.gap.rungs import Rung
from qpilot.mitigation import Mitigation, frequencies
from qpilot.program import Counts, Probabilities

Floats = NDArray[np.float64]
_LEAST = 1e-300  # a probability below it counts as this one
METRICS = ("signal", "accuracy", "raw signal", "raw accuracy")
"""What every point has a value of; accuracy is 0 or 1 of a class, the grade of a quantity.

Raw: from the unmitigated counts of the unfolded circuits.
"""


class Estimator(Protocol):
    """The classical half of a model: class probabilities (n_points, n_classes), or values (n_points, 1), of measured circuits."""

    def features(self, measured: tuple[Probabilities, ...]) -> Floats: ...

    def decide(self, features: Floats) -> Floats: ...


@dataclass(frozen=True)
class Reader:
    """Turns counts into METRICS. simulator, truth: (n_points,), class indices or values. scale: M above, in nats, or W."""

    estimator: Estimator
    mitigation: Mitigation
    claim: Claim
    simulator: NDArray[Any]
    truth: NDArray[Any]
    scale: float

    def of(self, said: Floats, raw: Floats, rows: slice) -> Floats:
        """(..., n_points, METRICS) from what `decide` says of the points `rows`, (..., n_points, its columns)."""
        found = [part for one in (said, raw) for part in self._signal_and_grade(one, rows)]
        return np.stack(np.broadcast_arrays(*found), axis=-1).astype(np.float64)

    def _signal_and_grade(self, said: Floats, rows: slice) -> tuple[Floats, NDArray[Any]]:
        simulator, truth = self.simulator[rows], self.truth[rows]
        if self.claim.quantity:
            values = said[..., 0]
            return nearness(values, simulator, self.scale), grades(self.claim, values, truth)
        return signal(said, simulator, self.scale), grades(self.claim, said.argmax(axis=-1), truth)

    def counts(self, settings: tuple[Counts, ...], calibration: tuple[Counts, ...], rows: slice) -> Floats:
        """(n_points, METRICS) of one batch's counts."""
        plain = tuple(map(frequencies, settings[:: self.mitigation.runs]))
        raw = self._decide(plain)
        said = self._decide(self.mitigation.combine(settings, calibration)) if self.mitigation.techniques else raw
        return self.of(said, raw, rows)

    def draws(self, rung: Rung, rows: slice, shots: int, number: int, rng: np.random.Generator) -> Floats:
        """(number, n_points, METRICS): a batch of the points `rows`, drawn from `rung` as often as `number` says."""
        points = len(self.simulator[rows])
        settings = [rng.multinomial(shots, one, size=(number, points)) for one in rung.settings]
        calibration = [rng.multinomial(shots, one, size=(number, 1)) for one in rung.calibration]
        together = tuple(one.reshape(number * points, -1) for one in settings)
        raw = self._decide(tuple(map(frequencies, together[:: self.mitigation.runs])))
        if not self.mitigation.techniques:
            said = raw
        elif not calibration:
            said = self._decide(self.mitigation.combine(together, ()))
        else:
            parts = [
                self.mitigation.combine(tuple(one[k] for one in settings), tuple(one[k] for one in calibration))
                for k in range(number)
            ]
            said = self._decide(tuple(map(np.concatenate, zip(*parts, strict=True))))
        return self.of(said.reshape(number, points, -1), raw.reshape(number, points, -1), rows)

    def _decide(self, measured: tuple[Probabilities, ...]) -> Floats:
        return np.asarray(self.estimator.decide(self.estimator.features(measured)), dtype=np.float64)


def log_odds(shares: Floats, named: NDArray[np.int64]) -> Floats:
    """(..., n_points), nats: of the class `named` against the likeliest other, from shares (..., n_points, n_classes)."""
    chosen = np.arange(shares.shape[-1]) == named[:, None]
    mine = np.where(chosen, shares, 0.0).sum(axis=-1)
    other = np.where(chosen, -np.inf, shares).max(axis=-1)
    return np.asarray(np.log(np.maximum(mine, _LEAST)) - np.log(np.maximum(other, _LEAST)))


def signal(shares: Floats, named: NDArray[np.int64], scale: float) -> Floats:
    """(..., n_points), of classes: see above."""
    return np.asarray(np.tanh(log_odds(shares, named) / scale))


def nearness(values: Floats, simulator: Floats, worst: float) -> Floats:
    """(..., n_points), of a quantity: see above. values, simulator and worst in the target's units; 0 of no finite value."""
    off = np.abs(values - simulator) / worst
    return np.asarray(1.0 - np.where(np.isfinite(off), np.minimum(off, 1.0), 1.0))


def usual(exact: Floats, named: NDArray[np.int64]) -> float:
    """M: the median log-odds of the simulator's answers `named`, from its class probabilities (n_points, n_classes)."""
    return max(float(np.median(log_odds(exact, named))), _LEAST)
