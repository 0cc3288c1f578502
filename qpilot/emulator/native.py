"""The native gates of compiled circuits, with virtual Z folded into angles: what a device is sent."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from qpilot.devices import Device
from qpilot.devices.record import NativeSet
from qpilot.emulator.compile import Compiled, Turn, pulses
from qpilot.emulator.unitaries import Angle, rotation


class NativeGate(NamedTuple):
    """A gate on physical qubits; each angle is (n_circuits,) or, shared, (1,), in radians."""

    name: str
    qubits: tuple[int, ...]
    angles: tuple[Angle, ...] = ()


def native_gates(compiled: Compiled, device: Device) -> tuple[NativeGate, ...]:
    """The gates in order. Slot s carries a frame: the logical state is RZ(frame) times the device's state."""
    frames: list[Angle] = [np.zeros(1)] * len(compiled.labels)
    gates: list[NativeGate] = []
    for step in compiled.steps:
        if isinstance(step, Turn):
            label = compiled.labels[step.slot]
            theta, phi, turn = rotation(step.matrices)
            axis = phi - frames[step.slot]
            frames[step.slot] = frames[step.slot] + turn
            for name, angles, trailing in _pulses(device.native, theta, axis, pulses(step.matrices)):
                gates.append(NativeGate(name, (label,), angles))
                frames[step.slot] = frames[step.slot] + trailing
            continue
        pair = (compiled.labels[step.slots[0]], compiled.labels[step.slots[1]])
        if device.native != "gpi-zz":
            gates.append(NativeGate("cz", pair))
            continue
        # CZ = RZ(-pi/2) RZ(-pi/2) ZZ(pi/2) up to a phase
        gates.append(NativeGate("zz", pair, (np.full(1, np.pi / 2),)))
        for slot in step.slots:
            frames[slot] = frames[slot] - np.pi / 2
    return tuple(gates)


def _pulses(
    native: NativeSet, theta: Angle, axis: Angle, number: int
) -> Iterator[tuple[str, tuple[Angle, ...], Angle | float]]:
    """(name, angles, frame turned afterwards) of each native gate of PRX(theta, axis).

    With quarter turns PRX(theta, axis) is RZ(axis - pi/2) RX(pi/2) RZ(pi - theta) RX(pi/2) RZ(-axis - pi/2), and since
    RZ(t) PRX(pi/2, p) = PRX(pi/2, p + t) RZ(t), also RZ(-theta) GPI2(axis - pi/2 + theta) GPI2(axis + pi/2).
    """
    if native == "prx-cz":
        yield "prx", (theta, axis), 0.0
        return
    if native == "rx-rz-cz":
        if number == 1:
            yield "rz", (-axis,), 0.0
            yield "rx", (theta,), axis
            return
        quarter = np.full(1, np.pi / 2)
        yield "rz", (-axis - np.pi / 2,), 0.0
        yield "rx", (quarter,), 0.0
        yield "rz", (np.pi - theta,), 0.0
        yield "rx", (quarter,), axis - np.pi / 2
        return
    if number == 1:
        yield ("gpi2" if theta[0] < 3 * np.pi / 4 else "gpi"), (axis,), 0.0
        return
    yield "gpi2", (axis + np.pi / 2,), 0.0
    yield "gpi2", (axis - np.pi / 2 + theta,), -theta
