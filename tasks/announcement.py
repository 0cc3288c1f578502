"""An event the Prefect server has been sent: over HTTP, and waited for, so that what is reported as told has been told.

Prefect's own emit_event queues it in a thread that a kill takes along, and whose end nobody can wait for where no server
answers. The server forgets within five minutes, or when it is started again, what it has heard, and its automations act
a second time on an event with the same id: hence the question before.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from prefect.client.orchestration import get_client
from prefect.events.filters import EventFilter, EventIDFilter
from prefect.events.schemas.events import Event
from pydantic import JsonValue


def announce(
    event: str,
    run: str,
    of: str,
    at: datetime,
    related: Sequence[tuple[str, str]],
    payload: Mapping[str, JsonValue],
    flow_run: object = None,
) -> bool:
    """The server has heard `qpilot.<event>` of the run; True where it had not before.

    of: what it tells of; the event's id follows from this and its name. related: the kind and the name of each.
    flow_run: the id of the one it happened in. Raises httpx.HTTPError where the server does not answer, or not well.
    """
    name = f"qpilot.{event}"
    others = [_resource(f"qpilot.{kind}.{one}", kind, one) for kind, one in related]
    within = [] if flow_run is None else [_resource(f"prefect.flow-run.{flow_run}", "flow-run", run)]
    told = Event.model_validate(
        {
            "event": name,
            "occurred": at,
            "resource": {"prefect.resource.id": f"qpilot.run.{run}", "prefect.resource.name": run},
            "related": [*others, *within],
            "payload": {"run": run, **payload},
            "id": uuid5(NAMESPACE_URL, f"{name}/{of}"),
        }
    )
    with get_client(sync_client=True) as client:
        if client.read_events(EventFilter(id=EventIDFilter(id=[told.id])), limit=1).total:
            return False
        client.request("POST", "/events", json=[told.model_dump(mode="json")])
    return True


def _resource(identifier: str, role: str, name: str) -> dict[str, str]:
    return {"prefect.resource.id": identifier, "prefect.resource.role": role, "prefect.resource.name": name}
