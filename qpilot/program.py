"""Circuits as a device runs them: many circuits of one shape, with their angles side by side."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]  # (n_circuits, 2**qubits); wire 0 is the most significant bit
Probabilities = NDArray[np.float64]  # the same shape, rows sum to 1


class Gate(NamedTuple):
    """A gate on `wires`; `angles` are columns of `Circuits.angles`, in the order the gate takes them."""

    name: str
    wires: tuple[int, ...]
    angles: tuple[int, ...] = ()


@dataclass(frozen=True)
class Circuits:
    """`n_circuits` circuits of one shape; every qubit is measured in the computational basis at the end.

    gates: names of `GATES`. angles: (n_circuits, n_angles), float64, radians. scale: odd; what runs in place of the
    circuit U is U (U^-1 U)^((scale - 1) / 2), the same answer from `scale` times as many noisy gates.
    """

    qubits: int
    gates: tuple[Gate, ...]
    angles: NDArray[np.float64]
    scale: int = 1

    def __len__(self) -> int:
        return len(self.angles)


GATES = {"h": 0, "x": 0, "y": 0, "z": 0, "s": 0, "sdg": 0, "rx": 1, "ry": 1, "rz": 1, "cnot": 0, "cz": 0}
"""Known gates and their number of angles. Conventions: rx(t) = exp(-i t X / 2), s = diag(1, i)."""
