"""Sorts a trace's gates into alternating steps, as early as their wires allow."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qpilot.program import Gate
from qpilot.simulator.steps import _GROUP, Indices, Phases, States, Turns
from qpilot.simulator.trace import Floats, Trace

_QUARTER = np.pi / 2

Flags = NDArray[np.bool_]


@dataclass
class _Level:
    """Gates of one phase step, in order, and the turns that follow it."""

    gates: list[Gate] = field(default_factory=list)
    turns: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Schedule:
    """Steps (phases, turns, phases, turns, ..., phases); `offsets` are constant angles the rewriting added, indexed after the trace's own."""

    steps: tuple[tuple[Phases, Turns], ...]
    offsets: Floats


def schedule(found: Trace) -> Schedule:
    """The trace's gates as steps."""
    levels = [_Level()]
    free = [0] * found.qubits  # the first level whose phases may still take a gate on the wire
    own = len(found.slope)
    offsets = np.array([_QUARTER, -_QUARTER])
    varies = np.append(found.varies, [False, False])
    shared = np.append((found.coefficients[:, 0] != 0) | (found.weight >= 0), [True, True])

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

    for gate in found.gates:
        if gate.name == "ry":
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
    if not levels[-1].gates and not levels[-1].turns and len(levels) > 1:
        levels.pop()
    return Schedule(
        tuple(
            (_phases(found.qubits, level.gates, varies, shared), _turns(found.qubits, level.turns, varies))
            for level in levels
        ),
        offsets,
    )


def _turns(qubits: int, turns: list[tuple[int, int]], varies: Flags) -> Turns:
    """Fixed turns grouped by blocks of neighbouring wires."""
    turns = sorted(turns, key=lambda turn: turn[1])
    blocks: dict[int, list[tuple[int, int]]] = {}
    for angle, wire in turns:
        if not varies[angle]:
            blocks.setdefault(wire // _GROUP, []).append((angle, wire))
    return Turns(qubits, tuple(map(tuple, blocks.values())), tuple(turn for turn in turns if varies[turn[0]]))


def _phases(qubits: int, gates: list[Gate], varies: Flags, shared: Flags) -> Phases:
    """One permutation, one constant phase and the sign of every angle, over the basis states."""
    states = np.arange(2**qubits)
    bits = (states >> (qubits - 1 - np.arange(qubits))[:, None]) & 1
    source, constant = states, np.ones(2**qubits, dtype=complex)
    angles: list[int] = []
    signs: list[Floats] = []
    for gate in gates:
        target = bits[gate.wires[-1]]
        flip = 1 << (qubits - 1 - gate.wires[-1])
        if gate.name == "rz":
            angles.append(gate.angles[0])
            signs.append(1.0 - 2 * target)
        elif gate.name in _DIAGONAL:
            constant = constant * np.where(target, _DIAGONAL[gate.name], 1)
        elif gate.name == "cz":
            constant = constant * np.where(bits[gate.wires[0]] & target, -1, 1)
        else:
            moved = states ^ flip if gate.name != "cnot" else np.where(bits[gate.wires[0]], states ^ flip, states)
            source, constant, signs = source[moved], constant[moved], [sign[moved] for sign in signs]
            if gate.name == "y":
                constant = constant * np.where(target, 1j, -1j)
    return _packed(
        source, constant, np.array(angles, dtype=np.intp), np.array(signs).reshape(-1, 2**qubits).T, varies, shared
    )


_DIAGONAL = {"z": -1, "s": 1j, "sdg": -1j}


def _packed(source: Indices, constant: States, angles: Indices, signs: Floats, varies: Flags, shared: Flags) -> Phases:
    moves = bool(np.any(source != np.arange(len(source))))
    by_row, by_weight = varies[angles], shared[angles]
    return Phases(
        source if moves else None,
        np.argsort(source) if moves else None,
        None if np.all(constant == 1) else constant,
        angles[by_weight],
        np.ascontiguousarray(signs[:, by_weight]),
        angles[by_row],
        np.ascontiguousarray(signs[:, by_row]),
    )
