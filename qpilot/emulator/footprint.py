"""What circuits come to on a device: depth and two-qubit gates after placing, routing and compiling them to its native gates."""

from typing import NamedTuple

from gates.wording import plural
from qpilot.devices import Device
from qpilot.emulator.compile import Compiled, Join
from qpilot.emulator.emulator import Emulator
from qpilot.program import Circuits


class Footprint(NamedTuple):
    """Of one circuit, routing's swaps counted. depth: layers of native gates, a run of one-qubit gates taken as one."""

    depth: int
    two_qubit: int

    def __str__(self) -> str:
        return f"depth {self.depth}, {plural(self.two_qubit, 'two-qubit gate')}"


def footprint(circuits: Circuits, device: Device) -> Footprint:
    """Of any of `circuits`, which have one shape. Raises UsageError where they are too wide for the device.

    Where couplings join every pair (ion traps, simulators) nothing is routed.
    """
    return footprint_of(Emulator(device).compile(circuits))


def footprint_of(compiled: Compiled) -> Footprint:
    """The same of circuits that are compiled already."""
    ends = [0] * len(compiled.labels)
    for step in compiled.steps:
        slots = step.slots if isinstance(step, Join) else (step.slot,)
        end = 1 + max(ends[slot] for slot in slots)
        for slot in slots:
            ends[slot] = end
    return Footprint(
        depth=max(ends, default=0),
        two_qubit=sum(isinstance(step, Join) for step in compiled.steps),
    )
