"""A person says what became of a task that nobody else can tell."""

import contextlib
from datetime import datetime

from qpilot.errors import QpilotError
from qpilot.record.journal import Exists, Journal
from qpilot.spending import reconcile
from qpilot.spending.attempts import ITEM_TAG, RUN_TAG, TOKEN_TAG, Attempt, Name, attempt_of
from qpilot.spending.service import Service, Task


def resolve(
    journal: Journal,
    attempt: str,
    reference: str | None,
    by: str,
    note: str,
    at: datetime,
    service: Service | None = None,
) -> str:
    """The journal says what a person found out about an attempt; answers what follows, in a sentence.

    reference: the task it is, which `service` must know under the attempt's tags; this also chooses between several.
    None: it never ran and its money is free; or, where it failed or was cancelled, it may be submitted once more.
    Raises QpilotError where that contradicts what is known.
    """
    if not by.strip():
        raise QpilotError("say who decided it; the journal keeps the name")
    name = Name.of(attempt)
    standing = attempt_of(journal.find, name)
    if reference is not None:
        if service is None:
            raise QpilotError(
                f"{attempt}: the service has to confirm that {reference} is this task, and none was given"
            )
        _require_task(name, standing, reference, service.look(reference))
    else:
        _require_none(name, standing, service)
    payload = {"by": by, "note": note, "reference": reference}
    try:
        journal.append("resolved", name.text, dict(payload), at)
    except Exists as exists:
        if exists.entry.payload != payload:
            raise QpilotError(
                f"{attempt} was resolved before, on {exists.entry.at[:10]}: {exists.entry.payload}"
            ) from exists
    if reference is None:
        return f"{attempt} may be submitted anew; run again to go on"
    if standing is not None and "reserved" in standing.entries:
        with contextlib.suppress(Exists):
            journal.append("task", name.text, {"reference": reference, "how": "found"}, at)
    return f"{attempt} is task {reference}; run again to go on"


def _require_task(name: Name, standing: Attempt | None, reference: str, task: Task) -> None:
    """Raises QpilotError where the task is not this attempt's."""
    known = None if standing is None else standing.reference
    if known not in (None, reference):
        raise QpilotError(f"{name.text} is task {known} in the journal, and goes on with it; {reference} is another")
    if (task.tags.get(ITEM_TAG), task.tags.get(RUN_TAG)) != (name.first.text, name.run):
        raise QpilotError(
            f"task {reference} has the tag {ITEM_TAG} = {task.tags.get(ITEM_TAG)!r}; required: {name.first.text!r}."
            " Give the ARN of the task that carries it"
        )
    token = None if standing is None else standing.says("reserved").get("token")
    if token is not None and task.tags.get(TOKEN_TAG) != token:
        raise QpilotError(f"task {reference} was made from another program, device or pilot file than {name.text}")


def _require_none(name: Name, standing: Attempt | None, service: Service | None) -> None:
    """Raises QpilotError where the attempt is, or may still become, a task."""
    if standing is None:
        raise QpilotError(f"the journal knows no {name.text}; `qpilot ledger {name.run}` lists the tasks of the run")
    if standing.standing == "settled":
        if standing.says("settled")["state"] == "COMPLETED":
            raise QpilotError(f"{name.text} completed as task {standing.reference}, so it is not submitted again")
        return
    if standing.standing == "task":
        raise QpilotError(
            f"{name.text} is task {standing.reference}; to be rid of it, `qpilot abort {name.run} --by NAME`"
        )
    if standing.standing == "unknown":
        raise QpilotError(f"what became of {name.text} was not looked into yet; run again first, which does")
    reserved = standing.at("reserved")
    if service is None or reserved is None:
        return
    device = standing.says("reserved")["device"]
    listed = service.find(device, reserved - reconcile.SKEW)
    there = [task.reference for task in listed if task.tags.get(ITEM_TAG) == name.first.text]
    if there:
        raise QpilotError(f"{name.text} did run: the service lists {', '.join(there)} for it; resolve it with --arn")
