"""Is a pilot's design possible at all? What can be known before anything runs, and without heavy imports."""

from qpilot.backends import BACKENDS, MAX_EMULATED_QUBITS
from qpilot.devices import Device, device
from qpilot.devices.price import check_shots
from qpilot.errors import UsageError, unknown
from qpilot.pilot import Candidate, Pilot
from qpilot.reduction.stage import components


def require_sound(pilot: Pilot, features: int, classes: int) -> None:
    """Raises UsageError saying every way in which the pilot cannot work on rows of so many features and classes."""
    if pilot.hardware.backend not in BACKENDS:
        raise UsageError(unknown("backend", pilot.hardware.backend, BACKENDS))
    machine = device(pilot.hardware.device)
    if pilot.hardware.shots != "auto":
        check_shots(machine, pilot.hardware.shots)
    faults = _faults(pilot, features, classes, machine)
    if faults:
        raise UsageError("; ".join(faults))


def _faults(pilot: Pilot, features: int, classes: int, machine: Device) -> list[str]:
    left = components(pilot.reduce, features)
    faults = []
    if len({candidate.name for candidate in pilot.candidates}) < len(pilot.candidates):
        faults.append("two candidates are the same; change one or leave it out")
    for place, candidate in enumerate(pilot.candidates):
        faults += [
            f"candidates.{place} ({candidate.name}): {fault}" for fault in _misfits(candidate, left, classes, machine)
        ]
    return faults


def _misfits(candidate: Candidate, left: int, classes: int, machine: Device) -> list[str]:
    misfits = []
    if candidate.qubits != left:
        misfits.append(
            f"qubits = {candidate.qubits}, but {left} components are encoded one a qubit; set qubits or"
            f" reduce.components so that they agree"
        )
    if candidate.model == "variational" and classes > 2 and candidate.qubits < classes:
        misfits.append(f"{classes} classes are read from one qubit each, and there are {candidate.qubits}; try hybrid")
    if candidate.qubits > len(machine.qubits):
        misfits.append(f"{candidate.qubits} qubits, but {machine.name} has {len(machine.qubits)}")
    if candidate.qubits > MAX_EMULATED_QUBITS:
        misfits.append(
            f"{candidate.qubits} qubits, but the emulator that rehearses every pilot computes noise exactly up to"
            f" {MAX_EMULATED_QUBITS}; reduce to fewer components"
        )
    return misfits
