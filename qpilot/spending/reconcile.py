"""Finds what the service has of a run, and gives it back to a journal that does not know it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from qpilot.errors import QpilotError, Suspended
from qpilot.spending.attempts import ITEM_TAG, RUN_TAG, TOKEN_TAG, Name, attempt_of, bearer
from qpilot.spending.cashier import Cashier
from qpilot.spending.orders import Order
from qpilot.spending.service import Task

REMEMBERED = timedelta(days=90)
"""How far back a lost journal is made good. A run's own start would not do: the entry that names it can be lost as well."""
SKEW = timedelta(days=1)
"""How far the service's clock may be behind ours."""


def listed(cashier: Cashier, device: str, since: datetime) -> tuple[Task, ...]:
    """The tasks on a device that carry this run's tag, in the order of their attempts."""
    found = cashier.ask(lambda: cashier.service.find(device, since), f"the list of the tasks on {device}")
    ours = (task for task in found if task.tags.get(RUN_TAG) == cashier.purse.run)
    return tuple(sorted(ours, key=lambda task: (named(task).item, named(task).number, task.created)))


def named(task: Task) -> Name:
    """The attempt a task says it is. Raises Suspended where it says none of its run."""
    text = task.tags.get(ITEM_TAG, "")
    try:
        name = Name.of(text)
    except QpilotError:
        name = None
    if name is None or name.run != task.tags.get(RUN_TAG):
        raise Suspended(
            f"task {task.reference} carries the tag of run {task.tags.get(RUN_TAG)!r} but names no task of it"
            f" ({ITEM_TAG} = {text!r}); nothing is submitted until somebody has looked at it and removed the tag"
        )
    return name


def by_name(tasks: Iterable[Task]) -> dict[Name, list[Task]]:
    """The tasks of each attempt."""
    grouped: dict[Name, list[Task]] = defaultdict(list)
    for task in tasks:
        grouped[named(task)].append(task)
    return grouped


def seek(cashier: Cashier, order: Order, reserved: datetime) -> bool:
    """Whether the attempt is a task now: in the journal, or found on the device and taken into the journal."""
    if cashier.purse.stores.journal.get("task", order.name.text) is not None:
        return True
    tasks = by_name(listed(cashier, order.work.device, reserved - SKEW)).get(order.name.first, [])
    if tasks:
        adopt(cashier, order, tasks)
    return bool(tasks)


def adopt(cashier: Cashier, order: Order, tasks: Sequence[Task]) -> None:
    """The tasks that name one attempt are one, which stands in the journal with its reservation.

    Raises Suspended where they are several, or were not made from the order. No limit is asked: the money is spent.
    """
    name = bearer(cashier.purse.stores.journal.find, order.name)
    task = require_one(cashier, name, tasks)
    if cashier.purse.stores.journal.get("task", name.text) is not None:
        return
    if task.tags.get(TOKEN_TAG) != order.token or task.shots != order.work.shots:
        raise Suspended(
            f"task {task.reference} names itself {name.text}, but was made from another program, device or pilot file"
            f" (its {TOKEN_TAG} is {task.tags.get(TOKEN_TAG)!r}, {task.shots} shots); nothing is submitted beside it."
            " If another journal runs the same pilot, go on there, or change this pilot file (its seed will do)"
        )
    reservation = order.reservation(cashier.purse.owner, cashier.purse.account)
    cashier.record("reserved", name.text, {**reservation, "found": True})
    record_task(cashier, name, task.reference, "found")


def require_one(cashier: Cashier, name: Name, tasks: Sequence[Task]) -> Task:
    """The task that an attempt is, of those that name it. Raises Suspended where it is more than one.

    Unless a person said which of them counts.
    """
    attempt = attempt_of(cashier.purse.stores.journal.find, name)
    known = None if attempt is None else attempt.reference
    references = {task.reference for task in tasks} | ({known} if known is not None else set())
    chosen = attempt is not None and attempt.says("resolved").get("reference") is not None
    if len(references) > 1 and not chosen:
        raise Suspended(duplicate_sentence(name.text, sorted(references)))
    return next((task for task in tasks if task.reference == known), tasks[0])


def record_task(cashier: Cashier, name: Name, reference: str, how: Literal["created", "found"]) -> None:
    """The journal knows the attempt's task. Raises Suspended where it knows another."""
    entry = cashier.record("task", name.text, {"reference": reference, "how": how})
    stands = cast(dict[str, Any], entry.payload)["reference"]
    if stands != reference:
        raise Suspended(duplicate_sentence(name.text, sorted({stands, reference})))


def duplicate_sentence(name: str, references: Sequence[str]) -> str:
    """What a person has to do where one piece of work was paid more than once."""
    return (
        f"{name} is {len(references)} tasks at the vendor, and may be billed as often: {', '.join(references)}. Nothing more"
        f" is submitted for it. Say which one counts: `qpilot resolve {name} --by NAME --arn ARN`, and take the other up"
        " with the vendor"
    )
