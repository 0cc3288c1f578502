"""Is a pilot's design possible at all? What can be known before anything runs, and without heavy imports."""

from pathlib import Path

from qpilot.backends import require_known
from qpilot.candidates.candidate import Candidate
from qpilot.data.table import Table
from qpilot.devices import Device, device
from qpilot.devices.acceptance import MAX_EMULATED_QUBITS
from qpilot.devices.price import check_shots
from qpilot.errors import UsageError
from qpilot.models import MODELS
from qpilot.pilot import Pilot
from qpilot.prototype.search.prospect import prospect
from qpilot.reduction.stage import components

MOST_KERNEL_ROWS = 10_000
"""A kernel matrix of 0.8 GB; several are held while one is tuned. Landmarks take any number of rows."""
MOST_PROCESS_ROWS = 2_000
"""A Gaussian process keeps a matrix of that size a class, 32 MB, and decomposes it many times over, a second each."""


def require_sound(pilot: Pilot, rows: Table, pulled: Path | None = None) -> None:
    """Raises UsageError saying every way in which the pilot cannot work on these development rows.

    pulled: the folder of profiles pulled into the home, as in `device`.
    Raises QpilotError where the rows do not go into so many folds.
    """
    require_known(pilot.hardware.backend)
    machine = device(pilot.hardware.device, pulled)
    if pilot.hardware.shots != "auto":
        check_shots(machine, pilot.hardware.shots)
    faults = _faults(pilot, rows, machine)
    if faults:
        raise UsageError("; ".join(faults))
    prospect(pilot, rows)  # refuses folds that leave a part empty, and a budget that pays for nothing


def _faults(pilot: Pilot, rows: Table, machine: Device) -> list[str]:
    left = components(pilot.reduce, rows.X.shape[1])
    faults = []
    if len(set(pilot.candidates)) < len(pilot.candidates):
        faults.append("two candidates are the same; change one or leave it out")
    for place, candidate in enumerate(pilot.candidates):
        misfits = _misfits(candidate, left, len(rows), machine)
        faults += [f"candidates.{place} ({candidate.name}): {misfit}" for misfit in misfits]
    return faults


def _misfits(candidate: Candidate, left: int, rows: int, machine: Device) -> list[str]:
    misfits = []
    misfit = candidate.circuit().fits(left)
    if misfit is not None and candidate.around[0] == "none":  # an encoder takes any number of features
        misfits.append(misfit)
    if MODELS[candidate.model].family == "kernel" and candidate.landmarks is None:
        most = MOST_PROCESS_ROWS if candidate.head == "gp" else MOST_KERNEL_ROWS
        taken = "a Gaussian process decomposes the kernel" if candidate.head == "gp" else "a kernel compares every pair"
        if rows > most:
            misfits.append(
                f"{taken} of {rows:,} development rows; set landmarks (some hundreds), or data.max_train_rows to at"
                f" most {most:,}"
            )
    if candidate.qubits > len(machine.qubits):
        misfits.append(f"{candidate.qubits} qubits, but {machine.name} has {len(machine.qubits)}")
    if candidate.qubits > MAX_EMULATED_QUBITS:
        misfits.append(
            f"{candidate.qubits} qubits, but the emulator that rehearses every pilot computes noise exactly up to"
            f" {MAX_EMULATED_QUBITS}; reduce to fewer components"
        )
    return misfits
