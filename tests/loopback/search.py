"""SearchQuantumTasks and SearchDevices: filters, order, pages."""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from tests.loopback.wire import Refusal, Request

T = TypeVar("T")
_COMPARE: dict[str, Callable[[Any, list[Any]], bool]] = {
    "EQUAL": lambda value, wanted: value in wanted,
    "LT": lambda value, wanted: value < wanted[0],
    "LTE": lambda value, wanted: value <= wanted[0],
    "GT": lambda value, wanted: value > wanted[0],
    "GTE": lambda value, wanted: value >= wanted[0],
    "BETWEEN": lambda value, wanted: wanted[0] <= value <= wanted[1],
}


def seconds_of(text: str) -> float:
    """An ISO 8601 time, UTC where it does not say; ValidationException where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal("ValidationException", f"createdAt {text!r} is not an ISO 8601 time") from error
    return found.timestamp() if found.tzinfo else datetime.fromisoformat(text + "+00:00").timestamp()


def matches(filters: Sequence[dict[str, Any]], members: dict[str, Any]) -> bool:
    """Whether a thing with these members passes all filters; ValidationException names the members there are."""
    for wanted in filters:
        name, operator = wanted["name"], wanted.get("operator", "EQUAL")
        if name not in members or operator not in _COMPARE:
            raise Refusal(
                "ValidationException", f"no filter {name!r} {operator!r}; filter by {', '.join(sorted(members))}"
            )
        values = [seconds_of(value) for value in wanted["values"]] if name == "createdAt" else wanted["values"]
        if operator == "BETWEEN" and len(values) != 2:
            raise Refusal("ValidationException", "BETWEEN takes two values")
        if not _COMPARE[operator](members[name], values):
            return False
    return True


def page(request: Request, found: Sequence[T], default: int = 100) -> tuple[Sequence[T], dict[str, str]]:
    """One page of `found`, and the token for the next one. `default`: how many without maxResults."""
    size = request.json.get("maxResults") or default
    if not 1 <= size <= 100:
        raise Refusal("ValidationException", f"maxResults {size} is outside of 1 to 100")
    start = 0
    if token := request.json.get("nextToken"):
        try:
            start = int(base64.b64decode(token))
        except ValueError as error:
            raise Refusal("ValidationException", "nextToken is not one of this service") from error
    more = start + size < len(found)
    following = {"nextToken": base64.b64encode(str(start + size).encode()).decode()} if more else {}
    return found[start : start + size], following
