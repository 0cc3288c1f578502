"""The device stage in small: held-out development rows answered by the emulated device, at any number of shots."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.claim import Claim
from gates.grading import Grades, grades
from qpilot.backend import Backend, Batch
from qpilot.data.split import folds
from qpilot.data.table import Table
from qpilot.mitigation import Mitigation, frequencies
from qpilot.program import Circuits, Counts, Probabilities
from qpilot.prototype.fitted import Fitted, refitted

Answers = NDArray[Any]
"""One a row: class indices, int64, or values in the target's units, float64."""

MOST_ROWS = 300
LEAST_ROWS = 25
EFFORT = 13_000_000
"""Circuits times 4**qubits: a few seconds of noise simulation on one core."""
PARTS = 3


@dataclass(frozen=True)
class Rehearsal:
    """What the emulated device shows on rows that the estimator was not fitted on.

    truth, simulated: (n_rows,), the latter the exact simulator's answers. claim: what grades them. settings: for each setting
    (n_rows, 2**qubits) near-exact noisy probabilities (relative frequencies of as many shots as the device takes);
    calibration: (1, 2**qubits) each.
    """

    estimator: Any
    mitigation: Mitigation
    claim: Claim
    truth: Answers
    simulated: Answers
    settings: tuple[Probabilities, ...]
    calibration: tuple[Probabilities, ...]

    def grades(self, answers: Answers) -> Grades:
        """What `answers`, (n_rows,), are worth."""
        return grades(self.claim, answers, self.truth)

    def answers(self, shots: int, rng: np.random.Generator) -> Answers:
        """Answers (n_rows,) at `shots` shots a circuit, calibration circuits included."""
        calibration = tuple(rng.multinomial(shots, rows) for rows in self.calibration)
        return self._decide(tuple(rng.multinomial(shots, rows) for rows in self.settings), calibration)

    @property
    def limit(self) -> Answers:
        """Answers (n_rows,) with as many shots as the device takes: what remains is gate noise and readout."""
        settings, calibration = (tuple(map(_as_counts, part)) for part in (self.settings, self.calibration))
        return self._decide(settings, calibration)

    def _decide(self, settings: tuple[Counts, ...], calibration: tuple[Counts, ...]) -> Answers:
        measured = self.mitigation.combine(settings, calibration)
        return np.asarray(self.estimator.answer(self.estimator.features(measured)))


@dataclass(frozen=True)
class HeldOut:
    """A model refitted on two thirds of the development rows, and the others in random order.

    The rows a model was fitted on lie farther from its decision boundary, or nearer its answers, than new ones, so they
    would promise too small a loss. X: raw features; y: class indices or values.
    """

    model: Fitted
    X: NDArray[np.float64]
    y: Answers


def hold_out(model: Fitted, rows: Table, seed: int) -> HeldOut:
    """`model` refitted, as its own reducer and estimator are configured."""
    train, test = folds(rows.y, rows.groups, rows.times, PARTS, 1, seed)[-1]
    order = np.random.default_rng([seed, 6]).permutation(test)
    return HeldOut(refitted(model, rows.take(train)), rows.X[order], rows.y[order])


def rehearse(held: HeldOut, claim: Claim, backend: Backend, mitigation: Mitigation, shots: int, seed: int) -> Rehearsal:
    """The refitted model answered by `backend` on at most 300 rows that it has not seen.

    `backend` must be an emulator; `shots` is the most its device takes a circuit.
    """
    settings: tuple[Circuits, ...] = held.model.estimator.circuits(held.model.view(held.X[:1]))
    most = affordable_rows(len(settings) * mitigation.runs, settings[0].qubits)
    view = held.model.view(held.X[:most])
    batch = Batch(*mitigation.construct(tuple(held.model.estimator.circuits(view))), shots)
    seen = backend.collect(backend.submit(batch, f"rehearsal/{seed}"))
    return Rehearsal(
        estimator=held.model.estimator,
        mitigation=mitigation,
        claim=claim,
        truth=held.y[:most],
        simulated=np.asarray(held.model.estimator.predict(view)),
        settings=tuple(map(frequencies, seen.settings)),
        calibration=tuple(map(frequencies, seen.calibration)),
    )


def _as_counts(rows: Probabilities) -> Counts:
    """Counts in the ratio of the probabilities: only ratios matter to a mitigation."""
    return np.rint(rows * 1e6).astype(np.int64)


def affordable_rows(settings: int, qubits: int) -> int:
    """How many rows are rehearsed: 300, fewer where a row takes many circuits or many qubits, 25 at least."""
    return max(LEAST_ROWS, min(MOST_ROWS, EFFORT // (settings << 2 * qubits)))
