"""One-qubit unitaries of many circuits at once, and what they are made of.

A unitary of `n_circuits` circuits is (n_circuits, 2, 2) complex128, or (1, 2, 2) where every circuit has the same one.
"""

import numpy as np
from numpy.typing import NDArray

from qpilot.errors import QpilotError
from qpilot.program import GATES, Circuits, Gate

Unitary = NDArray[np.complex128]
Angle = NDArray[np.float64]
TOLERANCE = 1e-9

IDENTITY: Unitary = np.eye(2, dtype=np.complex128)[None]
_X = np.array([[0, 1], [1, 0]], dtype=np.complex128)
_Y = np.array([[0, -1j], [1j, 0]], dtype=np.complex128)
_Z = np.diag([1, -1]).astype(np.complex128)
PAULIS: NDArray[np.complex128] = np.stack([np.eye(2, dtype=np.complex128), _X, _Y, _Z])
H: Unitary = ((_X + _Z) / np.sqrt(2))[None]
FIXED: dict[str, Unitary] = {
    "h": H,
    "x": _X[None],
    "y": _Y[None],
    "z": _Z[None],
    "s": np.diag([1, 1j])[None].astype(np.complex128),
    "sdg": np.diag([1, -1j])[None].astype(np.complex128),
}
_AXES = {"rx": _X, "ry": _Y, "rz": _Z}


def unitary(gate: Gate, circuits: Circuits) -> Unitary:
    """The matrices of a one-qubit gate; one shared matrix where all circuits have the same angle."""
    if gate.name in FIXED:
        return FIXED[gate.name]
    if gate.name not in _AXES:
        raise QpilotError(f"gate {gate.name!r} cannot run on a device; known gates: {', '.join(GATES)}")
    angles = circuits.angles[:, gate.angles[0]]
    if np.all(angles == angles[0]):
        angles = angles[:1]
    half = (angles / 2)[:, None, None]
    turned: Unitary = np.cos(half) * IDENTITY - 1j * np.sin(half) * _AXES[gate.name]
    return turned


def inverse(matrices: Unitary) -> Unitary:
    """What undoes each of them."""
    return matrices.conj().transpose(0, 2, 1)


def is_diagonal(matrices: Unitary) -> bool:
    """Whether every circuit's matrix only turns about Z: no pulse on the device, a virtual Z."""
    return bool(np.all(np.abs(matrices[:, 0, 1]) < TOLERANCE))


def rotation(matrices: Unitary) -> tuple[Angle, Angle, Angle]:
    """(theta, phi, frame), each (n,), with U = RZ(frame) PRX(theta, phi) up to a phase and theta in [0, pi].

    PRX(theta, phi) = RZ(phi) RX(theta) RZ(-phi), as IQM and Braket define it.
    """
    u00, u01, u10, u11 = matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 1, 0], matrices[:, 1, 1]
    theta = 2 * np.arctan2(np.abs(u10), np.abs(u00))
    frame = np.where(np.abs(u00) > TOLERANCE, np.angle(u11 * u00.conj()), 0.0)
    # A half turn leaves the frame free: with none, the axis is half the phase between the two corners.
    phi = np.where(np.abs(u00) > TOLERANCE, np.angle(1j * u10 * u00.conj()) - frame, np.angle(u10 * u01.conj()) / 2)
    return theta, phi, frame


def transfer(matrices: Unitary) -> NDArray[np.float64]:
    """Pauli transfer matrices (n, 4, 4): R[i, j] = Tr(P_i U P_j U^dagger) / 2, with P = I, X, Y, Z."""
    turned = matrices[:, None] @ PAULIS @ inverse(matrices)[:, None]
    return np.asarray(np.einsum("iab,njba->nij", PAULIS, turned).real / 2)
