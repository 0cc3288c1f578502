"""What is wrong with an installation: each finding says what to do."""

import os
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from gates.records import Outcome
from qpilot.errors import QpilotError
from qpilot.record.home import Home
from qpilot.verification import verify

PINS = {
    "fastapi": ((0, 139), (0, 151), "with a newer one a Prefect server refuses its own client"),
    "cloudpickle": ((3, 1), (4, 0), "Prefect needs it; amazon-braket-sdk asks for an older one it does not use here"),
    "great-expectations": ((1, 24), (1, 25), "our expectations are tested against this minor version"),
    "pennylane": ((0, 45), (0, 46), "the engine is tested against this minor version"),
    "prefect": ((3, 8), (3, 9), "the flow is tested against this minor version"),
    "sqlalchemy": ((2, 0), (2, 1), "with a newer one no schedule of a Prefect server fires"),
}
LEAST_FREE_BYTES = 500_000_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at: GO where it is well, NO_GO with what to do where it is not."""

    name: str
    outcome: Outcome
    said: str


def examine(home: Home) -> list[Finding]:
    """Python, the versions that are known to work together, the home, its stores, and the record in them."""
    stores = [_journal(home), _artifacts(home)] if home.path.is_dir() else []
    reached = all(finding.outcome is Outcome.GO for finding in stores)
    return [_python(), *map(_version, PINS), _home(home), *stores, *([_record(home)] if reached else [])]


def _finding(name: str, well: bool, said: str) -> Finding:
    return Finding(name, Outcome.GO if well else Outcome.NO_GO, said)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    well = (3, 11) <= sys.version_info[:2] < (3, 14)
    return _finding(
        "python", well, version if well else f"{version}: install Python 3.11, 3.12 or 3.13, then `make pilot`"
    )


def _version(package: str) -> Finding:
    least, below, why = PINS[package]
    wanted = f"{'.'.join(map(str, least))} up to, not including, {'.'.join(map(str, below))}"
    try:
        found = metadata.version(package)
    except metadata.PackageNotFoundError:
        return _finding(package, False, f"not installed, {wanted} is needed: install requirements.lock")
    numbers = tuple(int(part) for part in found.split(".")[:2] if part.isdigit())
    well = least <= numbers < below
    return _finding(package, well, found if well else f"{found}, {wanted} is needed ({why}): install requirements.lock")


def _home(home: Home) -> Finding:
    place = home.path if home.path.is_dir() else _existing(home.path)
    if not os.access(place, os.W_OK):
        return _finding("home", False, f"{place} is not writable: set QPILOT_HOME to a folder that is")
    free = os.statvfs(place)
    room = free.f_bavail * free.f_frsize
    well = room >= LEAST_FREE_BYTES
    return _finding("home", well, f"{home.path}, {room / 1e9:.1f} GB free" + ("" if well else ": free some space"))


def _journal(home: Home) -> Finding:
    try:
        return _finding("journal", True, f"{home.journal.where}, {home.journal.head().seq} entries")
    except QpilotError as error:
        return _finding("journal", False, str(error))


def _artifacts(home: Home) -> Finding:
    try:
        home.artifacts.reach()
        return _finding("artifacts", True, str(home.artifacts.where))
    except QpilotError as error:
        return _finding("artifacts", False, str(error))


def _existing(path: Path) -> Path:
    return next(parent for parent in path.parents if parent.is_dir())


def _record(home: Home) -> Finding:
    if not home.path.is_dir():
        return _finding("record", True, "nothing recorded yet")
    try:
        findings = verify(home)
    except QpilotError as error:
        return _finding("record", False, str(error))
    well = not findings
    return _finding("record", well, "whole" if well else f"{len(findings)} findings: `qpilot verify` lists them")
