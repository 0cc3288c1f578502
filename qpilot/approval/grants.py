"""How a run's approval stands, read off the journal: the last request, who answered it, and what it lets the run spend."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, cast

from gates.records import Record
from gates.wording import dollars
from qpilot.approval.payload import Payload, Prices
from qpilot.persons import person
from qpilot.pilot import Approval
from qpilot.record.entries import Entry
from qpilot.record.journal import Find, Journal

REQUEST, APPROVAL, REJECTED, EXPIRED = "request", "approval", "rejected", "expired"
"""Journal kinds: RUN/n, RUN/n/name, RUN/n, RUN/n."""

State = Literal["asked", "approved", "rejected", "expired"]
SHOWN = 12
"""Digits of a digest that people are shown."""


class Request(Record):
    """The `number`th time that a run asks. policy: whose word counts, as it was when it asked. starter: who began the run.

    expires: when the request, and an approval of it, end. because: why it asks again; empty the first time.
    """

    number: int
    payload: Payload
    policy: Approval
    starter: str
    expires: datetime
    because: str = ""

    @property
    def run(self) -> str:
        return self.payload.run

    @property
    def key(self) -> str:
        """What the journal calls it."""
        return f"{self.run}/{self.number}"

    @property
    def short(self) -> str:
        """The digits of its digest that people compare."""
        return self.digest[:SHOWN]


class Approved(Record):
    """One person's approval of a request, up to `max_usd`. request: its digest. signature: empty where only stated."""

    name: str
    max_usd: Decimal
    note: str
    request: str
    signature: str
    at: datetime


class Standing(Record):
    """A request and its answers. What holds, the first row that fits:

    | rejected | as many approvals as needed | expired | state    |
    |----------|-----------------------------|---------|----------|
    | yes      | either                      | either  | rejected |
    | no       | yes                         | either  | approved |
    | no       | no                          | yes     | expired  |
    | no       | no                          | no      | asked    |
    """

    request: Request
    approvals: tuple[Approved, ...] = ()
    rejected_by: str | None = None
    note: str = ""
    lapsed: bool = False

    @property
    def state(self) -> State:
        if self.rejected_by is not None:
            return "rejected"
        if len(self.approvals) >= self.request.policy.needed:
            return "approved"
        return "expired" if self.lapsed else "asked"

    @property
    def missing(self) -> int:
        """How many more have to approve."""
        return max(self.request.policy.needed - len(self.approvals), 0)

    @property
    def sentence(self) -> str:
        """What was asked, who answered, and what is to be done."""
        request, until = self.request, f"{self.request.expires:%Y-%m-%d %H:%M} UTC"
        asked = f"request {request.short} for up to {dollars(request.payload.usd_worst)} on {request.payload.device}"
        names = " and ".join(one.name for one in self.approvals)
        match self.state:
            case "rejected":
                return f"{asked}: rejected by {self.rejected_by}" + (f": {self.note}" if self.note else "")
            case "approved":
                most = dollars(min(one.max_usd for one in self.approvals))
                return f"{asked}: approved by {names} up to {most} until {until}; run its pilot again to go on"
            case "expired":
                return f"{asked}: expired on {until}; run its pilot again to ask anew"
            case "asked":
                so_far = f"approved by {names}, one more has to" if names else "waits for a person"
                return f"{asked}: {so_far} until {until}: `qpilot approve {request.run} --max-usd N --approver NAME`"


class Grant(Record):
    """What a run may spend: `max_usd` billed and reserved together, at no higher prices, until then.

    request, payload: digests of what was approved. names: by whom.
    """

    run: str
    request: str
    payload: str
    max_usd: Decimal
    until: datetime
    prices: Prices
    names: tuple[str, ...]


def required(policy: Approval, charged: Decimal) -> bool:
    """Whether a person has to approve a stage that is charged so many dollars at worst."""
    return policy.when == "always" or (policy.when == "charged" and charged > 0)


def standing(journal: Journal, run: str) -> Standing | None:
    """How the run's last request stands; None where it never asked."""
    return read(journal.find, run)


def granted(journal: Journal, run: str, payload: str, at: datetime) -> Grant | None:
    """What was approved for the payload of this digest; None where nothing is, or it has ended."""
    return grant(journal.find, run, payload, at)


def grant(find: Find, run: str, payload: str, at: datetime) -> Grant | None:
    """As `granted`, for whoever holds the journal's transaction."""
    found = read(find, run)
    if found is None or found.state != "approved":
        return None
    request = found.request
    if request.payload.digest != payload or at >= request.expires:
        return None
    return Grant(
        run=run,
        request=request.digest,
        payload=payload,
        max_usd=min(one.max_usd for one in found.approvals),
        until=request.expires,
        prices=request.payload.prices,
        names=tuple(one.name for one in found.approvals),
    )


def read(find: Find, run: str) -> Standing | None:
    """As `standing`, for whoever holds the journal's transaction."""
    requests = [Request.model_validate(_told(entry)["request"]) for entry in find(REQUEST, f"{run}/")]
    return answered(find, max(requests, key=lambda one: one.number)) if requests else None


def answered(find: Find, request: Request) -> Standing:
    """How this request stands, or stood when another took its place."""
    rejected = next((_told(entry) for entry in find(REJECTED, request.key) if entry.key == request.key), None)
    return Standing(
        request=request,
        approvals=_approvals(find, request),
        rejected_by=None if rejected is None else rejected["name"],
        note="" if rejected is None else rejected["note"],
        lapsed=any(entry.key == request.key for entry in find(EXPIRED, request.key)),
    )


def _approvals(find: Find, request: Request) -> tuple[Approved, ...]:
    """Those that count: of exactly this request, and one a person."""
    found: dict[str, Approved] = {}
    for entry in find(APPROVAL, f"{request.key}/"):
        told = {name: value for name, value in _told(entry).items() if name in Approved.model_fields}
        one = Approved.model_validate({**told, "at": entry.at})
        if one.request == request.digest:
            found.setdefault(person(one.name), one)
    return tuple(found.values())


def _told(entry: Entry) -> dict[str, Any]:
    return cast(dict[str, Any], entry.payload)
