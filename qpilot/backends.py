"""The backends a pilot can name. A vendor is one module and one line here; each is imported when it is asked for."""

from collections.abc import Callable

from qpilot.backend import Backend
from qpilot.devices import Device
from qpilot.devices import device as find_device
from qpilot.errors import UsageError, unknown


def _emulator(device: Device) -> Backend:
    from qpilot.emulator import Emulator

    return Emulator(device)


MAX_EMULATED_QUBITS = 10
"""Exact noise takes 4**qubits numbers a circuit: 8 MB and about a fifth of a second at 10, sixteen times that at 12.

Every forecast rehearses its circuits on the emulator, so that no backend takes a wider candidate.
"""

BACKENDS: dict[str, Callable[[Device], Backend]] = {"emulator": _emulator}


def backend(name: str, device: str) -> Backend:
    """The backend `name` for the device of that name or ARN. Raises UsageError listing the known ones."""
    if name not in BACKENDS:
        raise UsageError(unknown("backend", name, BACKENDS))
    return BACKENDS[name](find_device(device))
