"""What every step of a circuit keeps to, on a batch of states of shape (2**qubits, n_rows), double or single.

RY is a real rotation; everything else permutes the basis states and turns their phases, for RX = RZ(-pi/2) RY RZ(pi/2)
and H = RY(pi/2) Z. So a circuit alternates `phases` (one gather, one multiplication) and
`turns` (real matrix products on groups of neighbouring wires), with `fans` between where other wires decide an angle.
Angles come in two parts: `fixed`, (n_angles,), the part all rows share, and `varying`, (n_varying, n_rows), the part a
row decides. An operand is what a step makes of the fixed angles, once a call. Angles are float64 always; states, and
what multiplies them, have the precision of the call.

A step's gradient adds d/d angle of 2 Re <bra|ket>, summed over rows, to `shared`, (n_angles,), where weights have a part
in that; and by row to `by_row`, (n_varying, n_rows), unless that is None. ket and bra are as after the step.

Steps write into buffers that the caller owns: fresh memory costs as much as the arithmetic (a page fault per 4 kB).
`out` and `scratch` have the states' shape and share no memory with them or each other; `states` is left as it was.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
States = NDArray[np.complex128]
"""Amplitudes; complex64 in single precision."""
Indices = NDArray[np.intp]

Precision = np.dtype[Any]
"""np.dtype(complex128) or np.dtype(complex64)."""


def parts(states: States) -> Floats:
    """Real and imaginary parts by turns, a view."""
    return states.view(states.real.dtype)


def rotate(halves: Floats, cos: Floats, sin: Floats, out: Floats) -> None:
    """(cos h_0 - sin h_1, sin h_0 + cos h_1) of halves (..., 2, wires behind, 2 n_rows), real; out: the same shape."""
    zero, one = halves[:, 0], halves[:, 1]
    part = sin * one
    np.multiply(cos, zero, out=out[:, 0])
    np.subtract(out[:, 0], part, out=out[:, 0])
    np.multiply(sin, zero, out=part)
    np.multiply(cos, one, out=out[:, 1])
    np.add(out[:, 1], part, out=out[:, 1])


def halves(states: States, wire: int) -> Floats:
    """A real view: (wires before, the wire, wires behind, 2 n_rows)."""
    return parts(states).reshape(2**wire, 2, -1, 2 * states.shape[1])


def twice(values: Floats, precision: Precision) -> Floats:
    """Real numbers a row, each for a real and an imaginary part: (..., n_rows) -> (..., 2 n_rows)."""
    return np.repeat(values.astype(np.empty(0, precision).real.dtype), 2, axis=-1)
