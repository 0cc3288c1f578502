"""Whether what a person approved covers a reservation: asked inside the journal's own transaction, so that nothing slips by."""

from collections.abc import Iterable
from decimal import Decimal

from gates.wording import dollars
from qpilot.approval.grants import Grant, grant
from qpilot.errors import Unapproved
from qpilot.record.journal import Find
from qpilot.spending.attempts import Attempt
from qpilot.spending.purse import Purse


def require_grant(find: Find, purse: Purse, asked: Decimal, tasks: int, shots: int) -> Grant | None:
    """What allows the purse to reserve `asked` dollars for so many tasks and shots; None where nobody has to.

    Raises Unapproved where nothing was approved, something else was, the approval has ended, or the device has become
    dearer than what was approved.
    """
    if purse.unattended:
        return None
    if purse.approved is None:
        raise Unapproved(
            f"nobody approved that run {purse.run} is charged (approval.when), so nothing was reserved for it"
        )
    now = purse.stores.clock()
    found = grant(find, purse.run, purse.approved.payload, now)
    if found is None:
        late = now >= purse.approved.until
        why = f"ended on {purse.approved.until:%Y-%m-%d %H:%M} UTC" if late else "is for something else than is run now"
        raise Unapproved(f"the approval of run {purse.run} {why}; nothing more is reserved until it is approved again")
    most = found.prices.most(tasks, shots)
    if asked > most:
        raise Unapproved(
            f"the device has become dearer: {tasks} x {shots // max(tasks, 1)} shots cost {dollars(asked)}, and were approved"
            f" at {dollars(most)}; nothing more is reserved until it is approved again"
        )
    return found


def require_left(found: Grant, asked: Decimal, attempts: Iterable[Attempt]) -> None:
    """Nothing, where the run stays within what was approved. Raises Unapproved otherwise.

    attempts: at least all of the run.
    """
    taken = sum((one.open_usd + one.billed_usd for one in attempts if one.name.run == found.run), Decimal(0))
    if taken + asked > found.max_usd:
        raise Unapproved(
            f"{dollars(asked)} more would pass the {dollars(found.max_usd)} that run {found.run} was approved for:"
            f" {dollars(taken)} of it is billed or reserved; nothing more is reserved until more is approved"
        )
