"""The backends a pilot can name. A vendor is one module and one line here; each is imported when it is asked for."""

from collections.abc import Callable

from qpilot.backend import Backend
from qpilot.devices import Device
from qpilot.devices import device as find_device
from qpilot.errors import UsageError, unknown
from qpilot.spending.purse import Purse

Factory = Callable[[str, Device, Purse | None], Backend]
"""(name as the pilot writes it, figures, whose money) -> backend. Without a purse it can quote, and runs what is free."""


def _emulator(name: str, device: Device, purse: Purse | None) -> Backend:
    from qpilot.emulator import Emulator

    return Emulator(device)


def _braket(name: str, device: Device, purse: Purse | None) -> Backend:
    from qpilot.braket.backend import BraketBackend

    return BraketBackend(device, purse)


def _pennylane(name: str, device: Device, purse: Purse | None) -> Backend:
    from qpilot.pennylane_device import PennyLaneDevice

    return PennyLaneDevice(name, device)


MAX_EMULATED_QUBITS = 10
"""Exact noise takes 4**qubits numbers a circuit: 8 MB and about a fifth of a second at 10, sixteen times that at 12.

Every forecast rehearses its circuits on the emulator, so that no backend takes a wider candidate.
"""

BACKENDS: dict[str, Factory] = {"braket": _braket, "emulator": _emulator, "pennylane": _pennylane}
"""A name may carry a device after a colon: "pennylane:braket.local.qubit"."""


def require_known(name: str) -> None:
    """Raises UsageError listing the known backends where `name` is none of them, or their devices where it names none."""
    family, _, detail = name.partition(":")
    if family not in BACKENDS or bool(detail) != (family == "pennylane"):
        known = (f"{one}:<device>" if one == "pennylane" else one for one in BACKENDS)
        raise UsageError(unknown("backend", name, (*known,)))
    if family == "pennylane":
        from qpilot.pennylane_device.catalogue import require_usable

        require_usable(detail)


def backend(name: str, device: str, purse: Purse | None = None) -> Backend:
    """The backend `name` for the device of that name or ARN. Raises UsageError listing the known ones."""
    require_known(name)
    return BACKENDS[name.partition(":")[0]](name, find_device(device), purse)
