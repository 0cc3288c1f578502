"""The pilot flow: the chain and nothing else. Work and effects are in tasks; a resumed body runs them only once.

What begins a run (its try entered, its folder opened) stands in the body: done twice it changes nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from os import environ
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed

from gates.records import Evidence, Outcome, Record, Verdict
from qpilot import policies, runs
from qpilot.errors import Suspended
from qpilot.job import Job
from qpilot.record.home import Home
from qpilot.runs import Ending, Summary
from qpilot.spending import ledger
from qpilot.spending.service import Refused, Unanswered
from tasks.closing import close
from tasks.data import data
from tasks.desk import now, tell
from tasks.forecast import forecast
from tasks.gate import gate
from tasks.hardware import hardware
from tasks.promotion import promotion, register
from tasks.prototype import prototype
from tasks.reduction import reduction


class Stopped(Exception):  # noqa: N818 - a way out of the chain, not an error
    """A gate, or a missing approval, ended the chain."""

    def __init__(self, outcome: Ending) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Course:
    """The verdicts so far, and what they let happen next. An exploring run passes by gates that are not GO."""

    def __init__(self, job: Job, explore: bool) -> None:
        self.job = job
        self.explore = explore
        self.verdicts: list[Verdict] = []
        self.device_usd = Decimal(0)
        self.model: str | None = None
        self.artifacts: tuple[str, ...] = ()

    def judge(self, evidence: Evidence, policy: Record) -> None:
        """The stage's gate has answered. Raises Stopped where the run ends there."""
        verdict: Verdict = gate(self.job, evidence, policy)
        self.verdicts.append(verdict)
        tell(verdict)
        if verdict.outcome is not Outcome.GO and not self.explore:
            raise Stopped(runs.ENDINGS[verdict.outcome])

    @property
    def worst(self) -> Ending:
        """The worst of the verdicts so far."""
        return runs.ENDINGS[Outcome.worst(verdict.outcome for verdict in self.verdicts)]

    def summary(self, outcome: Ending, error: str | None = None) -> Summary:
        """The run as it stands, ended with `outcome`; what is reserved for tasks that may yet be billed counts as charged."""
        spent = ledger.totals(ledger.lines(Home(self.job.home).journal, self.job.run))
        charged = spent.billed + spent.reserved
        return Summary(
            run=self.job.run,
            outcome=outcome,
            verdicts=tuple(self.verdicts),
            charged_usd=charged,
            device_usd=max(self.device_usd, charged),
            model=self.model,
            error=error,
        )


@flow(name="pilot", flow_run_name="{path.parent.name}", persist_result=True, validate_parameters=True)
def pilot(path: Path, overrides: tuple[str, ...] = (), explore: bool = False) -> Any:
    """Takes the pilot file at `path` through every stage; ends in a state named for the decision.

    `explore` passes by gates that are not GO, spends nothing and promotes nothing.
    """
    home = Home.of(environ)
    found = runs.identify(path, overrides, home, now())
    with home.lock(found.job.pilot.name, found.job.run, now()):
        standing = runs.final(home.journal, found.job.run, explore)
        if standing is not None:
            return state(standing, explore)
        return state(conduct(found.job, explore, begin(found, home)), explore)


def begin(found: runs.Identified, home: Home) -> datetime:
    """When the run first started; its folder is open, and holds the pilot file as it is run."""
    place = home.run(found.job.run)
    place.release(home.journal, now())
    place.write("pilot.toml", found.file.text)
    return runs.start(home.journal, found.job.run, now())


def conduct(job: Job, explore: bool, started: datetime) -> Summary:
    """The chain up to its end, whatever the end is; a failure is reported and raised again.

    A suspended run is closed as one that may go on: an ERROR is no ending in the journal.
    """
    course = Course(job, explore)
    try:
        chain(course)
        return close(job, course.summary(course.worst), course.artifacts, explore, started)
    except Stopped as stopped:
        outcome = stopped.outcome if course.worst == "GO" else course.worst
        return close(job, course.summary(outcome), course.artifacts, explore, started)
    except (Suspended, Refused, Unanswered) as pause:
        paused = course.summary("ERROR", f"{pause}").model_copy(update={"suspended": True})
        return close(job, paused, course.artifacts, explore, started)
    except Exception as error:
        close(job, course.summary("ERROR", f"{error}"), course.artifacts, explore, started)
        raise


def chain(course: Course) -> None:
    """Every stage and its gate, in order. Raises Stopped where one ends the run."""
    job, explore = course.job, course.explore
    rows = data(job)
    course.artifacts += (rows.dataset,)
    course.judge(rows.evidence, policies.data(job.pilot))
    course.judge(reduction(job, rows.dataset).evidence, policies.reduction(job.pilot))
    proto = prototype(job, rows.dataset, False)
    if explore and proto.bundle is None:
        proto = prototype(job, rows.dataset, True)
    course.artifacts += tuple(filter(None, (proto.bundle, proto.twin)))
    course.judge(proto.evidence, policies.prototype(job.pilot))
    policy = policies.hardware(job.pilot, proto.evidence.alpha)
    quoted = forecast(job, rows.dataset, proto, policy)
    course.judge(quoted.evidence, policies.forecast(job.pilot))
    require_approval(job, quoted.evidence.charged.worst, explore)
    measured = hardware(job, rows.dataset, proto, quoted, policy)
    course.artifacts += measured.kept
    course.device_usd = measured.evidence.device_usd
    course.judge(measured.evidence, policy)
    shown = promotion(job, rows.dataset, proto, measured)
    course.judge(shown.evidence, policies.promotion(job.pilot, proto.evidence.alpha))
    if not explore:
        course.model = register(job, proto, quoted)


def require_approval(job: Job, charged: Decimal, explore: bool) -> None:
    """Raises Stopped where a person has to approve first; an exploring run never gets as far as spending."""
    when = job.pilot.approval.when
    if (charged > 0 and (explore or when != "never")) or (when == "always" and not explore):
        raise Stopped("AWAITING_APPROVAL")


def state(summary: Summary, explore: bool) -> State[Any]:
    """The state a run ends in; a no-go is Failed, so that whoever waits for it stops."""
    ends: Mapping[Ending, State[Any]] = {
        "GO": Completed(name="Explored" if explore else "Promoted", message=summary.reason),
        "NO_GO": Failed(name="NoGo", message=summary.reason),
        "INCONCLUSIVE": Failed(name="Inconclusive", message=summary.reason),
        "AWAITING_APPROVAL": Failed(name="AwaitingApproval", message=summary.reason),
        "REJECTED": Cancelled(name="Rejected", message=summary.reason),
        "ERROR": Failed(name="Suspended", message=summary.reason),
    }
    return ends[summary.outcome]
