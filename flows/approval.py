"""Asking a person on a Prefect server: the run suspends with a form, and goes on from where it was when it is answered.

The flow's body runs again after every answer, so a form is known by the request's number and its own: an answered one
answers at once. Nothing here is believed: `tasks.approval.record` holds every answer to the rules.
"""

import math
from decimal import Decimal
from os import environ

import httpx
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from pydantic import ConfigDict, Field

from flows.course import Course, Stopped
from flows.links import report_link
from flows.states import answer_key, answer_page
from gates.wording import dollars
from qpilot.approval import Answer, Payload, Rejected, Request, Standing, granted, required, standing
from qpilot.approval.page import markdown, wish
from qpilot.record.home import Home
from tasks import approval
from tasks.desk import now
from tasks.results import ForecastResult, PrototypeResult

RECORDED = "(answered on the command line)"
"""The name in a form that `qpilot approve` or `qpilot reject` sends: what it says stands in the journal already."""


class Decision(RunInput):
    """The form. Nothing is filled in beforehand: a person who has not decided decides nothing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"required": ["approve", "name", "maximum_usd"]})

    approve: bool = Field(
        default=False,
        title="Approve",
        description="On: the run goes on and may spend up to the maximum below. Off: the run is rejected, for good.",
    )
    name: str = Field(default="", min_length=1, max_length=80, title="Your name", description="Kept with the decision.")
    maximum_usd: float = Field(
        default=0,
        ge=0,
        title="Maximum spend in US dollars",
        description="The run is never billed more. 0 where you reject.",
    )
    note: str = Field(default="", max_length=2000, title="Note", description="Why; kept with the decision.")


class SignedDecision(Decision):
    """The form where names have to be signed."""

    signature: str = Field(
        default="",
        max_length=4000,
        title="Signature",
        description="What `qpilot sign RUN --max-usd MAXIMUM --key FILE` prints. Not needed to reject.",
    )


def deployed() -> bool:
    """Whether this flow run can suspend: one of a deployment."""
    context = FlowRunContext.get()
    return context is not None and context.flow_run is not None and context.flow_run.deployment_id is not None


class Asking:
    """What a hardware stage asks of a person, however often: of one flow run, whose forms so far it counts."""

    def __init__(self, course: Course, dataset: str, prototype: PrototypeResult, forecast: ForecastResult) -> None:
        self.course = course
        self.work = (dataset, prototype, forecast)
        self.home = Home(course.job.home)
        self.refused = ""
        self._shown: dict[int, int] = {}

    def require(self, because: str) -> None:
        """Nothing, where no approval is needed or one stands. Raises Stopped where one is missing or was refused.

        Suspends a run that can. because: why an approval that stands does not do.
        """
        job, worst = self.course.job, self.work[2].evidence.charged.worst
        if self.course.explore and worst > 0:
            raise Stopped("AWAITING_APPROVAL")
        if self.course.explore or not required(job.pilot.approval, worst):
            return
        if not because and self.home.journal.find("verdict", f"{job.run}/hardware/"):
            return  # what was approved has been measured
        if not deployed() and approval.expired(job):
            said = "nobody answered in time: the request for approval has expired. Run the pilot again to ask anew"
            raise Stopped("REJECTED", said, held=True)
        payload = approval.payload(job, *self.work)
        while True:
            request = self._ask(payload, because)
            because = ""
            if granted(self.home.journal, job.run, payload.digest, now()) is not None:
                return
            self._show(request)
            if not deployed():
                raise Stopped("AWAITING_APPROVAL")
            self._record(request)

    def _ask(self, payload: Payload, because: str) -> Request:
        try:
            return approval.ask(self.course.job, payload, because)
        except Rejected as rejected:
            raise Stopped("REJECTED", str(rejected)) from rejected

    def _show(self, request: Request) -> None:
        """The request is where people look for it; done once."""
        ended = self.course.ended("AWAITING_APPROVAL")
        report = self.home.run(request.run).report
        summary = ended.summary.model_copy(update={"report": str(report)})
        link = report_link(self.home, request.run, environ)
        page = markdown(request, ended.summary.verdicts, self.work[2].evidence, link)
        approval.request(self.course.job, request, ended, page, link, (answer_key(summary), answer_page(summary)))

    def _record(self, request: Request) -> None:
        """The next form's answer is recorded, or why it does not stand is known. Suspends the run until it is answered."""
        found = standing(self.home.journal, request.run)
        number, decision = self._form(found or Standing(request=request))
        self.refused = ""
        if decision.name != RECORDED:
            self.refused = contradiction(decision) or approval.record(
                self.course.job, number, decision.approve, answered(decision, request)
            )

    def _form(self, found: Standing) -> tuple[int, Decision]:
        """The number of the request's next form, and what was answered. Suspends the run where nothing was yet."""
        request = found.request
        form = SignedDecision if request.policy.identity == "signed" else Decision
        while True:
            number = self._shown[request.number] = self._shown.get(request.number, -1) + 1
            seconds = max(1, math.ceil((request.expires - now()).total_seconds()))
            try:
                decision = suspend_flow_run(
                    wait_for_input=form.with_initial_data(description=_description(found, self.refused)),
                    timeout=seconds,
                    key=f"approval-{request.number}-{number}",
                )
            except (ValueError, ObjectNotFound, httpx.HTTPStatusError):
                continue  # a form that was left without an answer: the run was cancelled meanwhile, and retried
            return number, decision


def answered(decision: Decision, request: Request) -> Answer:
    """What the form says, about the request that it showed."""
    return Answer(
        name=decision.name,
        max_usd=Decimal(str(decision.maximum_usd)),
        note=decision.note,
        signature=getattr(decision, "signature", "").strip(),
        digest=request.digest,
    )


def contradiction(decision: Decision) -> str:
    """Why the form decides nothing; empty where it does. A switch that was forgotten must not end a run for good."""
    if decision.approve or decision.maximum_usd == 0:
        return ""
    return (
        f"a maximum of {dollars(Decimal(str(decision.maximum_usd)))} was given, and Approve was off: switch it on to"
        " approve, or leave the maximum at 0 to reject"
    )


def _description(standing: Standing, refused: str) -> str:
    """What the form says above its fields, in Markdown; the whole of it is the artifact `approval-request`."""
    request, payload = standing.request, standing.request.payload
    said = [
        f"**{request.run}** asks to {wish(payload)}. Request `{request.short}`, open until"
        f" {request.expires:%d %B %Y, %H:%M} UTC."
    ]
    if refused:
        said.insert(0, f"**The last answer was not taken:** {refused}")
    if request.because:
        said.append(f"It asks again: {request.because}.")
    for one in standing.approvals:
        said.append(f"{one.name} has approved up to {dollars(one.max_usd)}; one more person has to.")
    return "\n\n".join([*said, "Verdicts, quote and report are on this run's *Artifacts* tab."])
