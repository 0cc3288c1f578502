"""The service from another process: JSON under /_control.

| call | does |
|---|---|
| GET bills | {"bills": [...], "total", "due"}: every accepted task with its price |
| GET calls | how many calls of each operation were counted |
| GET faults | the rules, and how often each fired |
| POST faults | adds a rule: {"operation", "effect", "nth" or "first" or "every" or "probability", "seed", "tags", ...} |
| DELETE faults | no rule is left |
| POST clock | {"advance": seconds} |
| POST settings | fields of Settings; life as {"created", "queued", "running", "cancelling", "unit"} |
| POST figures | {"device": name or ARN, fields of the profile}: a new calibration |
| POST device | {"device": ARN, "status": "OFFLINE", "queue": 12} |
| POST finish | {"task": ARN, "state": "COMPLETED" or "FAILED" or "CANCELLED"}: ends a task now |
| POST reset | as at the start |
"""

import dataclasses
from typing import TYPE_CHECKING, Any

from tests.loopback.tasks import Life
from tests.loopback.wire import Refusal, Reply, Request, answer

if TYPE_CHECKING:
    from tests.loopback.service import Service


def answered(service: "Service", request: Request) -> Reply:
    """The answer to a control call; 400 with a message where it is none."""
    call = (request.method, request.path.removeprefix("/_control/"))
    try:
        body = request.json
        return answer(_carried_out(service, call, body))
    except (KeyError, TypeError, ValueError) as error:
        return answer({"message": f"{type(error).__name__}: {error}"}, 400)
    except Refusal as refusal:
        return answer({"message": refusal.message}, 400)


def _carried_out(service: "Service", call: tuple[str, str], body: dict[str, Any]) -> object:
    if call == ("GET", "bills"):
        return {"bills": service.listed(), "total": str(service.bills.total), "due": str(service.bills.due)}
    if call == ("GET", "calls"):
        return dict(service.calls)
    if call == ("GET", "faults"):
        return service.faults.listed()
    if call == ("POST", "faults"):
        service.faults.add(**body)
    elif call == ("DELETE", "faults"):
        service.faults.clear()
    elif call == ("POST", "clock"):
        service.clock.advance(float(body["advance"]))
        return {"now": service.clock.seconds()}
    elif call == ("POST", "settings"):
        change_settings(service, body)
    elif call == ("POST", "figures"):
        service.catalogue.change(body.pop("device"), body)
    elif call == ("POST", "device"):
        if "status" in body:
            service.catalogue.status[body["device"]] = body["status"]
        if "queue" in body:
            service.catalogue.queue[body["device"]] = int(body["queue"])
    elif call == ("POST", "finish"):
        service.tasks[body["task"]].finish(service.clock.seconds(), body.get("state", "COMPLETED"))
    elif call == ("POST", "reset"):
        service.reset()
    else:
        raise ValueError(f"no control call {call[0]} {call[1]!r}; see tests/loopback/control.py")
    return {}


def change_settings(service: "Service", changes: dict[str, Any]) -> None:
    """The settings are so from now on; ValueError names the known ones."""
    known = [field.name for field in dataclasses.fields(service.settings)]
    for name, value in changes.items():
        if name not in known:
            raise ValueError(f"unknown setting {name!r}; known: {', '.join(known)}")
        setattr(service.settings, name, Life(**value) if name == "life" and isinstance(value, dict) else value)
