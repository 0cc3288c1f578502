"""A person's approval as tasks: what is asked, the page that shows it, and the answer; each stands in the journal once."""

from qpilot.approval import Answer, Payload, Request, lapse, standing
from qpilot.approval import approve as approved
from qpilot.approval import ask as asked
from qpilot.approval import reject as rejected
from qpilot.errors import QpilotError
from qpilot.job import Job
from qpilot.persons import person
from qpilot.record.home import Home
from tasks.closing import Ended, closed
from tasks.desk import now
from tasks.events import decided, emit
from tasks.hardware import scope
from tasks.persisted import stage
from tasks.publication import show, show_link
from tasks.results import ForecastResult, PrototypeResult


@stage("payload", "approval: payload", again=True)
def payload(job: Job, dataset: str, prototype: PrototypeResult, forecast: ForecastResult) -> Payload:
    """What a person approves, at the device's prices as they are now. dataset: sha256 of the split dataset."""
    return scope(job, dataset, prototype, forecast)


@stage("expired", "approval: expired?", again=True)
def expired(job: Job) -> bool:
    """Whether the last request has just been found to be over without an answer; the journal says so from now on."""
    home = Home(job.home)
    found = lapse(home, job.run, now())
    decided(home, job.run)
    return found


@stage("ask", "approval: ask", again=True)
def ask(job: Job, payload: Payload, because: str) -> Request:
    """The request that stands for this payload. Done every time: one whose time is up makes room for the next.

    because: why an approval that stands does not do. Raises Rejected where a person rejected the run.
    """
    return asked(Home(job.home), job, payload, now(), because)


@stage("request", "approval: request {request.number}")
def request(job: Job, request: Request, ended: Ended, page: str, link: str, answer: tuple[str, str]) -> None:
    """The run waits, and says so: its report so far, the page that says what is asked, a link to the report.

    answer: key and page of the artifact that CI reads.
    """
    home = Home(job.home)
    closed(job, ended)
    show(*answer, description=f"{job.run}: {ended.summary.outcome}")
    show("approval-request", page, f"{job.run} asks for approval")
    show_link("approval-report", link, f"Report of {job.run}", "The report so far")
    entry = home.journal.get("request", request.key)
    if entry is not None:
        said = f"{job.run} asks to spend up to ${request.payload.usd_worst} on {request.payload.device}"
        told = {"request": request.digest, "usd": str(request.payload.usd_worst), "device": request.payload.device}
        emit("approval.asked", job.run, entry, {**told, "expires": request.expires.isoformat(), "said": said})


@stage("answer", "approval: answer of {answer.name}", own=True)
def record(job: Job, number: int, approve: bool, answer: Answer) -> str:
    """The `number`th answer to a form stands in the journal; empty, or why it was refused and does not stand."""
    home = Home(job.home)
    try:
        if not (approve and _stands(home, job.run, answer)):
            (approved if approve else rejected)(home, job.run, answer, now())
    except QpilotError as refusal:
        return str(refusal)
    decided(home, job.run)
    return ""


def _stands(home: Home, run: str, answer: Answer) -> bool:
    """Whether this very answer was recorded, and the process ended before its task did."""
    found = standing(home.journal, run)
    same = [] if found is None else [one for one in found.approvals if person(one.name) == _person(answer.name)]
    return any(
        (one.max_usd, one.note, one.signature) == (answer.max_usd, answer.note, answer.signature) for one in same
    )


def _person(name: str) -> str | None:
    try:
        return person(name)
    except ValueError:
        return None
