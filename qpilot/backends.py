"""The backends a pilot can name. A vendor is one module and one line here; each is imported when it is asked for."""

from collections.abc import Callable
from pathlib import Path

from qpilot.backend import Backend
from qpilot.devices import Device
from qpilot.devices import device as find_device
from qpilot.errors import UsageError, unknown
from qpilot.spending.purse import Purse
from qpilot.spending.service import Service

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


BACKENDS: dict[str, Factory] = {"braket": _braket, "emulator": _emulator, "pennylane": _pennylane}
"""A name may carry a device after a colon: "pennylane:braket.local.qubit"."""


def _braket_service() -> Service:
    from qpilot.braket.service import BraketService

    return BraketService()


SERVICES: dict[str, Callable[[], Service]] = {"braket": _braket_service}
"""The backends that are paid by the task -> whom to ask about their tasks."""


def service(name: str) -> Service | None:
    """Whom to ask about the tasks of the backend `name`; None where it bills nothing."""
    return SERVICES[name]() if name in SERVICES else None


def require_known(name: str) -> None:
    """Raises UsageError listing the known backends where `name` is none of them, or their devices where it names none."""
    family, _, detail = name.partition(":")
    if family not in BACKENDS or bool(detail) != (family == "pennylane"):
        known = (f"{one}:<device>" if one == "pennylane" else one for one in BACKENDS)
        raise UsageError(unknown("backend", name, (*known,)))
    if family == "pennylane":
        from qpilot.pennylane_device.catalogue import require_usable

        require_usable(detail)


def backend(name: str, device: str, purse: Purse | None = None, pulled: Path | None = None) -> Backend:
    """The backend `name` for the device of that name or ARN. Raises UsageError listing the known ones.

    pulled: the folder of profiles pulled into the home, as in `qpilot.devices.device`.
    """
    require_known(name)
    return BACKENDS[name.partition(":")[0]](name, find_device(device, pulled), purse)
