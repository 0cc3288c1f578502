"""The two kinds of step every circuit becomes, on a batch of states of shape (2**qubits, n_rows), complex128.

RY is a real rotation; everything else permutes the basis states and turns their phases, for RX = RZ(-pi/2) RY RZ(pi/2)
and H = RY(pi/2) Z. So a circuit alternates `Phases`, one gather and one multiplication, and `Turns`, real matrix products
on groups of wires. Gradients follow from L' = 2 Re <bra| dU |ket>, with ket and bra both taken after the step.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
States = NDArray[np.complex128]
Indices = NDArray[np.intp]

_GROUP = 4  # wires a matrix product takes at once


@dataclass(frozen=True)
class Phases:
    """out[z] = constant[z] exp(-i/2 sum_k signs[z, k] angle_k) state[source[z]].

    fixed, varying: angles with a part that all rows share, and angles with a part that a row decides (an angle may be in
    both); signs are laid out alike.
    """

    source: Indices | None
    inverse: Indices | None
    constant: States | None
    fixed: Indices
    fixed_signs: Floats
    varying: Indices
    varying_signs: Floats

    def operand(self, angles: Floats) -> States | None:
        """The phases all rows share, (2**qubits, 1), from the circuit's fixed angles."""
        if not len(self.fixed):
            return None if self.constant is None else self.constant[:, None]
        phases = np.exp(-0.5j * (self.fixed_signs @ angles[self.fixed]))
        return (phases if self.constant is None else phases * self.constant)[:, None]

    def _by_row(self, varying: Floats) -> States:
        return np.exp(-0.5j * (self.varying_signs @ varying[self.varying]))

    def apply(self, states: States, operand: States | None, varying: Floats) -> States:
        """The states after the step. varying: (n_angles, n_rows)."""
        out = states if self.source is None else states[self.source]
        if operand is not None:
            out = out * operand
        return out * self._by_row(varying) if len(self.varying) else out

    def undo(self, states: States, operand: States | None, varying: Floats) -> States:
        """The inverse of `apply`."""
        out = states * self._by_row(varying).conj() if len(self.varying) else states
        if operand is not None:
            out = out * operand.conj()
        return out if self.inverse is None else out[self.inverse]

    def gradient(self, ket: States, bra: States, out: Floats) -> None:
        """Adds d/d angle of 2 Re <bra|ket>, summed over rows, into `out` (n_angles,)."""
        overlap = np.einsum("zb,zb->z", bra.conj(), ket).imag
        out[self.fixed] += overlap @ self.fixed_signs


@dataclass(frozen=True)
class Turns:
    """RY on some wires, at most one a wire. fixed: (angle, wire) in groups of neighbours; varying: (angle, wire) by row."""

    qubits: int
    groups: tuple[tuple[tuple[int, int], ...], ...]
    varying: tuple[tuple[int, int], ...]

    def operand(self, angles: Floats) -> tuple[Floats, ...]:
        """One real matrix a group, over the wires from its first to its last."""
        return tuple(_matrix(group, angles) for group in self.groups)

    def start(self, bits: Indices, operand: tuple[Floats, ...], angles: Floats, varying: Floats) -> States:
        """The product state that the step makes of the basis state `bits` (one bit a wire)."""
        turned = {wire: angles[k] + np.zeros(varying.shape[1]) for group in self.groups for k, wire in group}
        turned |= {wire: angles[k] + varying[k] for k, wire in self.varying}
        states = np.ones((1, varying.shape[1]))
        for wire in reversed(range(self.qubits)):
            half = turned[wire] / 2 if wire in turned else np.zeros(varying.shape[1])
            column = np.stack([-np.sin(half), np.cos(half)] if bits[wire] else [np.cos(half), np.sin(half)])
            states = (column[:, None] * states).reshape(-1, varying.shape[1])
        return states.astype(np.complex128)

    def apply(self, states: States, operand: tuple[Floats, ...], angles: Floats, varying: Floats) -> States:
        """The states after the step."""
        out = states
        for group, matrix in zip(self.groups, operand, strict=True):
            out = (matrix @ _split(out, group)).reshape(len(states), -1).view(np.complex128)
        for k, wire in self.varying:
            out = _rotate(out, wire, angles[k] + varying[k])
        return out

    def undo(self, states: States, operand: tuple[Floats, ...], angles: Floats, varying: Floats) -> States:
        """The inverse of `apply`."""
        out = states
        for group, matrix in zip(self.groups, operand, strict=True):
            out = (matrix.T @ _split(out, group)).reshape(len(states), -1).view(np.complex128)
        for k, wire in self.varying:
            out = _rotate(out, wire, -angles[k] - varying[k])
        return out

    def gradient(self, ket: States, bra: States, out: Floats) -> None:
        """Adds d/d angle of 2 Re <bra|ket>, summed over rows, into `out` (n_angles,)."""
        groups = (*self.groups, *((turn,) for turn in self.varying))
        for group in groups:
            overlap = np.matmul(_split(ket, group), _split(bra, group).transpose(0, 2, 1)).sum(axis=0)
            first, last = group[0][1], group[-1][1]
            for k, wire in group:
                shape = (2 ** (wire - first), 2, 2 ** (last - wire))
                block = np.einsum("iajibj->ab", overlap.reshape(*shape, *shape))
                out[k] += block[0, 1] - block[1, 0]


def _split(states: States, group: tuple[tuple[int, int], ...]) -> Floats:
    """A real view (before, the group's wires, behind and rows) of the states."""
    first, last = group[0][1], group[-1][1]
    return states.view(np.float64).reshape(2**first, 2 ** (last - first + 1), -1)


def _matrix(group: tuple[tuple[int, int], ...], angles: Floats) -> Floats:
    """The Kronecker product of the group's rotations, with identities on wires in between."""
    by_wire = {wire: angles[k] / 2 for k, wire in group}
    out = np.ones((1, 1))
    for wire in range(group[0][1], group[-1][1] + 1):
        half = by_wire.get(wire, 0.0)
        cos, sin = np.cos(half), np.sin(half)
        out = np.kron(out, np.array([[cos, -sin], [sin, cos]]))
    return out


def _rotate(states: States, wire: int, angles: Floats) -> States:
    """RY of every row's own angle on `wire`."""
    cos, sin = np.cos(angles / 2), np.sin(angles / 2)
    halves = states.reshape(2**wire, 2, -1, states.shape[1])
    out = np.empty_like(halves)
    out[:, 0] = cos * halves[:, 0] - sin * halves[:, 1]
    out[:, 1] = sin * halves[:, 0] + cos * halves[:, 1]
    return out.reshape(states.shape)
