"""Circuits on the device's own gates: swaps, merged one-qubit runs, CZ, virtual Z, and how noisy each step is."""

from dataclasses import dataclass

import numpy as np

from qpilot.devices import Device
from qpilot.emulator.layout import Labels, Pair, route
from qpilot.emulator.unitaries import IDENTITY, TOLERANCE, H, Unitary, inverse, is_diagonal, rotation, unitary
from qpilot.program import Circuits, Gate


@dataclass(frozen=True)
class Turn:
    """A merged one-qubit run on a slot: its unitary, how many noisy native gates it takes, and what it was merged from."""

    slot: int
    matrices: Unitary
    noisy: int
    gates: tuple[Gate, ...] = ()


@dataclass(frozen=True)
class Join:
    """A CZ between two slots (one native two-qubit gate on every device)."""

    slots: Pair


@dataclass(frozen=True)
class Compiled:
    """What runs: slot s is physical qubit labels[s]; wire w is read from slot measured[w]."""

    circuits: int
    labels: Labels
    steps: tuple[Turn | Join, ...]
    measured: tuple[int, ...]

    def log_fidelity(self, device: Device, readout: bool = True) -> float:
        """The logarithm of the product of the fidelities of every native gate and, if `readout`, of every readout."""
        edges = device.edges
        total = float(np.sum(np.log([device.qubits[label].readout for label in self.labels]))) if readout else 0.0
        for step in self.steps:
            if isinstance(step, Turn):
                total += step.noisy * float(np.log(device.qubits[self.labels[step.slot]].gate))
            else:
                a, b = sorted(self.labels[slot] for slot in step.slots)
                total += float(np.log(edges[a, b]))
        return total


def compile_circuits(circuits: Circuits, device: Device, labels: Labels, start: tuple[int, ...]) -> Compiled:
    """`circuits` on the qubits `labels`, wire w starting in slot start[w].

    Runs of one-qubit gates become one unitary. One that only turns about Z commutes with CZ and with the noise, so it
    waits (a virtual Z); before the readout it is dropped. Folding (`circuits.scale`) repeats what was routed, swaps and
    all, so every wire is read from the same slot at every scale; no run is merged across a fold, where it would cancel,
    so `scale` times as many native gates are noisy.
    """
    edges = device.edges
    joined = {
        (a, b) for a in range(len(labels)) for b in range(len(labels)) if tuple(sorted((labels[a], labels[b]))) in edges
    }
    gates, measured = route(circuits.gates, joined, start)
    waiting: list[Unitary] = [IDENTITY] * len(labels)
    merged: list[tuple[Gate, ...]] = [()] * len(labels)
    steps: list[Turn | Join] = []

    def flush(slot: int) -> None:
        if not is_diagonal(waiting[slot]):
            steps.append(Turn(slot, waiting[slot], noisy_gates(waiting[slot], device), merged[slot]))
            waiting[slot], merged[slot] = IDENTITY, ()

    def turn(gate: Gate, matrices: Unitary) -> None:
        (slot,) = gate.wires
        waiting[slot], merged[slot] = matrices @ waiting[slot], (*merged[slot], gate)

    forth, back = [(gate, False) for gate in gates], [(gate, True) for gate in reversed(gates)]
    for run in (forth, *(back, forth) * (circuits.scale // 2)):
        for gate, undone in run:
            if len(gate.wires) == 1:
                matrices = unitary(gate, circuits)
                turn(gate, inverse(matrices) if undone else matrices)
                continue
            control, target = gate.wires
            if gate.name == "cnot":
                turn(Gate("h", (target,)), H)
            flush(control)
            flush(target)
            steps.append(Join((control, target)))
            if gate.name == "cnot":
                turn(Gate("h", (target,)), H)
        for slot in range(len(labels)):
            flush(slot)
    return Compiled(len(circuits), labels, tuple(steps), measured)


def pulses(matrices: Unitary) -> int:
    """How many fixed-angle pulses make it: 1 where every circuit turns by pi/2 (or every one by pi), else 2."""
    theta = rotation(matrices)[0]
    fixed = any(np.all(np.abs(theta - angle) < TOLERANCE) for angle in (np.pi / 2, np.pi))
    return 1 if fixed else 2


def noisy_gates(matrices: Unitary, device: Device) -> int:
    """Native one-qubit gates the run takes, each with the device's one-qubit noise.

    | native   | gates of a run                                     |
    |----------|----------------------------------------------------|
    | prx-cz   | one PRX                                            |
    | rx-rz-cz | RZ RX, or RZ RX RZ RX; LocalEmulator gives RZ noise |
    | gpi-zz   | one GPI or GPI2, or two GPI2                       |
    """
    if device.native == "prx-cz":
        return 1
    return pulses(matrices) * (2 if device.native == "rx-rz-cz" else 1)
