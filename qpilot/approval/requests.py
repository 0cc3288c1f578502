"""Asking, and the answers: each is one journal entry, written only while the request still stands open."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from gates.wording import dollars
from qpilot.approval.grants import APPROVAL, EXPIRED, REJECTED, REQUEST, Request, Standing, read, standing
from qpilot.approval.payload import Payload
from qpilot.approval.signing import require_signed
from qpilot.decisions import attested
from qpilot.errors import QpilotError
from qpilot.job import Job
from qpilot.persons import person
from qpilot.record import tries
from qpilot.record.home import Home
from qpilot.record.journal import Exists, Find

LEAST_DIGITS = 8
"""Of a digest that an approver gives: fewer would fit too many."""
MOST_USD, DECIMALS = Decimal(10**9), 6
"""Of what an approver allows: an amount, not a way to write "as much as it likes", or a number of a million digits."""


class Rejected(QpilotError):  # noqa: N818 - an answer, not a fault
    """A person rejected the run, which asks no more."""


@dataclass(frozen=True)
class Answer:
    """What a person says. name: who. max_usd: what the run may cost in all; a rejection has none.

    digest: of the request they saw, or its first digits; empty takes the one that stands. signature: see
    `qpilot.approval.signing`.
    """

    name: str
    max_usd: Decimal = Decimal(0)
    note: str = ""
    signature: str = ""
    digest: str = ""


def ask(home: Home, job: Job, payload: Payload, at: datetime, because: str = "") -> Request:
    """The request that stands in the journal: the last one, where it is for the same payload and neither over nor late.

    Otherwise a new one, and the last is superseded. because: why an approval that stands does not do; a request that is
    still open is kept all the same. Raises Rejected where a person rejected the run.
    """
    policy = job.pilot.approval
    starter = tries.starter(home.journal, job.run)
    if policy.four_eyes and not starter:
        raise QpilotError(
            f"run {job.run} does not say who started it, which approval.four_eyes needs; start it with a name"
        )
    while True:
        last = standing(home.journal, job.run)
        if last is not None and last.state == "rejected":
            raise Rejected(rejected_sentence(last))
        if last is not None and _stands(last, payload, job, at, because):
            return last.request
        if lapse(home, job.run, at):
            continue
        request = Request(
            number=1 if last is None else last.request.number + 1,
            payload=payload,
            policy=policy,
            starter=starter,
            expires=at + timedelta(hours=policy.expires_hours),
            because=because or _changed(last, payload),
        )

        def guard(find: Find, last: Standing | None = last) -> None:
            _require("" if read(find, job.run) == last else "it was answered meanwhile")

        try:
            home.journal.append(REQUEST, request.key, {"request": request.plain(), "digest": request.digest}, at, guard)
        except (Exists, Decided):
            continue
        return request


def asked(home: Home, run: str) -> Standing:
    """The request that stands. Raises QpilotError where the run is unknown, or asks for nothing."""
    found = standing(home.journal, run)
    if found is None:
        home.standing_run(run)  # says which runs there are
        raise QpilotError(f"run {run} asks for no approval: there is nothing to answer")
    return found


def approve(home: Home, run: str, answer: Answer, at: datetime) -> Standing:
    """The person's approval stands in the journal; how the request stands with it.

    Raises QpilotError where it is late, was answered before, is for another request, or that person may not approve it;
    nothing is recorded then.
    """
    found = asked(home, run)
    request = found.request
    _require(_unfit(found, answer, at) or _unaffordable(request, answer))
    require_signed(home, request, answer.name, answer.max_usd, answer.signature)
    name = person(answer.name)
    key = f"{request.key}/{name}"
    content = {
        "name": " ".join(answer.name.split()),
        "max_usd": str(answer.max_usd),
        "note": answer.note,
        "request": request.digest,
        "identity": request.policy.identity,
        "signature": answer.signature,
    }
    about = {"request": request.digest, "payload": request.payload.digest, "circuits": request.payload.circuits}
    payload = attested(home, run, "approval", key, content, about, at)

    def guard(find: Find) -> None:
        _require(_over(find, run) or _unfit(_same(find, request), answer, at))

    try:
        home.journal.append(APPROVAL, key, payload, at, guard)
    except Exists as exists:
        raise QpilotError(_twice(answer.name, request)) from exists
    return asked(home, run)


def reject(home: Home, run: str, answer: Answer, at: datetime) -> Standing:
    """The rejection stands in the journal, for good; how the request stands with it.

    Raises QpilotError where it is late, the request was decided before, or that person has no say; nothing is recorded
    then. Who started the run may reject it.
    """
    found = asked(home, run)
    request = found.request
    _require(_unfit(found, answer, at, rejecting=True))
    content = {"name": " ".join(answer.name.split()), "note": answer.note, "request": request.digest}
    about = {"request": request.digest, "payload": request.payload.digest}
    payload = attested(home, run, "rejection", request.key, content, about, at)

    def guard(find: Find) -> None:
        _require(_over(find, run) or _unfit(_same(find, request), answer, at, rejecting=True))

    try:
        home.journal.append(REJECTED, request.key, payload, at, guard)
    except Exists as exists:
        raise QpilotError(f"run {run} was rejected before") from exists
    return asked(home, run)


def lapse(home: Home, run: str, at: datetime) -> bool:
    """The journal says that the last request expired, where nobody decided it in time. Answers whether this call said so."""
    found = standing(home.journal, run)
    if found is None or found.state != "asked" or at < found.request.expires:
        return False
    request = found.request
    content = {"request": request.digest, "expires": request.expires.isoformat()}
    payload = attested(home, run, "expiry", request.key, content, {"request": request.digest}, at)

    def guard(find: Find) -> None:
        _require("" if _same(find, request).state == "asked" else "it was decided meanwhile")

    try:
        home.journal.append(EXPIRED, request.key, payload, at, guard)
    except (Exists, Decided):
        return False
    return True


class Decided(QpilotError):  # noqa: N818 - a refusal
    """The answer is refused, and nothing was recorded."""


def rejected_sentence(found: Standing) -> str:
    """Who rejected the run, and why."""
    return f"rejected by {found.rejected_by}" + (f": {found.note}" if found.note else "")


def _stands(last: Standing, payload: Payload, job: Job, at: datetime, because: str) -> bool:
    """Whether the last request is the one that is needed now."""
    request = last.request
    same = (request.payload.digest, request.policy) == (payload.digest, job.pilot.approval)
    if not same or last.state == "expired" or at >= request.expires:
        return False
    return last.state == "asked" or not because


def _changed(last: Standing | None, payload: Payload) -> str:
    """Why the last request does not do any more."""
    if last is None:
        return ""
    before, now = last.request.payload, payload
    changed = [name for name in Payload.model_fields if getattr(before, name) != getattr(now, name)]
    if changed:
        return f"what was asked before has changed: {', '.join(changed)}"
    return f"the request of before ended on {last.request.expires:%Y-%m-%d %H:%M} UTC"


def _same(find: Find, request: Request) -> Standing:
    """How the request stands now. Raises Decided where another one took its place."""
    found = read(find, request.run)
    if found is None or found.request.digest != request.digest:
        raise Decided(f"run {request.run} asks for something else by now; look at it again")
    return found


def _require(refusal: str) -> None:
    if refusal:
        raise Decided(refusal)


def _over(find: Find, run: str) -> str:
    over = any(entry.key == run for kind in (tries.ENDED, "aborted") for entry in find(kind, run))
    return f"run {run} has ended, so there is nothing left to answer" if over else ""


def _unfit(found: Standing, answer: Answer, at: datetime, rejecting: bool = False) -> str:
    """Why the answer cannot be taken; empty where it can."""
    request, policy = found.request, found.request.policy
    try:
        name = person(answer.name)
    except ValueError as error:
        return str(error)
    starter = bool(request.starter) and name == person(request.starter)
    if found.state == "rejected":
        return f"run {request.run} was rejected by {found.rejected_by} before"
    if found.state == "approved":
        by = " and ".join(one.name for one in found.approvals)
        return f"run {request.run} was approved by {by} before" + ("; `qpilot abort` ends it" if rejecting else "")
    if found.state == "expired" or at >= request.expires:
        return (
            f"the request of run {request.run} expired on {request.expires:%Y-%m-%d %H:%M} UTC, so the answer is late; run"
            " its pilot again to ask anew"
        )
    if answer.digest and not _fits(answer.digest, request.digest):
        return f"run {request.run} asks for {request.short} now, not {answer.digest[:12]}; look at what changed first"
    if policy.approvers and name not in map(person, policy.approvers) and not (rejecting and starter):
        return (
            f"{answer.name!r} may not answer for run {request.run}; approval.approvers: {', '.join(policy.approvers)}"
        )
    if policy.four_eyes and starter and not rejecting:
        return f"{answer.name!r} started run {request.run}, and approval.four_eyes asks two others"
    if not rejecting and name in {person(one.name) for one in found.approvals}:
        return _twice(answer.name, request)
    return ""


def _fits(given: str, digest: str) -> bool:
    return len(given) >= LEAST_DIGITS and digest.startswith(given.strip().lower())


def _unaffordable(request: Request, answer: Answer) -> str:
    least, worst = answer.max_usd, request.payload.usd_worst
    if not least.is_finite() or least < 0 or (least == 0 and worst > 0):
        return f"max_usd is {least}; required: a number of dollars above 0 (the worst case is {dollars(worst)})"
    if least > MOST_USD or -least.adjusted() > DECIMALS or least != round(least, DECIMALS):
        return (
            f"max_usd is {str(least)[:40]}; required: at most {dollars(MOST_USD)}, to {DECIMALS} decimals (the worst case is"
            f" {dollars(worst)})"
        )
    return ""


def _twice(name: str, request: Request) -> str:
    return f"{name!r} has approved run {request.run} before; approval.four_eyes asks for another person"
