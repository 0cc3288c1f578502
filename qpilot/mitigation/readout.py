"""Readout correction: the linear inverse of one confusion matrix a qubit, from two calibration circuits a batch."""

import numpy as np
from numpy.typing import NDArray

from qpilot.errors import QpilotError
from qpilot.mitigation.technique import Rows, Settings, Technique, frequencies
from qpilot.program import Circuits, Counts, Gate

MIN_CONTRAST = 0.1
"""Least determinant of a qubit's confusion matrix, P(read 1 | 1) - P(read 1 | 0), that is inverted."""


def all_zero_all_one(qubits: int) -> Settings:
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


def invert(rows: tuple[Rows, ...], calibration: tuple[Counts, ...]) -> tuple[Rows, ...]:
    """The rows (n_circuits, 2**qubits) that the confusion matrices turn into `rows`; some values may be negative."""
    matrices = confusion(calibration)
    determinants = np.linalg.det(matrices)
    if np.any(determinants < MIN_CONTRAST):
        worst = int(np.argmin(determinants))
        raise QpilotError(
            f"readout of qubit {worst} hardly tells 0 from 1 (contrast {determinants[worst]:.2f}, at least"
            f" {MIN_CONTRAST:.2f} is required): choose another device or a hardware.mitigation without readout"
        )
    inverses = np.asarray(np.linalg.inv(matrices), dtype=np.float64)
    return tuple(_apply(inverses, one) for one in rows)


def _apply(matrices: NDArray[np.float64], rows: Rows) -> Rows:
    """Each qubit's matrix (qubits, 2, 2) applied to its bit of every row's outcomes."""
    qubits = len(matrices)
    if rows.shape[1] != 2**qubits:
        raise QpilotError(f"counts have {rows.shape[1]} outcomes, the calibration {2**qubits}: different qubit numbers")
    tensor = rows.reshape((len(rows),) + (2,) * qubits)
    for qubit, matrix in enumerate(matrices):
        tensor = np.moveaxis(np.tensordot(tensor, matrix, axes=(qubit + 1, 1)), -1, qubit + 1)
    return np.asarray(tensor.reshape(rows.shape))


READOUT = Technique(1, 2, lambda settings: (settings, all_zero_all_one(settings[0].qubits)), invert)
