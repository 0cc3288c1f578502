"""Devices the project knows: one file of figures each, with source and date. Adding a device is adding its file."""

from functools import cache
from importlib.resources import files

from qpilot.devices.record import Device, ProgramSets, Qubit, Window
from qpilot.devices.simulators import SIMULATORS
from qpilot.errors import UsageError, unknown

__all__ = ["DEVICES", "SIMULATORS", "Device", "ProgramSets", "Qubit", "Window", "device"]

_PROFILES = files(__name__) / "profiles"
DEVICES: tuple[str, ...] = tuple(
    sorted(entry.name.removesuffix(".json") for entry in _PROFILES.iterdir() if entry.name.endswith(".json"))
)


@cache
def _read(name: str) -> Device:
    return Device.model_validate_json((_PROFILES / f"{name}.json").read_text(encoding="utf-8"))


def device(name_or_arn: str) -> Device:
    """The device or simulator of that name or ARN. Raises UsageError listing the known ones."""
    for simulator in SIMULATORS.values():
        if name_or_arn in (simulator.name, simulator.arn):
            return simulator
    if name_or_arn in DEVICES:
        return _read(name_or_arn)
    if name_or_arn.startswith("arn:"):
        for name in DEVICES:
            if _read(name).arn == name_or_arn:
                return _read(name)
    raise UsageError(unknown("device", name_or_arn, (*DEVICES, *SIMULATORS)))
