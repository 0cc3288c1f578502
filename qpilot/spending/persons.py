"""What a person does about a run's tasks: ends them all, or says what became of one that nobody else can tell."""

import contextlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice

from gates.records import Record
from qpilot.errors import QpilotError, Suspended
from qpilot.job import Stores
from qpilot.record.journal import Exists, Journal
from qpilot.spending import reconcile
from qpilot.spending.accounts import ABORTED
from qpilot.spending.attempts import ITEM_TAG, RUN_TAG, TOKEN_TAG, Attempt, Name, attempt_of, attempts
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
    with contextlib.suppress(Exists):
        stores.journal.append(ABORTED, run, {"by": by}, stores.clock())
    standing = attempts(stores.journal.find, f"{run}/")
    fates = [_fate(_cashier(run, one, stores, service, patience), one) for one in standing]
    devices = {one.says("reserved")["device"]: one for one in standing if "reserved" in one.entries}
    for device, one in sorted(devices.items()):
        fates += _strangers(_cashier(run, one, stores, service, patience), device)
    return tuple(fates)


def billed(fates: Sequence[Fate]) -> Decimal:
    """What the attempts were billed, as far as it is known."""
    return sum((one.billed_usd or Decimal(0) for one in fates), Decimal(0))


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
        return _said(one, state, f"had ended ({state}), ${one.billed_usd} billed", one.billed_usd)
    if one.standing == "free":
        return _said(one, "NEVER_RAN", "was never a task; nothing was spent", Decimal(0))
    try:
        reference = one.reference or _found(cashier, one)
        if reference is None:
            return _missing(cashier, one)
        task = _cancelled(cashier, reference)
        if task.state not in TERMINAL:
            said = (
                f"task {reference} is {task.state}: it may still be billed up to ${one.reserved_usd}; abort again later"
            )
            return _said(one, task.state, said, None, reference)
        settle(cashier, one.name, _work(cashier, one), task)
        usd = Decimal((attempt_of(cashier.purse.stores.journal.find, one.name) or one).billed_usd)
        return _said(one, task.state, f"task {reference} is {task.state}, ${usd} billed", usd, reference)
    except QpilotError as error:
        said = f"could not be ended ({error}); its ${one.reserved_usd} stay reserved, abort again later"
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
    said = f"whether it ran is not known; its ${one.reserved_usd} stay reserved until `qpilot resolve {one.name.text}` says"
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
    except (Suspended, QpilotError) as error:
        said = f"it could not be cancelled ({error})"
    return Fate(
        attempt=reconcile.named(task).text,
        reference=task.reference,
        state=task.state,
        billed_usd=None,
        open=task.state not in TERMINAL,
        sentence=f"{reconcile.named(task).text}: task {task.reference} is not in the journal; {said}, {task.shots} shots",
    )
