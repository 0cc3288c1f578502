"""A device as Amazon Braket describes it now: figures, price, status, queue."""

import json
from typing import Any

from qpilot.braket.faults import told
from qpilot.braket.prices import PriceList, listed
from qpilot.braket.service import BraketService
from qpilot.devices.from_braket import from_braket
from qpilot.devices.listing import Live
from qpilot.devices.pulled import name_of
from qpilot.errors import QpilotError


def live(arn: str, service: BraketService, prices: PriceList | None) -> Live:
    """GetDevice of any gate-model ARN. prices: the bulk list, None where it cannot be read.

    Raises Refused, Unanswered or QpilotError where there is no usable answer.
    """
    session = service.session(arn)
    with told("GetDevice", arn, session.region):
        answer: dict[str, Any] = session.get_device(arn)
    try:
        properties = json.loads(answer["deviceCapabilities"])
        asked = properties["service"]
        source = f"Amazon Braket GetDevice, updatedAt {asked['updatedAt']}"
        poll_ms = asked.get("getTaskPollIntervalMillis")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise QpilotError(f"the properties of {arn} cannot be read ({type(error).__name__}: {error})") from error
    device = from_braket(properties, name_of(arn), arn, source)
    found = listed(prices or (), device, session.region)
    return Live(
        device=device,
        status=str(answer["deviceStatus"]),
        queue_depth=_depth(answer.get("deviceQueueInfo") or ()),
        usd_per_task=found.task,
        usd_per_shot=found.shot,
        usd_per_minute=found.minute,
        poll_seconds=poll_ms / 1000 if poll_ms else None,
    )


def _depth(queues: Any) -> str | None:
    """The length of the queue that tasks of no job wait in."""
    for queue in queues:
        if queue.get("queue") == "QUANTUM_TASKS_QUEUE" and queue.get("queuePriority", "Normal") == "Normal":
            return str(queue["queueSize"])
    return None
