"""A device as Amazon Braket describes it now: figures, price, status, queue."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qpilot.braket.faults import told
from qpilot.braket.prices import PriceList, dearer, listed
from qpilot.braket.service import BraketService
from qpilot.devices import device as find_device
from qpilot.devices.from_braket import from_braket
from qpilot.devices.record import Device
from qpilot.errors import QpilotError, UsageError

POLL_SECONDS = 5.0
"""Between two looks at a task, where the device asks for no other time."""


@dataclass(frozen=True)
class Live:
    """device: with the prices a task is quoted at. status: ONLINE, OFFLINE or RETIRED. updated: its calibration.

    depth: tasks that wait, in Braket's words ("12", ">4000"), None where it does not say.
    """

    device: Device
    status: str
    depth: str | None
    updated: datetime
    poll_seconds: float

    @property
    def jobs(self) -> int | None:
        """The depth as a number: where Braket stopped counting, the number it stopped at, which is a lower bound."""
        digits = (self.depth or "").lstrip("> ")
        return int(digits) if digits.isdigit() else None


def live(arn: str, service: BraketService, prices: PriceList | None) -> Live:
    """GetDevice of any gate-model ARN. prices: the bulk list, None where it cannot be read, which a note says.

    Raises Refused, Unanswered or QpilotError where there is no usable answer.
    """
    session = service.session(arn)
    with told("GetDevice", arn, session.region):
        answer: dict[str, Any] = session.get_device(arn)
    try:
        properties = json.loads(answer["deviceCapabilities"])
        asked = properties["service"]
        updated = datetime.fromisoformat(asked["updatedAt"])
    except (KeyError, TypeError, ValueError) as error:
        raise QpilotError(f"the properties of {arn} cannot be read ({type(error).__name__}: {error})") from error
    device = from_braket(properties, name_of(arn), arn, f"Amazon Braket GetDevice, updatedAt {asked['updatedAt']}")
    if prices is None:
        note = "the price list could not be read: the price is the device's own, and the task fee the one published"
        device = device.model_copy(update={"notes": (*device.notes, note)})
    else:
        device = dearer(device, listed(prices, device, session.region))
    return Live(
        device=device,
        status=str(answer["deviceStatus"]),
        depth=_depth(answer.get("deviceQueueInfo") or ()),
        updated=updated,
        poll_seconds=(asked.get("getTaskPollIntervalMillis") or POLL_SECONDS * 1000) / 1000,
    )


def name_of(arn: str) -> str:
    """What the project calls the device: its profile's name, else vendor and name out of the ARN."""
    try:
        return find_device(arn).name
    except UsageError:
        return "-".join(arn.split("/")[-2:]).lower().replace("_", "-")


def _depth(queues: Any) -> str | None:
    """The length of the queue that tasks of no job wait in."""
    for queue in queues:
        if queue.get("queue") == "QUANTUM_TASKS_QUEUE" and queue.get("queuePriority", "Normal") == "Normal":
            return str(queue["queueSize"])
    return None
