"""Sorts a trace's gates into alternating steps, each as early as its wires allow."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qpilot.program import Gate
from qpilot.simulator.fans import Fan, Fanned, fan, fanned
from qpilot.simulator.phases import Phases
from qpilot.simulator.steps import Indices
from qpilot.simulator.trace import Trace
from qpilot.simulator.turns import Group, Turns, generators

Step = Phases | Turns | Fan

OFFSETS = (np.pi / 2, -np.pi / 2, 0.0)
"""Constant angles that the rewriting needs; they follow the trace's own in the fixed angles."""

_WIDEST = 4  # wires in a group: 16 x 16 products are where BLAS is fast and the extra arithmetic still cheap

_DIAGONAL = {"z": -1, "s": 1j, "sdg": -1j}


@dataclass
class _Level:
    """Gates of one phase step, in order, and the (angle, wire) turns and the fans, on other wires, that follow it."""

    gates: list[Gate] = field(default_factory=list)
    turns: list[tuple[int, int]] = field(default_factory=list)
    fans: list[Fanned] = field(default_factory=list)


@dataclass(frozen=True)
class _Angles:
    """Of every angle, offsets included: the row of its varying part (-1: none), whether it has a part that all rows
    share, a weight in that, and a weight times an input.
    """

    row: Indices
    shared: NDArray[np.bool_]
    trained: NDArray[np.bool_]
    scaled: NDArray[np.bool_]


def schedule(found: Trace, shifting: bool = False) -> tuple[Step, ...]:
    """Phases and turns by turns, fans between; the first is phases, the next turns, the last phases.

    shifting: something is to be added to any angle, so that all have a shared part.
    """
    levels = _levels(found)
    extra = len(OFFSETS)
    row = np.where(found.varies, np.cumsum(found.varies) - 1, -1)
    angles = _Angles(
        np.append(row, [-1] * extra),
        np.append((found.coefficients[:, 0] != 0) | found.trained | shifting, [True] * extra),
        np.append(found.trained, [False] * extra),
        np.append(found.scaled, [False] * extra),
    )
    steps: list[Step] = []
    for level in levels:
        steps += [_phases(found.qubits, level.gates, angles), _turns(found.qubits, level.turns, angles)]
        for run in level.fans:
            own = [angle for angle, _ in run.members]
            trained, scaled = bool(angles.trained[own].any()), bool(angles.scaled[own].any())
            steps.append(fan(run, found.qubits, angles.row, trained, scaled))
    steps.pop()  # nothing turns after the last phases
    return tuple(step for at, step in enumerate(steps) if at < 2 or at == len(steps) - 1 or not step.idle)


def _levels(found: Trace) -> list[_Level]:
    own = len(found.coefficients)
    levels = [_Level()]
    free = [0] * found.qubits  # the first level whose phases may still take a gate on the wire

    def phase(name: str, wires: tuple[int, ...], angles: tuple[int, ...] = ()) -> None:
        level = max(free[wire] for wire in wires)
        for wire in wires:
            free[wire] = level
        levels[level].gates.append(Gate(name, wires, angles))

    def turn(wire: int, angle: int) -> None:
        levels[free[wire]].turns.append((angle, wire))
        free[wire] += 1
        if free[wire] == len(levels):
            levels.append(_Level())

    for gate in fanned(found.gates):
        if isinstance(gate, Fanned):
            wires = (gate.wire, *gate.controls)
            level = max(free[wire] for wire in wires)
            levels[level].fans.append(gate)
            for wire in wires:
                free[wire] = level + 1
            if level + 1 == len(levels):
                levels.append(_Level())
        elif gate.name == "ry":
            turn(gate.wires[0], gate.angles[0])
        elif gate.name == "rx":
            phase("rz", gate.wires, (own,))
            turn(gate.wires[0], gate.angles[0])
            phase("rz", gate.wires, (own + 1,))
        elif gate.name == "h":
            phase("z", gate.wires)
            turn(gate.wires[0], own)
        else:
            phase(gate.name, gate.wires, gate.angles)
    return levels


def _turns(qubits: int, turns: list[tuple[int, int]], angles: _Angles) -> Turns:
    """Fixed turns in groups of neighbouring wires of about equal width, the others one by one."""
    width = -(-qubits // -(-qubits // _WIDEST))
    blocks: dict[int, dict[int, int]] = {}
    for k, wire in turns:
        if angles.row[k] < 0:
            blocks.setdefault(wire // width, {})[wire] = k
    zero = len(angles.row) - 1
    groups = []
    for block in blocks.values():
        wires = range(min(block), max(block) + 1)
        chosen = np.array([block.get(wire, zero) for wire in wires])
        groups.append(Group(wires[0], chosen, generators(len(wires))))
    varying = tuple((k, int(angles.row[k]), wire) for k, wire in turns if angles.row[k] >= 0)
    own = [k for k, _ in turns]
    return Turns(qubits, tuple(groups), varying, bool(angles.trained[own].any()), bool(angles.scaled[own].any()))


def _phases(qubits: int, gates: list[Gate], angles: _Angles) -> Phases:
    """One permutation, one constant phase and the sign of every angle, over the basis states."""
    states = np.arange(2**qubits)
    bits = (states >> (qubits - 1 - np.arange(qubits))[:, None]) & 1
    source, constant = states, np.ones(2**qubits, dtype=np.complex128)
    entering: list[int] = []
    parities: list[tuple[frozenset[int], int]] = []  # an angle's sign: of the parity of the bits on some wires
    for gate in gates:
        wire, control = gate.wires[-1], gate.wires[0]
        flipped = states ^ (1 << (qubits - 1 - wire))
        if gate.name == "rz":
            entering.append(gate.angles[0])
            parities.append((frozenset(gate.wires), 1))
        elif gate.name in _DIAGONAL:
            constant = constant * np.where(bits[wire], _DIAGONAL[gate.name], 1)
        elif gate.name == "cz":
            constant = constant * np.where(bits[control] & bits[wire], -1, 1)
        elif gate.name == "cnot":  # a new amplitude is an old one from elsewhere, and so is what turned it
            moved = np.where(bits[control], flipped, states)
            source, constant = source[moved], constant[moved]
            parities = [(wires ^ {control} if wire in wires else wires, sign) for wires, sign in parities]
        else:  # x, y
            source, constant = source[flipped], constant[flipped]
            parities = [(wires, -sign if wire in wires else sign) for wires, sign in parities]
            if gate.name == "y":
                constant = constant * np.where(bits[wire], 1j, -1j)
    columns = np.empty((2**qubits, len(parities)))
    for k, (wires, sign) in enumerate(parities):
        columns[:, k] = sign * (1 - 2 * (bits[sorted(wires)].sum(axis=0) & 1))
    chosen = np.array(entering, dtype=np.intp)
    shared, by_row = angles.shared[chosen], angles.row[chosen] >= 0
    moves = bool(np.any(source != states))
    return Phases(
        source=source if moves else None,
        inverse=np.argsort(source) if moves else None,
        constant=None if np.all(constant == 1) else constant,
        fixed=chosen[shared],
        fixed_signs=np.ascontiguousarray(columns[:, shared]),
        varying=angles.row[chosen[by_row]],
        varying_signs=np.ascontiguousarray(columns[:, by_row]),
        trained=bool(angles.trained[chosen].any()),
        scaled=bool(angles.scaled[chosen].any()),
    )
