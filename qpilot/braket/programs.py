"""A batch as OpenQASM 3: native gates on chosen qubits in a verbatim box, or ordinary gates for a simulator.

Compiled and placed by the emulator, so that what was rehearsed is gate for gate what a device is sent.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qpilot.backend import Batch
from qpilot.devices import Device
from qpilot.devices.acceptance import check_batch
from qpilot.emulator import Emulator
from qpilot.emulator.compile import Compiled, compile_circuits
from qpilot.emulator.native import NativeGate, native_gates
from qpilot.emulator.unitaries import TOLERANCE
from qpilot.errors import QpilotError
from qpilot.program import Circuits, Gate

_DECIMALS = 12  # of an angle: far below what a device resolves, and the same text wherever it was computed
_IDLE: dict[str, tuple[NativeGate, ...]] = {
    "prx-cz": (NativeGate("prx", (), (np.zeros(1), np.zeros(1))),),
    "rx-rz-cz": (NativeGate("rz", (), (np.zeros(1),)),),
    "gpi-zz": (NativeGate("gpi", (), (np.zeros(1),)),) * 2,
}
"""What a qubit without gates is sent: the native gates closest to none (two half turns undo each other).

A verbatim box may not be empty (the SDK writes none, and Braket's emulator then refuses the circuit).
"""


@dataclass(frozen=True)
class Programs:
    """The circuits of a batch in its order, settings before calibration, row by row.

    read: the qubit each wire is read from, as a result names it: a physical label, or an index on a simulator.
    """

    sources: tuple[str, ...]
    read: tuple[int, ...]


def programs(batch: Batch, device: Device) -> Programs:
    """OpenQASM 3 of every circuit. Raises UsageError or QpilotError where the device cannot run the batch.

    Equal batches have equal text. All circuits sit where the first setting sits, and all are read from the same qubits, so
    that one readout calibration serves them.
    """
    check_batch(device, batch)
    placed = Emulator(device).compile(batch.settings[0])
    wires = tuple(range(batch.settings[0].qubits))
    settings = _compiled(batch.settings, device, placed, wires)
    (read, *others) = {compiled.measured for compiled, _ in settings}
    if others:
        raise QpilotError(
            "the settings of a batch end on different qubits of the device, so one readout calibration cannot serve them:"
            " submit settings whose two-qubit gates differ in separate batches"
        )
    calibration = _compiled(batch.calibration, device, placed, read)
    sources: dict[int, list[str]] = {}
    for compiled, places in (*settings, *((one, _after(places, batch)) for one, places in calibration)):
        rows = iter(_sources(compiled, device))
        for place, size in places:
            sources[place] = [next(rows) for _ in range(size)]
    ordered = tuple(source for place in sorted(sources) for source in sources[place])
    slots = read if device.simulator else tuple(placed.labels[slot] for slot in read)
    return Programs(ordered, slots)


Places = list[tuple[int, int]]
"""(place among the settings, rows) of circuits compiled together."""


def _compiled(
    settings: tuple[Circuits, ...], device: Device, placed: Compiled, start: tuple[int, ...]
) -> list[tuple[Compiled, Places]]:
    """Settings of one shape compiled together, as the emulator does: which pulses merge depends on all their angles."""
    shapes: dict[tuple[tuple[Gate, ...], int], list[int]] = {}
    for number, circuits in enumerate(settings):
        shapes.setdefault((circuits.gates, circuits.scale), []).append(number)
    found = []
    for (gates, scale), numbers in shapes.items():
        angles = np.concatenate([settings[number].angles for number in numbers])
        together = Circuits(len(start), gates, angles, scale)
        places = [(number, len(settings[number])) for number in numbers]
        found.append((compile_circuits(together, device, placed.labels, start), places))
    return found


def _after(places: Places, batch: Batch) -> Places:
    return [(len(batch.settings) + place, size) for place, size in places]


def _sources(compiled: Compiled, device: Device) -> Iterator[str]:
    """One OpenQASM program a circuit."""
    gates = native_gates(compiled, device)
    touched = {label for gate in gates for label in gate.qubits}
    idle = [
        gate._replace(qubits=(label,))
        for label in compiled.labels
        if label not in touched
        for gate in _IDLE[device.native]
    ]
    names = (
        {label: f"q[{slot}]" for slot, label in enumerate(compiled.labels)}
        if device.simulator
        else {label: f"${label}" for label in compiled.labels}
    )
    size = len(compiled.labels)
    before = [f"qubit[{size}] q;"] if device.simulator else ["#pragma braket verbatim", "box{"]
    after = [] if device.simulator else ["}"]
    measures = [f"b[{wire}] = measure {names[compiled.labels[slot]]};" for wire, slot in enumerate(compiled.measured)]
    statements = [_statements(gate, device, names, compiled.circuits) for gate in (*gates, *idle)]
    for row in range(compiled.circuits):
        body = [column[row if len(column) > 1 else 0] for column in statements]
        yield "\n".join(["OPENQASM 3.0;", f"bit[{size}] b;", *before, *body, *after, *measures])


def _statements(gate: NativeGate, device: Device, names: dict[int, str], circuits: int) -> list[str]:
    """The gate's statement for every circuit, or a single one where all are sent the same."""
    labels = gate.qubits
    if len(labels) == 2:
        pair = (min(labels), max(labels))
        labels = pair[::-1] if f"{pair[0]}-{pair[1]}" in device.turned else pair  # CZ and ZZ are symmetric
    operands = ", ".join(names[label] for label in labels)
    if not gate.angles:
        return [f"{gate.name} {operands};"]
    columns = [_angles(gate.name, angle) for angle in gate.angles]
    rows = circuits if any(len(column) > 1 for column in columns) else 1
    columns = [column if len(column) > 1 else column * rows for column in columns]
    return [f"{gate.name}({', '.join(row)}) {operands};" for row in zip(*columns, strict=True)]


def _angles(name: str, angles: NDArray[np.float64]) -> list[str]:
    """Angles in (-pi, pi] as text. Devices whose RX takes quarter turns alone are given them to the last bit."""
    turned = math.pi - np.remainder(math.pi - angles, 2 * math.pi)
    if name == "rx":
        quarters = np.round(turned / (math.pi / 2)) * (math.pi / 2)
        turned = np.where(np.abs(turned - quarters) < TOLERANCE, quarters, turned)
        return [repr(float(angle) + 0.0) for angle in turned]
    return [repr(round(float(angle), _DECIMALS) + 0.0) for angle in turned]
