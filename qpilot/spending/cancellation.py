"""Ends a run's tasks: cancels what can be cancelled, settles what has ended, and says what was spent."""

import contextlib
from collections.abc import Sequence
from decimal import Decimal
from itertools import islice

from gates.records import Record
from gates.wording import dollars
from qpilot.decisions import attested
from qpilot.errors import QpilotError
from qpilot.job import Stores
from qpilot.record.journal import Exists
from qpilot.spending import reconcile
from qpilot.spending.accounts import ABORTED
from qpilot.spending.attempts import Attempt, attempt_of, attempts
from qpilot.spending.cashier import Cashier, Patience, resendable
from qpilot.spending.purse import Purse
from qpilot.spending.service import TERMINAL, Service, Task, Work
from qpilot.spending.settlement import settle

LOOKS = 6
"""How often an abort looks whether a task is cancelled yet."""


class Fate(Record):
    """What an abort found or made of one attempt. `billed_usd`: None where the bill is not known yet.

    `open`: it may still run and be billed; the abort is to be repeated.
    """

    attempt: str
    reference: str | None
    state: str
    billed_usd: Decimal | None
    open: bool
    sentence: str


def abort(run: str, stores: Stores, service: Service, by: str, patience: Patience) -> tuple[Fate, ...]:
    """Nothing more is bought for the run, and what can be cancelled is; answers what became of every attempt.

    Settles what has ended. A reservation that may have been sent is not released: nobody knows it was not. One task's
    failure is its own sentence. May be repeated, which looks again at what was still open.
    """
    stop(run, stores, by)
    standing = attempts(stores.journal.find, f"{run}/")
    fates = [_fate(_cashier(run, one, stores, service, patience), one) for one in standing]
    devices = {one.says("reserved")["device"]: one for one in standing if "reserved" in one.entries}
    for device, one in sorted(devices.items()):
        fates += _strangers(_cashier(run, one, stores, service, patience), device)
    return tuple(fates)


def stop(run: str, stores: Stores, by: str) -> None:
    """The journal says, attested, that the run was aborted: no reservation of it succeeds from here on."""
    at = stores.clock()
    with contextlib.suppress(Exists):
        stores.journal.append(ABORTED, run, attested(stores, run, "abort", run, {"by": by}, {}, at), at)


def billed(fates: Sequence[Fate]) -> Decimal:
    """What the attempts were billed, as far as it is known."""
    return sum((one.billed_usd or Decimal(0) for one in fates), Decimal(0))


def _cashier(run: str, one: Attempt, stores: Stores, service: Service, patience: Patience) -> Cashier:
    """One who settles for the attempt's owner, and has nothing to spend."""
    reserved = one.says("reserved")
    purse = Purse(
        stores=stores,
        run=run,
        pilot="",
        owner=reserved.get("owner", ""),
        usd=Decimal(0),
        account=reserved.get("account"),
        retries=0,
        deadline_hours=0.0,
    )
    return Cashier(purse, service, patience)


def _fate(cashier: Cashier, one: Attempt) -> Fate:
    if one.standing == "settled":
        state = one.says("settled")["state"]
        return _said(one, state, f"had ended ({state}), {dollars(one.billed_usd)} billed", one.billed_usd)
    if one.standing == "free":
        return _said(one, "NEVER_RAN", "was never a task; nothing was spent", Decimal(0))
    try:
        reference = one.reference or _found(cashier, one)
        if reference is None:
            return _missing(cashier, one)
        task = _cancelled(cashier, reference)
        if task.state not in TERMINAL:
            most = dollars(one.reserved_usd)
            said = f"task {reference} is {task.state}: it may still be billed up to {most}; abort again later"
            return _said(one, task.state, said, None, reference)
        settle(cashier, one.name, _work(cashier, one), task)
        usd = Decimal((attempt_of(cashier.purse.stores.journal.find, one.name) or one).billed_usd)
        return _said(one, task.state, f"task {reference} is {task.state}, {dollars(usd)} billed", usd, reference)
    except QpilotError as error:
        said = f"could not be ended ({error}); its {dollars(one.reserved_usd)} stay reserved, abort again later"
        return _said(one, "UNKNOWN", said, None, one.reference)


def _said(one: Attempt, state: str, said: str, usd: Decimal | None, reference: str | None = None) -> Fate:
    return Fate(
        attempt=one.name.text,
        reference=reference or one.reference,
        state=state,
        billed_usd=usd,
        open=usd is None,
        sentence=f"{one.name.text}: {said}",
    )


def _found(cashier: Cashier, one: Attempt) -> str | None:
    """The task of an attempt nobody heard of again, now in the journal; None where the service lists none."""
    reserved = one.at("reserved")
    if reserved is None:
        return None
    listed = reconcile.listed(cashier, one.says("reserved")["device"], reserved - reconcile.SKEW)
    tasks = reconcile.by_name(listed).get(one.name.first, [])
    if not tasks:
        return None
    reference = reconcile.require_one(cashier, one.name, tasks).reference
    reconcile.record_task(cashier, one.name, reference, "found")
    return reference


def _missing(cashier: Cashier, one: Attempt) -> Fate:
    reserved = one.at("reserved")
    if one.standing == "unknown" and reserved is not None and resendable(reserved, cashier.now()):
        return _said(one, "UNKNOWN", "may have been sent a moment ago; abort again in ten minutes", None)
    if one.standing == "unknown":
        cashier.record("parked", one.name.text, {"why": "it may have been sent, and is not among the device's tasks"})
    money = dollars(one.reserved_usd)
    said = f"whether it ran is not known; its {money} stay reserved until `qpilot resolve {one.name.text}` says"
    return _said(one, "PARKED", said, None)


def _cancelled(cashier: Cashier, reference: str) -> Task:
    """How the task stands after it was cancelled, or had ended before."""
    what = f"task {reference}"
    task = cashier.ask(lambda: cashier.service.look(reference), what)
    if task.state in TERMINAL:
        return task
    cashier.ask(lambda: cashier.service.cancel(reference), f"the cancellation of {what}")
    for delay in islice(cashier.patience.delays(), LOOKS):
        task = cashier.ask(lambda: cashier.service.look(reference), what)
        if task.state in TERMINAL:
            return task
        cashier.patience.pause(delay)
    return task


def _work(cashier: Cashier, one: Attempt) -> Work:
    reserved = one.says("reserved")
    artifacts = cashier.purse.stores.artifacts
    action = artifacts.get(reserved["action"]) if reserved.get("action") else b""
    return Work(reserved["device"], action, reserved["shots"], one.reserved_usd)


def _strangers(cashier: Cashier, device: str) -> list[Fate]:
    """Tasks with the run's tag that the journal does not know: cancelled as well, and said."""
    try:
        listed = reconcile.listed(cashier, device, cashier.now() - reconcile.REMEMBERED)
    except QpilotError as error:
        said = f"whether the device has more tasks of the run is not known ({error}); abort again later"
        return [Fate(attempt="", reference=None, state="UNKNOWN", billed_usd=None, open=True, sentence=said)]
    known = {one.reference for one in attempts(cashier.purse.stores.journal.find, f"{cashier.purse.run}/")}
    return [_stranger(cashier, task) for task in listed if task.reference not in known]


def _stranger(cashier: Cashier, task: Task) -> Fate:
    try:
        task = _cancelled(cashier, task.reference)
        said = f"it is {task.state}"
    except QpilotError as error:
        said = f"it could not be cancelled ({error})"
    return Fate(
        attempt=reconcile.named(task).text,
        reference=task.reference,
        state=task.state,
        billed_usd=None,
        open=task.state not in TERMINAL,
        sentence=f"{reconcile.named(task).text}: task {task.reference} is not in the journal; {said}, {task.shots} shots",
    )
