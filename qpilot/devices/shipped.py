"""The profiles the project ships: processors one file each, with source and date, and Amazon Braket's simulators."""

from functools import cache
from importlib.resources import files

from qpilot.devices.record import Device
from qpilot.devices.simulators import SIMULATORS

_PROFILES = files("qpilot.devices") / "profiles"
DEVICES: tuple[str, ...] = tuple(
    sorted(entry.name.removesuffix(".json") for entry in _PROFILES.iterdir() if entry.name.endswith(".json"))
)
"""Names of the processors."""


@cache
def _read(name: str) -> Device:
    return Device.model_validate_json((_PROFILES / f"{name}.json").read_text(encoding="utf-8"))


def shipped(name_or_arn: str) -> Device | None:
    """The shipped processor or simulator of that name or ARN; None where there is none."""
    for simulator in SIMULATORS.values():
        if name_or_arn in (simulator.name, simulator.arn):
            return simulator
    if name_or_arn in DEVICES:
        return _read(name_or_arn)
    if not name_or_arn.startswith("arn:"):
        return None
    return next((profile for profile in map(_read, DEVICES) if profile.arn == name_or_arn), None)
