"""The two kinds of step every circuit becomes, on a batch of states of shape (2**qubits, n_rows), double or single.

RY is a real rotation; everything else permutes the basis states and turns their phases, for RX = RZ(-pi/2) RY RZ(pi/2)
and H = RY(pi/2) Z. So a circuit alternates `Phases` (one gather, one multiplication) and
`Turns` (real matrix products on groups of neighbouring wires). Angles come in two parts: `fixed`, (n_angles,), the part
all rows share, and `varying`, (n_varying, n_rows), the part a row decides. An operand is what a step makes of the fixed
angles, once a call. Angles are float64 always; states, and what multiplies them, have the precision of the call.

A step's gradient adds d/d angle of 2 Re <bra|ket>, summed over rows, to `shared`, (n_angles,), where weights have a part
in that; and by row to `by_row`, (n_varying, n_rows), unless that is None. ket and bra are as after the step.

Steps write into buffers that the caller owns: fresh memory costs as much as the arithmetic (a page fault per 4 kB).
`out` and `scratch` have the states' shape and share no memory with them or each other; `states` is left as it was.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
States = NDArray[np.complex128]
"""Amplitudes; complex64 in single precision."""
Indices = NDArray[np.intp]

_BLOCK = 2**13
"""Phases computed at once: their parts fill the first two caches."""

Precision = np.dtype[Any]
"""np.dtype(complex128) or np.dtype(complex64)."""

TurnsOperand = tuple[tuple[Floats, ...], Floats]


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


@dataclass(frozen=True)
class Group:
    """RY on neighbouring wires, applied as one matrix. angles: (width,), one a wire (a constant 0 where nothing turns).

    generators: (width, 4**width), d/d angle of the group's overlap matrix: +1 and -1 where -iY has them.
    """

    before: int
    angles: Indices
    generators: Floats

    def split(self, states: States) -> Floats:
        """A real view of the states: (wires before, the group's wires, wires behind with rows)."""
        return parts(states).reshape(2**self.before, 2 ** len(self.angles), -1)


@dataclass(frozen=True)
class Turns:
    """RY on some wires, at most one a wire: groups of fixed ones, and (angle, row of varying, wire) for the others."""

    qubits: int
    groups: tuple[Group, ...]
    varying: tuple[tuple[int, int, int], ...]
    trained: bool
    scaled: bool

    @property
    def idle(self) -> bool:
        """Whether nothing happens here."""
        return not self.groups and not self.varying

    @property
    def varies(self) -> bool:
        """Whether a row has angles of its own here."""
        return bool(self.varying)

    def operand(self, fixed: Floats, precision: Precision) -> TurnsOperand:
        """One real matrix a group, and the fixed angles as they are."""
        real = np.empty(0, precision).real.dtype
        return tuple(_matrix(fixed[group.angles]).astype(real) for group in self.groups), fixed

    def apply(self, states: States, operand: TurnsOperand, varying: Floats, out: States, scratch: States) -> None:
        """The states after the step, into `out`."""
        self._turn(states, operand[0], [operand[1][k] + varying[row] for k, row, _ in self.varying], out, scratch)

    def undo(self, states: States, operand: TurnsOperand, varying: Floats, out: States, scratch: States) -> None:
        """The inverse of `apply`."""
        back = tuple(matrix.T for matrix in operand[0])
        self._turn(states, back, [-operand[1][k] - varying[row] for k, row, _ in self.varying], out, scratch)

    def _turn(
        self, states: States, matrices: tuple[Floats, ...], angles: list[Floats], out: States, scratch: States
    ) -> None:
        products = len(matrices) + len(angles)
        if not products:
            np.copyto(out, states)
        source = states
        for place in range(products):
            target = out if (products - place) % 2 else scratch  # by turns, so that the last is `out`
            if place < len(matrices):
                group = self.groups[place]
                np.matmul(matrices[place], group.split(source), out=group.split(target))
            else:
                turn = place - len(matrices)
                wire, half = self.varying[turn][2], angles[turn] / 2
                cos, sin = twice(np.cos(half), source.dtype), twice(np.sin(half), source.dtype)
                rotate(halves(source, wire), cos, sin, halves(target, wire))
            source = target

    def gradient(self, ket: States, bra: States, shared: Floats, by_row: Floats | None) -> None:
        """d/d angle = Re <bra| -iY |ket>, of every wire of a group from one overlap matrix."""
        if self.trained:
            for group in self.groups:
                overlap = np.matmul(group.split(ket), group.split(bra).transpose(0, 2, 1)).sum(axis=0)
                shared[group.angles] += group.generators @ overlap.reshape(-1)
        if not (self.trained or by_row is not None):
            return
        for k, row, wire in self.varying:
            kets, bras = halves(ket, wire), halves(bra, wire)
            slopes = np.einsum("azb,azb->b", kets[:, 0], bras[:, 1]) - np.einsum("azb,azb->b", kets[:, 1], bras[:, 0])
            shared[k] += slopes.sum()
            if by_row is not None:
                by_row[row] += slopes.reshape(-1, 2).sum(axis=1)

    def start(self, place: int, operand: TurnsOperand, varying: Floats, out: States) -> None:
        """The step applied to the basis state `place`, into `out`: a product state, built without a matrix product."""
        rows = varying.shape[1]
        half = np.zeros((self.qubits, rows))
        for group in self.groups:
            half[group.before : group.before + len(group.angles)] = operand[1][group.angles, None] / 2
        for k, row, wire in self.varying:
            half[wire] = (operand[1][k] + varying[row]) / 2
        real = out.real.dtype
        cos, sin = np.cos(half).astype(real), np.sin(half).astype(real)
        states = np.ones((1, rows), dtype=real)
        for wire in reversed(range(self.qubits)):
            one = place >> (self.qubits - 1 - wire) & 1
            column = np.array([-sin[wire], cos[wire]] if one else [cos[wire], sin[wire]])[:, None]
            if wire:
                states = (column * states).reshape(-1, rows)
            else:
                np.multiply(column, states, out=out.reshape(2, -1, rows))


def generators(width: int) -> Floats:
    """For each of `width` wires, the signs with which the overlap sum_c ket[a, c] bra[b, c] enters its gradient."""
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    return np.array([
        np.kron(np.kron(np.eye(2**wire), turn), np.eye(2 ** (width - 1 - wire))).reshape(-1) for wire in range(width)
    ])  # fmt: skip


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


def parts(states: States) -> Floats:
    """Real and imaginary parts by turns, a view."""
    return states.view(states.real.dtype)


def _matrix(angles: Floats) -> Floats:
    """The Kronecker product of RY(angle), first angle outermost: (2**width, 2**width)."""
    cos, sin = np.cos(angles / 2), np.sin(angles / 2)
    turns = np.array([[cos, -sin], [sin, cos]])
    out = turns[:, :, 0]
    for wire in range(1, len(angles)):
        out = (out[:, None, :, None] * turns[None, :, None, :, wire]).reshape(2 * len(out), -1)
    return out


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


def _gather(states: States, source: Indices | None, out: States) -> None:
    """out[z] = states[source[z]]; None gathers nothing."""
    if source is None:
        np.copyto(out, states)
    else:
        np.take(states, source, axis=0, out=out, mode="clip")  # any other mode goes through a copy
