"""Devices the project knows: shipped, one file of figures each, and pulled into a home."""

from pathlib import Path

from qpilot.devices import pulled as home
from qpilot.devices.record import Device, ProgramSets, Qubit, Window
from qpilot.devices.shipped import DEVICES, shipped
from qpilot.devices.simulators import SIMULATORS
from qpilot.errors import UsageError, unknown

__all__ = ["DEVICES", "SIMULATORS", "Device", "ProgramSets", "Qubit", "Window", "device"]


def device(name_or_arn: str, pulled: Path | None = None) -> Device:
    """The device or simulator of that name or ARN; a profile in the folder `pulled` comes before a shipped one.

    Raises UsageError listing the known ones, QpilotError where a pulled profile is damaged.
    """
    found = (pulled and home.pulled(name_or_arn, pulled)) or shipped(name_or_arn)
    if found is None:
        known = {*DEVICES, *SIMULATORS, *(home.names(pulled) if pulled else ())}
        raise UsageError(unknown("device", name_or_arn, known))
    return found
