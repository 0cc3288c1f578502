"""The pilot flow: the chain and nothing else. Work and effects are in tasks; a resumed body runs them only once.

What begins a run (its try entered, its folder opened) stands in the body: done twice it changes nothing.
"""

import time
from datetime import datetime
from os import environ
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.runtime import flow_run
from prefect.states import Failed

from flows.approval import Asking, deployed
from flows.course import Course, Stopped
from flows.states import ended
from gates.hardware import HardwarePolicy
from gates.trainability import barred
from qpilot import policies
from qpilot.errors import Busy, Suspended, Unapproved
from qpilot.job import Job
from qpilot.record.home import Home
from qpilot.runs import lifetime
from qpilot.runs.identity import Identified, identify
from qpilot.runs.summary import Summary
from qpilot.spending.service import Refused, Unanswered
from tasks.closing import close
from tasks.data import data
from tasks.desk import now
from tasks.forecast import forecast
from tasks.hardware import hardware
from tasks.promotion import promotion, register
from tasks.prototype import prototype
from tasks.reduction import reduction
from tasks.results import ForecastResult, HardwareResult, PrototypeResult
from tasks.trainability import trainability

LOOK_SECONDS = 2.0


@flow(name="pilot", persist_result=True, result_serializer="json", validate_parameters=True)
def pilot(path: Path, overrides: tuple[str, ...] = (), explore: bool = False, by: str = "") -> Any:
    """Takes the pilot file at `path` through every stage; ends in a state named for the decision.

    `explore` passes by gates that are not GO, spends nothing and promotes nothing. by: who started the run.
    """
    home = Home.of(environ)
    found = identify(path, overrides, home, now())
    name_flow_run(found.job.run)
    while True:
        try:
            with home.lock(found.job.pilot.name, found.job.run, now()):
                standing = lifetime.final(home.journal, found.job.run, explore)
                if standing is not None:
                    return ended(standing, explore)
                return ended(conduct(found.job, explore, begin(found, home, by)), explore)
        except Busy as busy:
            if not deployed() or found.job.run not in str(busy):
                return Failed(name="Busy", message=str(busy))
        # One crash is reported twice, by the runner and then by the worker: who was taken up between them is started
        # again while it works. The second waits for what the first comes to.
        time.sleep(LOOK_SECONDS)


def name_flow_run(run: str) -> None:
    """The flow run is called as the run is, so that it is found by what `qpilot status` lists."""
    if flow_run.name != run:
        with get_client(sync_client=True) as client:
            client.update_flow_run(flow_run.id, name=run)


def begin(found: Identified, home: Home, by: str) -> datetime:
    """When the run first started; its folder is open, and holds the pilot file as it is run."""
    place = home.run(found.job.run)
    place.release(home.journal, now())
    place.write("pilot.toml", found.file.text)
    return lifetime.start(home.journal, found.job.run, now(), by)


def conduct(job: Job, explore: bool, started: datetime) -> Summary:
    """The chain up to its end, whatever the end is; a failure is reported and raised again.

    A held run is closed as one that may go on: an ERROR is no ending in the journal.
    """
    course = Course(job, explore, started)
    try:
        chain(course)
        return close(job, course.ended(course.worst))
    except Stopped as stopped:
        outcome = stopped.outcome if course.worst == "GO" else course.worst
        return close(job, course.ended(outcome, stopped.said, stopped.held))
    except (Suspended, Refused, Unanswered) as pause:
        return close(job, course.ended("ERROR", f"{pause}", held=True))
    except Exception as error:
        close(job, course.ended("ERROR", f"{error}"))
        raise


def chain(course: Course) -> None:
    """Every stage and its gate, in order. Raises Stopped where one ends the run."""
    job, explore = course.job, course.explore
    rows = data(job)
    course.artifacts += (rows.dataset,)
    course.judge(rows.evidence, policies.data(job.pilot))
    course.judge(reduction(job, rows.dataset).evidence, policies.reduction(job.pilot))
    probed = trainability(job, rows.dataset).evidence
    course.judge(probed, policies.trainability(job.pilot))
    out = barred(probed, policies.trainability(job.pilot))
    proto = prototype(job, rows.dataset, False, out)
    if explore and proto.bundle is None:
        proto = prototype(job, rows.dataset, True, out)
    course.artifacts += () if proto.bundle is None else (proto.bundle,)
    course.judge(proto.evidence, policies.prototype(job.pilot))
    policy = policies.hardware(job.pilot, proto.evidence.alpha)
    quoted = forecast(job, rows.dataset, proto, policy)
    course.judge(quoted.evidence, policies.forecast(job.pilot))
    measured = measure(course, rows.dataset, proto, quoted, policy)
    course.artifacts += measured.kept
    course.device_usd = measured.evidence.device_usd
    course.judge(measured.evidence, policy)
    shown = promotion(job, rows.dataset, proto, measured)
    course.judge(shown.evidence, policies.promotion(job.pilot, proto.evidence.alpha))
    if not explore:
        course.model = register(job, rows.dataset, proto, quoted)


def measure(
    course: Course, dataset: str, proto: PrototypeResult, quoted: ForecastResult, policy: HardwarePolicy
) -> HardwareResult:
    """The hardware stage; where an approval does not cover what it is about to pay, the run asks again."""
    asking, because = Asking(course, dataset, proto, quoted), ""
    while True:
        asking.require(because)
        try:
            return hardware(course.job, dataset, proto, quoted, policy)
        except Unapproved as refusal:
            because = str(refusal)
