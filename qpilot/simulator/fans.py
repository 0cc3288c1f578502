"""RY on one wire by an angle that other wires' bits decide: what amplitude encoding and controlled RY are made of."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qpilot.program import Gate
from qpilot.simulator.steps import Floats, Indices, Precision, States, halves, rotate, twice

Member = tuple[int, frozenset[int]]
"""An angle, and the wires whose parity gives its sign."""


@dataclass(frozen=True)
class Fanned:
    """RY(a_0), CNOT, RY(a_1), CNOT, ... on `wire`, whose CNOTs cancel: exp(-i/2 sum_k (-1)^parity_k a_k Y)."""

    wire: int
    controls: tuple[int, ...]
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Fan:
    """The step that a `Fanned` becomes, exp(-i/2 sum_k signs[pattern, k] angle_k Y) on `wire`.

    pattern: (2**(qubits - 1),), which of the controls' patterns each basis state of the other wires shows. signs:
    (2**n_controls, n_angles). own: the angles; varying, varying_signs: the rows of those that a row has a part in.
    """

    wire: int
    pattern: Indices
    signs: Floats
    own: Indices
    varying: Indices
    varying_signs: Floats
    trained: bool
    scaled: bool

    idle = False

    @property
    def varies(self) -> bool:
        """Whether a row has angles of its own here."""
        return bool(len(self.varying))

    def operand(self, fixed: Floats, precision: Precision) -> Floats:
        """The part of every pattern's angle that all rows share, (2**n_controls, 1)."""
        return np.asarray(self.signs @ fixed[self.own, None])

    def apply(self, states: States, operand: Floats, varying: Floats, out: States, scratch: States) -> None:
        """The states after the step, into `out`."""
        self._rotate(states, operand + self.varying_signs @ varying[self.varying], out)

    def undo(self, states: States, operand: Floats, varying: Floats, out: States, scratch: States) -> None:
        """The inverse of `apply`."""
        self._rotate(states, -operand - self.varying_signs @ varying[self.varying], out)

    def gradient(self, ket: States, bra: States, shared: Floats, by_row: Floats | None) -> None:
        """d/d angle = sum_z signs[z] Re <bra|-iY|ket>[z], z of the other wires."""
        kets, bras = halves(ket, self.wire), halves(bra, self.wire)
        slopes = kets[:, 0] * bras[:, 1] - kets[:, 1] * bras[:, 0]
        slopes = slopes.reshape(len(self.pattern), -1, 2).sum(axis=2)
        if by_row is not None and self.varies:
            by_row[self.varying] += self.varying_signs[self.pattern].T @ slopes
        if self.trained:
            np.add.at(shared, self.own, self.signs[self.pattern].T @ slopes.sum(axis=1))

    def _rotate(self, states: States, angles: Floats, out: States) -> None:
        half = angles / 2
        cos, sin = (twice(each, states.dtype)[self.pattern] for each in (np.cos(half), np.sin(half)))
        shape = (2**self.wire, -1, cos.shape[1])
        split = halves(states, self.wire)
        rotate(split, cos.reshape(shape), sin.reshape(shape), halves(out, self.wire))


def fanned(gates: tuple[Gate, ...]) -> Iterator[Gate | Fanned]:
    """The gates, with every run that makes a `Fanned` in one piece."""
    taken: set[int] = set()
    for at, gate in enumerate(gates):
        if at in taken:
            continue
        run = _run(gates, at) if gate.name == "ry" else None
        if run is None:
            yield gate
        else:
            yield run[0]
            taken.update(run[1])


def _run(gates: tuple[Gate, ...], start: int) -> tuple[Fanned, list[int]] | None:
    """The longest run from the RY at `start` whose CNOTs cancel, and where its gates stand; None without any."""
    wire = gates[start].wires[0]
    members: list[Member] = []
    places: list[int] = []
    flips: frozenset[int] = frozenset()
    passed: set[int] = set()  # what lies between goes behind the run, so the run may not meet its wires
    found = None
    for at in range(start, len(gates)):
        name, wires, angles = gates[at]
        if name == "ry" and wires[0] == wire:
            members.append((angles[0], flips))
        elif name == "cnot" and wires[1] == wire and wires[0] not in passed:
            flips ^= {wires[0]}
        elif wire in wires:
            break
        else:
            passed.update(wires)
            continue
        places.append(at)
        if not flips and len(places) > len(members) > 1:
            controls = tuple(sorted(frozenset().union(*(parity for _, parity in members))))
            found = Fanned(wire, controls, tuple(members)), places.copy()
    return found


def fan(run: Fanned, qubits: int, row: Indices, trained: bool, scaled: bool) -> Fan:
    """The step. row: of every angle, its row of the varying ones, -1 where it has none."""
    others = [wire for wire in range(qubits) if wire != run.wire]
    width = len(run.controls)
    states = np.arange(2 ** (qubits - 1))
    pattern = np.zeros(len(states), dtype=np.intp)
    for control in run.controls:
        pattern = 2 * pattern + (states >> (qubits - 2 - others.index(control)) & 1)
    bits = np.arange(2**width) >> (width - 1 - np.arange(width))[:, None] & 1
    signs = np.empty((2**width, len(run.members)))
    for k, (_, parity) in enumerate(run.members):
        signs[:, k] = 1 - 2 * (bits[[run.controls.index(wire) for wire in parity]].sum(axis=0) & 1)
    own = np.array([angle for angle, _ in run.members], dtype=np.intp)
    by_row = row[own] >= 0
    return Fan(run.wire, pattern, signs, own, row[own[by_row]], np.ascontiguousarray(signs[:, by_row]), trained, scaled)
