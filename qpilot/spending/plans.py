"""What a batch will submit, byte for byte: stored before it is named in the journal, and never compiled a second time."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from pydantic import JsonValue

from qpilot.devices.record import Device
from qpilot.errors import QpilotError
from qpilot.record.artifacts import Artifacts
from qpilot.spending.service import Work

PLAN = "plan"


@dataclass(frozen=True)
class Prepared:
    """A batch compiled for a device as it is now: the tasks, the figures, what reads the results, the wait as forecast."""

    works: tuple[Work, ...]
    device: Device
    decode: JsonValue
    wait: dict[str, JsonValue] | None = None


Prepare = Callable[[], Prepared]


@dataclass(frozen=True)
class Plan:
    """A batch as it was stored. `sha256` names the artifact, `actions` each work's program."""

    sha256: str
    key: str
    fingerprint: str
    works: tuple[Work, ...]
    actions: tuple[str, ...]
    device: Device
    decode: JsonValue
    wait: dict[str, JsonValue] | None


def store(artifacts: Artifacts, key: str, fingerprint: str, prepared: Prepared) -> Plan:
    """The plan is on disk with every byte it names."""
    if not prepared.works:
        raise QpilotError(f"batch {key} was prepared without a task; a paid batch has one or more")
    works: list[JsonValue] = []
    for work in prepared.works:
        action = artifacts.put(work.action)
        works.append({"device": work.device, "action": action, "shots": work.shots, "usd": str(work.usd)})
    content: dict[str, JsonValue] = {
        "batch": fingerprint,
        "decode": prepared.decode,
        "device": prepared.device.plain(),
        "key": key,
        "wait": prepared.wait,
        "works": works,
    }
    return load(artifacts, artifacts.put_json(content))


def load(artifacts: Artifacts, sha256: str) -> Plan:
    """The plan stored under `sha256`. Raises QpilotError where it, or a program it names, is missing or was changed."""
    content = cast(dict[str, Any], artifacts.get_json(sha256))
    kept = content["works"]
    return Plan(
        sha256=sha256,
        key=content["key"],
        fingerprint=content["batch"],
        works=tuple(
            Work(work["device"], artifacts.get(work["action"]), work["shots"], Decimal(work["usd"])) for work in kept
        ),
        actions=tuple(work["action"] for work in kept),
        device=Device.model_validate(content["device"]),
        decode=content["decode"],
        wait=content["wait"],
    )


def orphan(artifacts: Artifacts, key: str, fingerprint: str) -> Plan | None:
    """The plan stored for this batch before the journal lost it, or before it was named there; None where there is none.

    A batch compiled anew may differ in a byte, and would be another task. Reads the first bytes of every artifact.
    """
    start = b'{"batch":"' + fingerprint.encode() + b'"'  # canonical JSON: the first name comes first
    for name in artifacts.starting(start):
        if artifacts.fault(name) is not None:
            continue
        plan = load(artifacts, name)
        if plan.key == key:
            return plan
    return None
