"""Error mitigation as a pure pair either side of execution: construct the circuits to run, combine their counts.

The null technique "none" has the same interface, so nothing downstream asks which one is in use.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qpilot.errors import QpilotError
from qpilot.program import Circuits, Counts, Gate, Probabilities

Settings = tuple[Circuits, ...]


@dataclass(frozen=True)
class Mitigation:
    """`construct(settings)` -> (circuits to run, calibration circuits); `combine` undoes it on their counts.

    runs: circuits run for one of the model's, those of one setting side by side. calibrations: circuits a batch is given
    besides. combine(counts of every circuit run, calibration counts) -> for each setting (n_circuits, 2**qubits)
    non-negative rows that sum to 1; every row of counts holds at least one shot.
    """

    runs: int
    calibrations: int
    construct: Callable[[Settings], tuple[Settings, Settings]]
    combine: Callable[[tuple[Counts, ...], tuple[Counts, ...]], tuple[Probabilities, ...]]


def frequencies(counts: Counts) -> Probabilities:
    """Relative frequencies of each row of `counts` (n_circuits, 2**qubits). A row without shots is an error."""
    shots = counts.sum(axis=1, keepdims=True)
    if np.any(shots <= 0):
        raise QpilotError("a circuit came back with zero shots: no probability can be estimated; submit it again")
    return np.asarray(counts / shots, dtype=np.float64)


def _all_zero_all_one(qubits: int) -> tuple[Circuits, ...]:
    """Two circuits: nothing, and X on every qubit."""
    nothing = np.zeros((1, 0))
    return (
        Circuits(qubits, (), nothing),
        Circuits(qubits, tuple(Gate("x", (wire,)) for wire in range(qubits)), nothing),
    )


def confusion(calibration: tuple[Counts, ...]) -> NDArray[np.float64]:
    """Per-qubit confusion matrices M[q, read, prepared] (qubits, 2, 2) from the all-0 and all-1 counts.

    Gate error of the X gates counts as readout error (about 0.1 % against 2-4 % on today's devices); correlated
    readout is not seen. Several batches' calibrations may be summed beforehand.
    """
    if len(calibration) != 2:
        raise QpilotError(
            f"readout correction needs the counts of 2 calibration circuits (all 0, all 1), got {len(calibration)}"
        )
    qubits = calibration[0].shape[1].bit_length() - 1
    matrices = np.empty((qubits, 2, 2))
    for prepared, counts in enumerate(calibration):
        joint = frequencies(counts.sum(axis=0, keepdims=True)).reshape((2,) * qubits)
        for qubit in range(qubits):
            matrices[qubit, :, prepared] = joint.sum(axis=tuple(q for q in range(qubits) if q != qubit))
    return matrices


def _invert_readout(counts: Counts, calibration: tuple[Counts, ...]) -> Probabilities:
    """Linear inverse of the tensored confusion matrices, then the nearest probability vector.

    Nearest in the Euclidean sense (Smolin, Gambetta, Smith 2012, Phys. Rev. Lett. 108, 070502).
    """
    matrices = confusion(calibration)
    determinants = np.linalg.det(matrices)
    if np.any(determinants < 0.1):
        worst = int(np.argmin(determinants))
        raise QpilotError(
            f"readout of qubit {worst} hardly tells 0 from 1 (contrast {determinants[worst]:.2f}, at least 0.10 is "
            'required): choose another device or set hardware.mitigation = "none"'
        )
    raw = frequencies(counts)
    qubits = len(matrices)
    if raw.shape[1] != 2**qubits:
        raise QpilotError(f"counts have {raw.shape[1]} outcomes, the calibration {2**qubits}: different qubit numbers")
    tensor = raw.reshape((len(raw),) + (2,) * qubits)
    for qubit, inverse in enumerate(np.linalg.inv(matrices)):
        tensor = np.moveaxis(np.tensordot(tensor, inverse, axes=(qubit + 1, 1)), -1, qubit + 1)
    return nearest_probabilities(tensor.reshape(raw.shape))


def nearest_probabilities(rows: NDArray[np.float64]) -> Probabilities:
    """The Euclidean projection of each row of (n, m) onto the probability simplex."""
    descending = -np.sort(-rows, axis=1)
    excess = np.cumsum(descending, axis=1) - 1
    positive = descending - excess / np.arange(1, rows.shape[1] + 1) > 0
    last = rows.shape[1] - 1 - np.argmax(positive[:, ::-1], axis=1)
    shift = excess[np.arange(len(rows)), last] / (last + 1)
    projected: Probabilities = np.maximum(rows - shift[:, None], 0.0)
    return projected


MITIGATIONS: dict[str, Mitigation] = {
    "none": Mitigation(
        1, 0, lambda settings: (settings, ()), lambda counts, calibration: tuple(map(frequencies, counts))
    ),
    "readout": Mitigation(
        1,
        2,
        lambda settings: (settings, _all_zero_all_one(settings[0].qubits)),
        lambda counts, calibration: tuple(_invert_readout(one, calibration) for one in counts),
    ),
}
