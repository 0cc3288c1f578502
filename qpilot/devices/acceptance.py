"""What a device takes: the one place that refuses a batch before anything is sent."""

import numpy as np

from qpilot.backend import Batch
from qpilot.devices.price import check_shots
from qpilot.devices.record import Device
from qpilot.errors import QpilotError, UsageError
from qpilot.program import GATES, Circuits

MAX_EMULATED_QUBITS = 10
"""Exact noise takes 4**qubits numbers a circuit: 8 MB and about a fifth of a second at 10, sixteen times that at 12.

Every forecast rehearses its circuits on the emulator, so that no backend takes a wider candidate.
"""


def check_batch(device: Device, batch: Batch) -> None:
    """Raises UsageError where the device has too few qubits or other shots, QpilotError where the batch is no batch."""
    if not batch.settings or batch.executables == 0:
        raise QpilotError("an empty batch was submitted: at least one circuit is required")
    check_shots(device, batch.shots)
    for circuits in (*batch.settings, *batch.calibration):
        check_circuits(device, circuits)


def check_circuits(device: Device, circuits: Circuits) -> None:
    """Raises UsageError where the device has too few qubits, QpilotError where there is no circuit any device could run."""
    if circuits.qubits > len(device.qubits):
        raise UsageError(
            f"{circuits.qubits} qubits asked for; {device.name} has {len(device.qubits)}: "
            "take fewer qubits or another device"
        )
    if len(circuits) == 0 or not np.all(np.isfinite(circuits.angles)):
        raise QpilotError("circuits need at least one row of finite angles, got none or NaN/infinity")
    foreign = sorted({gate.name for gate in circuits.gates} - set(GATES))
    if foreign:
        raise QpilotError(f"gate {foreign[0]!r} cannot run on any device; known: {', '.join(sorted(GATES))}")
