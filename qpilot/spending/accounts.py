"""Budgets: what a pilot, or the account that several share, may be billed, has set aside, and has been billed."""

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from gates.records import Record
from gates.wording import dollars
from qpilot.errors import QpilotError, UsageError
from qpilot.record.journal import Exists, Find, Guard, Journal
from qpilot.spending import allowance
from qpilot.spending.attempts import Attempt, attempts
from qpilot.spending.purse import Purse

LIMIT, ABORTED = "limit", "aborted"

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")


class OverBudget(QpilotError):  # noqa: N818
    """A reservation would pass a limit; nothing was reserved. `shared`: the limit is an account's, not the pilot's own."""

    def __init__(self, message: str, shared: bool) -> None:
        super().__init__(message)
        self.shared = shared


class Account(Record):
    """A limit and what stands against it. `reserved`: set aside for tasks whose bill is not known yet. All in dollars."""

    name: str
    limit: Decimal
    reserved: Decimal
    billed: Decimal

    @property
    def left(self) -> Decimal:
        """What may still be reserved; below zero where more was billed than was allowed."""
        return self.limit - self.reserved - self.billed

    @property
    def sentence(self) -> str:
        return (
            f"{self.name}: {dollars(self.left)} of {dollars(self.limit)} is left ({dollars(self.billed)} billed,"
            f" {dollars(self.reserved)} reserved for tasks not settled yet)"
        )


def set_limit(journal: Journal, name: str, usd: Decimal, by: str, at: datetime) -> None:
    """From now on the pilots that name this account may be billed `usd` together, what was billed before included."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} names no account; required: lower-case letters, digits and hyphens, at most 48")
    if not (usd.is_finite() and usd >= 0):
        raise UsageError(f"an account's limit is {usd}; required: a number of dollars, 0 or more")
    while True:
        place = len(journal.find(LIMIT, f"{name}/")) + 1
        try:
            journal.append(LIMIT, f"{name}/{place}", {"usd": str(usd), "by": by}, at)
            return
        except Exists:
            continue


def names(journal: Journal) -> tuple[str, ...]:
    """The accounts that have a limit, sorted."""
    return tuple(sorted({entry.key.split("/")[0] for entry in journal.find(LIMIT)}))


def standing(journal: Journal, name: str) -> Account:
    """How the account stands. Raises QpilotError where it has no limit, saying how to give it one."""
    limit = _limit(journal.find, name)
    return _account(name, limit, (one for one in attempts(journal.find) if one.says("reserved").get("account") == name))


def pilot_standing(journal: Journal, owner: str, usd: Decimal) -> Account:
    """How a pilot stands, over all its tries, against its own budget of `usd`."""
    return _account(owner, usd, (one for one in attempts(journal.find) if one.says("reserved").get("owner") == owner))


def require(journal: Journal, purse: Purse) -> None:
    """Nothing, where the purse's account has a limit or it names none. Raises QpilotError otherwise."""
    if purse.account is not None:
        _limit(journal.find, purse.account)


def guard(purse: Purse, asked: Decimal, tasks: int, shots: int) -> Guard:
    """Lets a reservation of `asked` dollars, for so many tasks and shots in all, stand where a person approved it and
    neither the pilot's nor the account's limit is passed by it.

    Raises Unapproved or OverBudget otherwise, and QpilotError where the run was aborted. Reads every attempt in the
    journal: about a tenth of a second of work for a thousand of them.
    """

    def check(find: Find) -> None:
        if any(entry.key == purse.run for entry in find(ABORTED, purse.run)):
            raise QpilotError(aborted_sentence(purse.run))
        allowed = allowance.require_grant(find, purse, asked, tasks, shots)
        # What was reserved is read before what freed it. On a database without one writer at a time an entry may come in
        # between: a task settled meanwhile only lowers the sum, and one reserved meanwhile takes this entry's place.
        found = attempts(find)
        limits = [(f"pilot {purse.owner!r} (budget.usd)", "owner", purse.owner, purse.usd)]
        if purse.account is not None:
            limits.append((f"account {purse.account!r}", "account", purse.account, _limit(find, purse.account)))
        for said, field, name, limit in limits:
            account = _account(name, limit, (one for one in found if one.says("reserved").get(field) == name))
            if asked > account.left:
                raise OverBudget(_refusal(said, asked, account), shared=field == "account")
        # After the limits: what they refuse no approval would let by.
        if allowed is not None:
            allowance.require_left(allowed, asked, found)

    return check


def aborted_sentence(run: str) -> str:
    """Why nothing more is bought for a run that a person aborted."""
    return f"run {run} was aborted, so nothing more is bought for it; change the pilot file to try anew"


def _refusal(said: str, asked: Decimal, account: Account) -> str:
    left, limit, billed, reserved = map(dollars, (account.left, account.limit, account.billed, account.reserved))
    return (
        f"a task of {dollars(asked)} would pass the limit of {said}: {left} of {limit} is left ({billed} billed, {reserved}"
        " reserved); nothing was submitted for it. Wait for reserved tasks to be settled, ask for less, or raise the limit"
        + ("" if "budget.usd" in said else f": `qpilot account {account.name} --usd N --by NAME`")
    )


def _account(name: str, limit: Decimal, counted: Iterable[Attempt]) -> Account:
    reserved = billed = Decimal(0)
    for one in counted:
        reserved += one.open_usd
        billed += one.billed_usd
    return Account(name=name, limit=limit, reserved=reserved, billed=billed)


def _limit(find: Find, name: str) -> Decimal:
    entries = find(LIMIT, f"{name}/")
    if not entries:
        raise QpilotError(
            f"account {name!r} (budget.account) has no limit, so nothing may be spent from it; give it one with"
            f" `qpilot account {name} --usd N --by NAME`"
        )
    last: Any = entries[-1].payload
    return Decimal(cast(str, last["usd"]))
