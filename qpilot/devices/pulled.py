"""Profiles pulled into a home: one file each, QPILOT_HOME/devices/NAME.json, before any shipped one of that name."""

import re
from pathlib import Path

from pydantic import ValidationError

from qpilot.devices.record import Device
from qpilot.devices.shipped import shipped
from qpilot.errors import QpilotError, UsageError
from qpilot.record import durable

_MEND = "pull the device again by its ARN, or remove the file"


def name_of(arn: str) -> str:
    """What the device of that ARN is called here: its shipped name, else vendor and device in small letters.

    Raises UsageError where `arn` is no device's.
    """
    known = shipped(arn)
    if known is not None:
        return known.name
    path = re.fullmatch(r"arn:[\w-]+:braket:[\w-]*:\d*:device/[\w-]+/(.+)", arn)
    name = re.sub(r"[^a-z0-9]+", "-", path[1].lower()).strip("-") if path else ""
    if not name:
        raise UsageError(
            f"{arn!r} is no device's ARN; one reads arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet (as the Amazon Braket"
            " console shows it)"
        )
    return name


def keep(device: Device, folder: Path) -> Device:
    """`device` is kept in `folder` and is found there from now on by its name and ARN; its notes say what it replaces.

    Raises QpilotError where it cannot be written.
    """
    stands = shipped(device.name)
    replaced = () if stands is None else (_replaces(stands, device),)
    kept = device.model_copy(update={"notes": (*device.notes, *replaced)})
    durable.write(folder / f"{kept.name}.json", kept.model_dump_json(indent=1).encode())
    return kept


def names(folder: Path) -> tuple[str, ...]:
    """Names of the profiles in `folder`, sorted; none where there is no such folder."""
    return tuple(sorted(path.stem for path in folder.glob("[!.]*.json")))


def pulled(name_or_arn: str, folder: Path) -> Device | None:
    """The profile in `folder` of that name or ARN, None where there is none. Raises QpilotError where it is damaged."""
    arn = name_or_arn.startswith("arn:")
    name = name_of(name_or_arn) if arn else name_or_arn
    if name not in names(folder):
        return None
    found = _read(folder / f"{name}.json")
    return None if arn and found.arn != name_or_arn else found


def _read(path: Path) -> Device:
    try:
        device = Device.model_validate_json(path.read_bytes())
    except (ValidationError, OSError) as error:
        said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error.strerror
        raise QpilotError(f"{path} is no device profile ({said}): {_MEND}") from error
    if device.name != path.stem:
        raise QpilotError(f"{path} holds the profile of {device.name!r}: {_MEND}")
    return device


def _replaces(stands: Device, device: Device) -> str:
    other = "" if stands.arn == device.arn else f", another device ({stands.arn})"
    return f"takes the place of the shipped {stands.name} of {stands.updated.isoformat()} in this home{other}"
