"""RY on some wires, as real matrix products on groups of neighbouring ones. A step as `steps` says."""

from dataclasses import dataclass

import numpy as np

from qpilot.simulator.steps import Floats, Indices, Precision, States, halves, parts, rotate, twice

TurnsOperand = tuple[tuple[Floats, ...], Floats]


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


def _matrix(angles: Floats) -> Floats:
    """The Kronecker product of RY(angle), first angle outermost: (2**width, 2**width)."""
    cos, sin = np.cos(angles / 2), np.sin(angles / 2)
    turns = np.array([[cos, -sin], [sin, cos]])
    out = turns[:, :, 0]
    for wire in range(1, len(angles)):
        out = (out[:, None, :, None] * turns[None, :, None, :, wire]).reshape(2 * len(out), -1)
    return out
