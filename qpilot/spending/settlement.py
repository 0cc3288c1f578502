"""How a task ended, kept: its result, what it was billed, and the rest of its reservation free again."""

from collections.abc import Callable
from typing import Any, cast

from qpilot.errors import Suspended
from qpilot.spending.attempts import Name
from qpilot.spending.cashier import Cashier
from qpilot.spending.service import ResultFault, Task, Unanswered, Work

Check = Callable[[Work, Task, bytes], None]
"""Raises ResultFault where a result is not the one that the work asked for."""

READINGS = 6
"""How often a result that cannot be used is read: one that was just written may not be whole everywhere yet."""


def settle(cashier: Cashier, name: Name, work: Work, task: Task, check: Check | None = None) -> None:
    """A terminal task stands in the journal with its bill, a completed one with its result in the artifacts.

    Raises Suspended where the result cannot be read; the reservation then stays, since the task is paid.
    """
    result = _read(cashier, name, work, task, check) if task.state == "COMPLETED" else None
    usd = cashier.ask(lambda: cashier.service.bill(work, task, result), f"the bill of task {task.reference}")
    task_said = cast(dict[str, Any], task.plain())
    cashier.record(
        "settled",
        name.text,
        {
            "reference": task.reference,
            "state": task.state,
            "usd": str(usd),
            "shots_done": task.shots_done,
            "created": task_said["created"],
            "ended": task_said["ended"],
            "reason": task.reason,
            "result": None if result is None else cashier.purse.stores.artifacts.put(result),
            "task": task_said,
        },
    )


def _read(cashier: Cashier, name: Name, work: Work, task: Task, check: Check | None) -> bytes:
    faults, said = 0, ""
    for delay in cashier.patience.delays():
        try:
            result = cashier.service.result(task.reference)
            if check is not None:
                check(work, task, result)
            return result
        except ResultFault as fault:
            faults, said = faults + 1, str(fault)
        except Unanswered as unanswered:
            said = str(unanswered)
        if faults >= READINGS:
            break
        cashier.patience.pause(delay)
    raise Suspended(
        f"{name.text}: task {task.reference} completed and is paid, but its result cannot be used ({said}); it is not"
        " submitted again. Run again to read it anew; if it stays so, take the task up with the vendor"
    )
