"""Makes one attempt a task exactly once: reserve, send, and find out what became of what was sent."""

from datetime import datetime
from decimal import Decimal

from gates.wording import dollars
from qpilot.approval.grants import granted
from qpilot.errors import QpilotError, Suspended, Unapproved
from qpilot.record.journal import Exists
from qpilot.spending import accounts, reconcile
from qpilot.spending.attempts import ITEM_TAG, Attempt, Name
from qpilot.spending.cashier import Cashier, resendable
from qpilot.spending.orders import Order
from qpilot.spending.service import Refused, Unanswered


def place(cashier: Cashier, order: Order) -> None:
    """The attempt is reserved and is a task; or, where another process reserved it first, is left to be looked at.

    Raises OverBudget where the money is not there, Unapproved where nobody approved it, Refused where the vendor did not
    take it (nothing stays reserved), Suspended where nobody knows.
    """
    purse = cashier.purse
    payload = order.reservation(purse.owner, purse.account)
    guard = accounts.guard(purse, order.work.usd, tasks=1, shots=order.work.shots)
    try:
        entry = purse.stores.journal.append("reserved", order.name.text, payload, cashier.now(), guard)
    except Exists:
        return
    _send(cashier, order, datetime.fromisoformat(entry.at), ambiguous=False)


def proceed(cashier: Cashier, order: Order, attempt: Attempt) -> None:
    """An attempt that was reserved, and perhaps sent, by another process is a task now. Raises Suspended otherwise."""
    reserved = attempt.at("reserved")
    if reserved is None or attempt.says("reserved")["token"] != order.token:
        raise Suspended(
            f"{order.name.text} was reserved for another task than this batch has; nothing is sent. Restore the"
            " journal and the artifacts from one backup, or change the pilot file to try anew"
        )
    _send(cashier, order, reserved, ambiguous=True)


def _send(cashier: Cashier, order: Order, reserved: datetime, ambiguous: bool) -> None:
    """`ambiguous`: a request may have reached the vendor before. What an answer then means:

    | answer               | nothing ambiguous before      | after                                       |
    |----------------------|-------------------------------|---------------------------------------------|
    | a reference          | the task                      | the task: the same token, so the same one   |
    | refused for good     | released, the refusal goes up | nothing is released, suspended              |
    | refused for now      | the same again                | looked for, then the same again             |
    | none                 | ambiguous                     | looked for, then the same again             |
    | time is up           | released, the refusal goes up | looked for once more, then parked           |
    """
    said = "the process that reserved it ended before it recorded an answer"
    refused: Refused | None = None
    for delay in cashier.patience.delays():
        if ambiguous and reconcile.seek(cashier, order, reserved):
            return
        if not resendable(reserved, cashier.now()):
            break
        _require_wanted(cashier, order, ambiguous)
        try:
            reference = cashier.service.create(order.work, order.token, order.tags)
        except Refused as error:
            if not error.again:
                raise _refusal(cashier, order, error, ambiguous) from error
            refused, said = error, str(error)
        except Unanswered as error:
            ambiguous, said = True, str(error)
        else:
            reconcile.record_task(cashier, order.name, reference, "created")
            return
        cashier.patience.pause(delay)
    if refused is not None and not ambiguous:
        raise _refusal(cashier, order, refused, ambiguous) from refused
    if not reconcile.seek(cashier, order, reserved):
        raise _parked(cashier, order, reserved, said)


def _require_wanted(cashier: Cashier, order: Order, ambiguous: bool) -> None:
    """Nothing, where the run was not aborted, and what was reserved under an approval is sent under it still.

    What may be at the vendor already is asked for with the same token all the same: it is found so, or never paid for.
    """
    journal, purse, run = cashier.purse.stores.journal, cashier.purse, order.name.run
    if journal.get(accounts.ABORTED, run) is not None:
        if not ambiguous:
            cashier.record("released", order.name.text, {"why": "the run was aborted before it was sent"})
        raise QpilotError(accounts.aborted_sentence(run))
    over = purse.approved is not None and granted(journal, run, purse.approved.payload, cashier.now()) is None
    if over and not ambiguous and not purse.unattended:
        cashier.record("released", order.name.text, {"why": "the approval ended before it was sent"})
        raise Unapproved(
            f"the approval of run {run} ended before {order.name.text} was sent; nothing was bought for it"
        )


def _refusal(cashier: Cashier, order: Order, refused: Refused, ambiguous: bool) -> QpilotError:
    if not ambiguous:
        cashier.record("released", order.name.text, {"why": str(refused)})
        return refused
    return Suspended(
        f"{order.name.text}: the service refused ({refused}), but a request sent before may have been taken; its"
        f" {dollars(order.work.usd)} stay reserved. Remove the cause and run again: the task is looked for first"
    )


def _parked(cashier: Cashier, order: Order, reserved: datetime, said: str) -> Suspended:
    name, usd = order.name.text, order.work.usd
    if resendable(reserved, cashier.now()):
        return Suspended(f"{name}: whether the service took the task is open ({said}); run again to go on asking")
    why = f"no answer said whether the service took it ({said}), and it is not among the device's tasks"
    cashier.record("parked", name, {"why": why})
    return Suspended(parked_sentence(name, why, usd))


def parked_sentence(name: str, why: str, usd: Decimal) -> str:
    """What a person has to do about a parked attempt."""
    tag = Name.of(name).first.text
    return (
        f"{name} is parked: {why}. Its {dollars(usd)} stay reserved and it is never sent again by itself. Look in the vendor's"
        f" console for a task with the tag {ITEM_TAG} = {tag}, then `qpilot resolve {name} --by NAME` with --arn ARN or"
        " --never-ran, and run again"
    )
