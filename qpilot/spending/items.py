"""A piece of paid work through all its attempts: the one that counts now, or the sentence that says why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass

from gates.wording import dollars
from qpilot.errors import Suspended
from qpilot.spending import creation, reconcile
from qpilot.spending.attempts import Attempt, Name, attempts
from qpilot.spending.cashier import Cashier
from qpilot.spending.orders import order
from qpilot.spending.plans import Plan
from qpilot.spending.settlement import settle


@dataclass(frozen=True, eq=False)
class Item:
    """Work `place` of a plan."""

    plan: Plan
    place: int

    @property
    def text(self) -> str:
        return f"{self.plan.key}/{self.place:04d}"

    @property
    def first(self) -> Name:
        """Its first attempt."""
        return Name.of(f"{self.text}/1")


def ensure(cashier: Cashier, item: Item) -> Attempt:
    """The attempt that counts: a task that goes on, or one that completed and was settled. What is done about the last:

    | standing | state             | then                                                          |
    |----------|-------------------|---------------------------------------------------------------|
    | none     |                   | the first attempt                                             |
    | task     |                   | it                                                            |
    | settled  | COMPLETED         | it                                                            |
    | settled  | FAILED, CANCELLED | the next one, where retries or a person allow it; else Suspended |
    | free     |                   | its next turn: the same token and tags                        |
    | unknown  |                   | looked for, or sent again under its token                     |
    | parked   |                   | Suspended                                                     |
    """
    while True:
        history = attempts(cashier.purse.stores.journal.find, f"{item.text}/")
        if not history:
            creation.place(cashier, order(cashier.purse.pilot, item.plan, item.first))
            continue
        last = current(history)
        _close_earlier(cashier, item, history, last)
        if last.standing == "unknown":
            creation.proceed(cashier, order(cashier.purse.pilot, item.plan, last.name), last)
        elif last.standing == "parked":
            raise Suspended(creation.parked_sentence(last.name.text, last.says("parked")["why"], last.reserved_usd))
        elif last.standing == "free":
            _next(cashier, item, last.name.following(ran=False))
        elif last.standing == "settled" and _again(cashier, history, last):
            _next(cashier, item, history[-1].name.following(ran=True))
        else:
            return last


def current(history: Sequence[Attempt]) -> Attempt:
    """The last attempt; or the one a person chose, where nothing was reserved since."""
    chosen = [one for one in history if one.says("resolved").get("reference") is not None]
    if not chosen:
        return history[-1]
    choice = max(chosen, key=lambda one: one.entries["resolved"].seq)
    since = choice.entries["resolved"].seq
    later = [one for one in history if "reserved" in one.entries and one.entries["reserved"].seq > since]
    return later[-1] if later else choice


def _again(cashier: Cashier, history: Sequence[Attempt], last: Attempt) -> bool:
    """Whether a settled attempt is followed by another. Raises Suspended where it should be and may not."""
    ended = last.says("settled")
    if ended["state"] == "COMPLETED":
        return False
    if last.given_up:
        return True
    failed = [one for one in history if one.says("settled").get("state") == "FAILED" and not one.given_up]
    reason = f" ({ended['reason']})" if ended["reason"] else ""
    became = "was cancelled" if ended["state"] == "CANCELLED" else "failed"
    sentence = f"{last.name.text}: task {last.reference} {became}{reason}; {dollars(last.billed_usd)} were billed"
    lets = f"`qpilot resolve {last.name.text} --never-ran --by NAME` lets it be submitted once more, then run again"
    if ended["state"] == "CANCELLED":
        raise Suspended(f"{sentence}, and nothing is submitted in its place. {lets}")
    if len(failed) > cashier.purse.retries:
        raise Suspended(
            f"{sentence}; attempts that failed: {len(failed)}, retries allowed (hardware.retries): {cashier.purse.retries}."
            f" {lets}"
        )
    return True


def _next(cashier: Cashier, item: Item, name: Name) -> None:
    """The attempt or turn of that name is there: found where the journal lost it, else placed."""
    device = item.plan.works[item.place].device
    found = reconcile.by_name(reconcile.listed(cashier, device, cashier.now() - reconcile.REMEMBERED))
    lost = [one for one in found if one.item == name.item and one.number >= name.number]
    for one in lost:
        reconcile.adopt(cashier, order(cashier.purse.pilot, item.plan, one), found[one])
    if not lost:
        creation.place(cashier, order(cashier.purse.pilot, item.plan, name))


def _close_earlier(cashier: Cashier, item: Item, history: Sequence[Attempt], last: Attempt) -> None:
    """Attempts beside the one that counts hold no money that is not spent.

    Raises Suspended where one of them is a task as well that did not fail, unless a person chose between them.
    """
    accepted = any(one.says("resolved").get("reference") is not None for one in history)
    for one in (one for one in history if one is not last):
        if one.standing == "unknown" and (one.name.number, one.name.turn) < (last.name.number, last.name.turn):
            cashier.record(
                "released", one.name.text, {"why": "a later attempt was made, so this one had been given up"}
            )
        if one.standing not in ("task", "settled"):
            continue
        state = one.says("settled").get("state") or _seen(cashier, item, one)
        if state not in ("FAILED", "CANCELLED") and not accepted:
            references = [str(one.reference), last.reference or f"{last.name.text} ({last.standing})"]
            raise Suspended(reconcile.duplicate_sentence(last.name.text, references))


def _seen(cashier: Cashier, item: Item, attempt: Attempt) -> str:
    """How the vendor says the attempt's task stands; settled, where it ended without a result."""
    reference = str(attempt.reference)
    task = cashier.ask(lambda: cashier.service.look(reference), f"task {reference}")
    if task.state in ("FAILED", "CANCELLED"):
        settle(cashier, attempt.name, item.plan.works[item.place], task)
    return task.state
