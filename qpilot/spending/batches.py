"""A batch of paid tasks: each is made once, waited for, and settled, by whichever processes live long enough."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qpilot.errors import QpilotError, Suspended
from qpilot.record.journal import Journal
from qpilot.spending import accounts
from qpilot.spending.attempts import Attempt
from qpilot.spending.cashier import Cashier, Patience
from qpilot.spending.items import Item, ensure
from qpilot.spending.plans import Plan, Prepare
from qpilot.spending.purse import Purse
from qpilot.spending.recovery import Batch, recover
from qpilot.spending.service import TERMINAL, Service, Task, Unanswered
from qpilot.spending.settlement import Check, settle

Wall = Callable[[], str]
"""Has the vendor hold a limit as well, and answers a sentence on what it holds. Called again after a crash."""


@dataclass(frozen=True)
class Paid:
    """A batch whose every task exists. references: by work, as the plan orders them."""

    plan: Plan
    references: tuple[str, ...]


@dataclass(frozen=True)
class Done:
    """A completed task: its result document, and what it was billed in dollars."""

    reference: str
    result: bytes
    usd: Decimal
    task: Task


def pay(
    key: str,
    fingerprint: str,
    prepare: Prepare,
    purse: Purse,
    service: Service,
    patience: Patience,
    wall: Wall | None = None,
) -> Paid:
    """Every task of the batch exists exactly once, whatever happened to the processes that called this before.

    key: "RUN/0000". fingerprint: of what is measured; a key stands for one. `prepare` compiles the batch, and is called
    only where that was never kept. wall: asked before the run's first reservation, where the purse says so.
    Raises OverBudget, Refused, Suspended; each leaves what exists as it is, and the same call goes on from there.
    """
    accounts.require(purse.stores.journal, purse)
    cashier = Cashier(purse, service, patience)
    plan = recover(cashier, Batch(key, fingerprint), prepare)
    _raise_wall(cashier, wall)
    found = (ensure(cashier, Item(plan, place)) for place in range(len(plan.works)))
    return Paid(plan, tuple(str(attempt.reference) for attempt in found))


def finish(
    paid: Paid, purse: Purse, service: Service, patience: Patience, check: Check | None = None
) -> tuple[Done, ...]:
    """The results of every task, by work, once all have completed.

    A task that failed is settled and made anew while `purse.retries` allows. Raises Suspended where one was cancelled,
    failed too often, is not done by its deadline, or has no usable result; the others are settled as they end, and the
    same call goes on from there. check: refuses a result by raising ResultFault.
    """
    cashier = Cashier(purse, service, patience)
    waiting: dict[Item, Attempt | None] = {Item(paid.plan, place): None for place in range(len(paid.plan.works))}
    done: list[tuple[int, Attempt]] = []
    quiet = 0
    while True:
        sweep = _sweep(cashier, waiting, check)
        done += [(item.place, attempt) for item, attempt in sweep.seen.items() if attempt.standing == "settled"]
        waiting = {item: sweep.seen.get(item) for item in waiting if item.place not in dict(done)}
        if sweep.troubles:
            raise _trouble(sweep.troubles)
        if not waiting:
            break
        quiet = quiet + 1 if sweep.unanswered else 0
        patience.pause(patience.poll_seconds * 2 ** min(quiet, 5))
    return tuple(_done(purse, attempt) for _, attempt in sorted(done, key=lambda one: one[0]))


@dataclass
class _Sweep:
    """One look at every task that is waited for. seen: the attempt that counts, where its task could be looked at."""

    seen: dict[Item, Attempt]
    troubles: list[QpilotError]
    unanswered: bool = False


def _sweep(cashier: Cashier, waiting: dict[Item, Attempt | None], check: Check | None) -> _Sweep:
    sweep = _Sweep({}, [])
    for item, known in waiting.items():
        try:
            attempt = known or ensure(cashier, item)
            sweep.seen[item] = attempt if attempt.standing == "settled" else _look(cashier, item, attempt, check)
        except Unanswered:
            sweep.unanswered = True
        except QpilotError as trouble:
            # The others are looked at all the same: what ended is settled whatever became of this one.
            sweep.troubles.append(trouble)
    return sweep


def _look(cashier: Cashier, item: Item, attempt: Attempt, check: Check | None) -> Attempt:
    """The item's attempt after a look at its task: settled where it has ended, the next one where it failed."""
    reference = str(attempt.reference)
    now = cashier.now()
    try:
        task = cashier.service.look(reference)
    except Unanswered as unanswered:
        _require_in_time(cashier, attempt, attempt.at("task") or now, f"unanswered ({unanswered})")
        raise
    if task.state not in TERMINAL:
        _require_in_time(
            cashier, attempt, task.created, task.state + (f", position {task.position}" if task.position else "")
        )
        return attempt
    settle(cashier, attempt.name, item.plan.works[item.place], task, check)
    return ensure(cashier, item)


def _require_in_time(cashier: Cashier, attempt: Attempt, since: datetime, state: str) -> None:
    hours = cashier.purse.deadline_hours
    if cashier.now() - since > timedelta(hours=hours):
        raise Suspended(
            f"{attempt.name.text}: task {attempt.reference} is not done after {hours:g} hours (budget.queue_hours): {state}."
            f" It stays in the vendor's queue and is not submitted again; run again later, or `qpilot abort {attempt.name.run}"
            " --by NAME` cancels it"
        )


def _trouble(troubles: list[QpilotError]) -> QpilotError:
    """One error for all; a run that has to stop for one of them stops, and is suspended only where it waits for all."""
    fatal = [trouble for trouble in troubles if not isinstance(trouble, Suspended)]
    if fatal:
        return fatal[0]
    return troubles[0] if len(troubles) == 1 else Suspended("; ".join(map(str, troubles)))


def _done(purse: Purse, attempt: Attempt) -> Done:
    ended = attempt.says("settled")
    return Done(
        reference=ended["reference"],
        result=purse.stores.artifacts.get(ended["result"]),
        usd=attempt.billed_usd,
        task=Task.model_validate(ended["task"]),
    )


def _raise_wall(cashier: Cashier, wall: Wall | None) -> None:
    """The vendor was asked to hold the limit, where the purse wants that and the run has reserved nothing yet."""
    purse, journal = cashier.purse, cashier.purse.stores.journal
    if not purse.spending_limit or journal.get("wall", purse.run) is not None or _reserved(journal, purse.run):
        return
    if wall is None:
        raise QpilotError(
            "budget.spending_limit asks for a limit at the vendor, and this backend can set none; set it to false"
        )
    cashier.record("wall", purse.run, {"said": wall()})


def _reserved(journal: Journal, run: str) -> bool:
    return bool(journal.find("reserved", f"{run}/"))
