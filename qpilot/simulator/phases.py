"""A permutation of the basis states with a diagonal behind it: one gather, one multiplication. A step as `steps` says."""

from dataclasses import dataclass

import numpy as np

from qpilot.simulator.steps import Floats, Indices, Precision, States

_BLOCK = 2**13
"""Phases computed at once: their parts fill the first two caches."""


@dataclass(frozen=True)
class Phases:
    """out[z] = constant[z] exp(-i/2 sum_k signs[z, k] angle_k) state[source[z]].

    fixed, fixed_signs: columns of the fixed angles that enter; varying, varying_signs: rows of the varying ones.
    """

    source: Indices | None
    inverse: Indices | None
    constant: States | None
    fixed: Indices
    fixed_signs: Floats
    varying: Indices
    varying_signs: Floats
    trained: bool
    scaled: bool

    @property
    def idle(self) -> bool:
        """Whether nothing happens here."""
        return self.source is None and self.constant is None and not len(self.fixed) and not self.varies

    @property
    def varies(self) -> bool:
        """Whether a row has angles of its own here."""
        return bool(len(self.varying))

    def operand(self, fixed: Floats, precision: Precision) -> States | None:
        """The phases all rows share, (2**qubits, 1); None where there are none."""
        if not len(self.fixed):
            return None if self.constant is None else self.constant[:, None].astype(precision)
        phases = _cis(self.fixed_signs @ fixed[self.fixed])
        return (phases if self.constant is None else phases * self.constant)[:, None].astype(precision)

    def apply(self, states: States, operand: States | None, varying: Floats, out: States, scratch: States) -> None:
        """The states after the step, into `out`."""
        _gather(states, self.source, out)
        if operand is not None:
            np.multiply(out, operand, out=out)
        if self.varies:
            _advance(out, self.varying_signs, varying[self.varying])

    def undo(self, states: States, operand: States | None, varying: Floats, out: States, scratch: States) -> None:
        """The inverse of `apply`."""
        turned = states
        if operand is not None:
            turned = np.multiply(turned, operand.conj(), out=scratch)
        if self.varies:
            if turned is states:
                np.copyto(scratch, states)
            turned = scratch
            _advance(turned, self.varying_signs, -varying[self.varying])
        _gather(turned, self.inverse, out)

    def gradient(self, ket: States, bra: States, shared: Floats, by_row: Floats | None) -> None:
        """d/d angle = sum_z signs[z] Im(conj(bra) ket)[z]."""
        if by_row is not None and self.varies:
            overlap = bra.real * ket.imag - bra.imag * ket.real
            by_row[self.varying] += self.varying_signs.T @ overlap
            if self.trained:
                shared[self.fixed] += overlap.sum(axis=1) @ self.fixed_signs
        elif self.trained:
            summed = np.einsum("zb,zb->z", bra.real, ket.imag) - np.einsum("zb,zb->z", bra.imag, ket.real)
            shared[self.fixed] += summed @ self.fixed_signs


def _cis(doubled: Floats) -> States:
    """exp(-i doubled / 2), from one tangent t: cos = (1 - t^2) / (1 + t^2), sin = 2 t / (1 + t^2).

    NumPy has vector code for float64 tangents and none for sines and cosines: ten times faster, as accurate.
    """
    tangent = -0.25 * doubled
    np.tan(tangent, out=tangent)
    square = tangent * tangent
    over = square + 1
    np.divide(1, over, out=over)
    out = np.empty(doubled.shape, dtype=np.complex128)
    np.subtract(1, square, out=square)
    np.multiply(square, over, out=out.real)
    np.add(tangent, tangent, out=tangent)
    np.multiply(tangent, over, out=out.imag)
    return out


def _advance(states: States, signs: Floats, angles: Floats) -> None:
    """Multiplies states[z, b] by exp(-i/2 sum_k signs[z, k] angles[k, b]), in blocks that stay in cache."""
    step = max(1, _BLOCK // max(1, states.shape[1]))
    for top in range(0, len(states), step):
        block = states[top : top + step]
        np.multiply(block, _cis(signs[top : top + step] @ angles), out=block, casting="same_kind")


def _gather(states: States, source: Indices | None, out: States) -> None:
    """out[z] = states[source[z]]; None gathers nothing."""
    if source is None:
        np.copyto(out, states)
    else:
        np.take(states, source, axis=0, out=out, mode="clip")  # any other mode goes through a copy
