"""A piece of paid work through all its attempts: the one that counts now, or the sentence that says why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass

from qpilot.errors import Suspended
from qpilot.spending import creation, reconcile
from qpilot.spending.attempts import Attempt, Name, attempts
from qpilot.spending.cashier import Cashier
from qpilot.spending.orders import Order, order
from qpilot.spending.plans import Plan
from qpilot.spending.settlement import settle


@dataclass(frozen=True)
class Item:
    """Work `place` of a plan."""

    plan: Plan
    place: int

    @property
    def text(self) -> str:
        return f"{self.plan.key}/{self.place:04d}"

    def order(self, pilot: str, number: int) -> Order:
        """Its attempt of that number, as `pilot` (a digest) sends it."""
        return order(pilot, self.plan, Name.of(f"{self.text}/{number}"))


def ensure(cashier: Cashier, item: Item) -> Attempt:
    """The attempt that counts: a task that goes on, or one that completed and was settled. What is done about the last:

    | standing | state             | then                                                          |
    |----------|-------------------|---------------------------------------------------------------|
    | none     |                   | the first attempt                                             |
    | task     |                   | it                                                            |
    | settled  | COMPLETED         | it                                                            |
    | settled  | FAILED, CANCELLED | the next one, where retries or a person allow it; else Suspended |
    | free     |                   | the next one                                                  |
    | unknown  |                   | looked for, or sent again under its token                     |
    | parked   |                   | Suspended                                                     |
    """
    while True:
        history = attempts(cashier.purse.stores.journal.find, f"{item.text}/")
        if not history:
            creation.place(cashier, item.order(cashier.purse.pilot, 1))
            continue
        last = current(history)
        _close_earlier(cashier, item, history, last)
        if last.standing == "unknown":
            creation.proceed(cashier, item.order(cashier.purse.pilot, last.name.number), last)
        elif last.standing == "parked":
            raise Suspended(creation.parked_sentence(last.name.text, last.says("parked")["why"], last.reserved_usd))
        elif last.standing == "free" or (last.standing == "settled" and _again(cashier, history, last)):
            _next(cashier, item, history[-1].name.number + 1)
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
    sentence = (
        f"{last.name.text}: task {last.reference} was {ended['state'].lower()}{reason}; ${last.billed_usd} were billed"
    )
    lets = f"`qpilot resolve {last.name.text} --never-ran --by NAME` lets it be submitted once more, then run again"
    if ended["state"] == "CANCELLED":
        raise Suspended(f"{sentence}, and nothing is submitted in its place. {lets}")
    if len(failed) > cashier.purse.retries:
        raise Suspended(
            f"{sentence}; attempts that failed: {len(failed)}, retries allowed (hardware.retries): {cashier.purse.retries}."
            f" {lets}"
        )
    return True


def _next(cashier: Cashier, item: Item, number: int) -> None:
    """Attempt `number` is there: found where the journal lost it, else placed."""
    found = reconcile.listed(cashier, item.plan.works[item.place].device, cashier.now() - reconcile.REMEMBERED)
    lost = {
        name: group
        for name, group in reconcile.by_name(found).items()
        if name.item == item.text and name.number >= number
    }
    for name, group in lost.items():
        reconcile.adopt(cashier, item.order(cashier.purse.pilot, name.number), group)
    if not lost:
        creation.place(cashier, item.order(cashier.purse.pilot, number))


def _close_earlier(cashier: Cashier, item: Item, history: Sequence[Attempt], last: Attempt) -> None:
    """Attempts beside the one that counts hold no money that is not spent.

    Raises Suspended where one of them is a task as well that did not fail, unless a person chose between them.
    """
    accepted = any(one.says("resolved").get("reference") is not None for one in history)
    for one in (one for one in history if one is not last):
        if one.standing == "unknown" and one.name.number < last.name.number:
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
