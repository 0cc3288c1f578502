"""Overlaps of states, block by block, so that memory holds the answer and little else."""

import numpy as np

from qpilot.simulator.simulator import Simulator
from qpilot.simulator.steps import Floats, States

_BLOCK = 2**21  # entries of a block of inner products: 32 MB
HELD = 2**25
"""Amplitudes that a kernel may hold at once, 512 MB."""


def overlaps(a: States, b: States) -> Floats:
    """|<a_i|b_j>|^2, (n_a, n_b), from states (n, 2**qubits); half the work where b is a."""
    out = np.empty((len(a), len(b)))
    _fill(out, a, b, symmetric=a is b)
    return out


def kernel(
    simulator: Simulator, X: Floats, Y: Floats | None = None, weights: Floats | None = None, held: int = HELD
) -> Floats:
    """|<x_i|y_j>|^2, (n_x, n_y), of encoded rows; among the rows of X where Y is None. X: (n_x, inputs), radians.

    Of more than `held` amplitudes, states are computed in blocks, and again for every block they meet.
    """
    rows = max(1, held // 2 >> simulator.circuit.qubits)
    other = X if Y is None else Y
    if len(X) + len(other) <= 2 * rows:
        states = simulator.states(X, weights)
        return overlaps(states, states if Y is None else simulator.states(other, weights))
    out = np.empty((len(X), len(other)))
    for top in range(0, len(X), rows):
        a = simulator.states(X[top : top + rows], weights)
        for left in range(top if Y is None else 0, len(other), rows):
            b = a if Y is None and left == top else simulator.states(other[left : left + rows], weights)
            block = out[top : top + rows, left : left + rows]
            _fill(block, a, b, symmetric=b is a)
            if Y is None:
                out[left : left + rows, top : top + rows] = block.T
    return out


def _fill(out: Floats, a: States, b: States, symmetric: bool) -> None:
    bras, step = a.conj(), max(1, _BLOCK // max(1, len(b)))
    for top in range(0, len(a), step):
        left = top if symmetric else 0
        inner = bras[top : top + step] @ b[left:].T
        block = np.square(inner.real, out=out[top : top + step, left:])
        block += inner.imag**2
        if symmetric:
            rows = len(block)
            corner = block[:, :rows]
            corner[...] = (corner + corner.T) / 2  # BLAS rounds the two halves apart
            out[top + rows :, top : top + rows] = block[:, rows:].T
