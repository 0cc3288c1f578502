"""An errand to the server: start the deployed pilot, wait for its true end, and bring back what it says."""

import getpass
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse

from flows.ci.joblog import Context, JobLog
from flows.ci.triggering import Server, insist, new_key
from flows.ci.watching import Late, Patience, Reading, Seen, watch
from flows.interruption import Interrupted
from flows.links import REPORTS
from gates.records import Outcome
from qpilot.data.preparing import prepare
from qpilot.errors import QpilotError
from qpilot.pilotfile import PilotFile, read
from qpilot.runs.identity import content
from qpilot.runs.summary import Summary
from tasks.desk import now

START_SECONDS = 60
"""How long a server that does not answer is asked to start a run, where no time-out says otherwise."""
ACTORS = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN")


@dataclass
class Errand:
    """One run, from its start to its end; what is known of it so far."""

    path: Path
    file: PilotFile
    overrides: Sequence[str]
    log: JobLog
    server: Server = field(default_factory=Server)
    run: FlowRun | None = None
    state: str = ""
    notes: tuple[str, ...] = ()
    asked: bool = False
    known: bool = False
    """Whether what the run left on the server is its last word, so that its figures hold."""

    @property
    def number(self) -> str | None:
        """The flow run's id."""
        return None if self.run is None else str(self.run.id)

    @property
    def url(self) -> str:
        """Where a person sees the flow run."""
        return "" if self.run is None else self.server.address(self.run.id)

    def start(self, key: str | None, by: str | None, timeout: float | None) -> FlowRun:
        """A flow run of the pilot's deployment. Raises QpilotError where there is none, or the server stays away."""
        until = time.monotonic() + (START_SECONDS if timeout is None else timeout)
        name = self.file.pilot.name
        found = insist(lambda: self.server.deployment(name, str(self.path)), until, _tell)
        wanted = self._overrides(found)
        self.file = read(self.path, wanted)
        mark, who = key or new_key(), by or starter(os.environ)
        given = wanted if self.overrides else ()
        self.asked = True
        self.run = insist(lambda: self.server.start(found, given, who, mark), until, _tell)
        _tell(f"flow run {self.run.id} of pilot/{name}: {self.url}")
        return self.run

    def conclude(self, key: str | None, by: str | None, patience: Patience) -> Summary:
        """How the run ended; told in the job's files too, as is what kept it from being known."""
        since = time.monotonic()
        try:
            ended = self._ended(key, by, patience, since)
        except Late as late:
            raise self._failed(QpilotError(f"{late}; it goes on: {self.url}")) from late
        except QpilotError as error:
            raise self._failed(error) from error
        except Interrupted as stop:
            signal = str(stop).partition(";")[0]
            going = f"the run is not cancelled and goes on: {self.url}" if self.run is not None else self._unstarted
            self._failed(QpilotError(f"{signal}; {going}"))
            raise Interrupted(f"{signal}; {going}", stop.code) from stop
        self._write(ended)
        return ended

    def _ended(self, key: str | None, by: str | None, patience: Patience, since: float) -> Summary:
        number = self.start(key, by, patience.timeout).id
        seen, found = watch(lambda: self.server.look(number), patience, _tell, time.monotonic, time.sleep, since)
        until = time.monotonic() + START_SECONDS
        self.run = insist(lambda: self.server.flow_run(number), until, _tell)
        left = insist(lambda: self.server.summary(self.run or FlowRun(flow_id=number)), until, _tell)
        self.state = seen.name
        self.known = left is not None and left.outcome == found.ending and found.certain
        return self._agreed(concluded(seen, found, left, self.run.name, self.url))

    def _agreed(self, ended: Summary) -> Summary:
        """A GO for another pilot file, or for other rows, than the ones here is no GO."""
        name = re.escape(self.file.pilot.name)
        told = re.fullmatch(rf"{name}-([0-9a-f]{{8}})-\d+", ended.run or "")
        if told is None:
            self.notes += (f"the flow run is called {ended.run}, which does not say what it ran",)
            return ended
        try:
            pilot, folder = self.file.pilot, self.file.folder
            mine = content(self.file, prepare(pilot.data, folder, pilot.seed, quantity=pilot.claim.quantity))[:8]
        except QpilotError as error:
            self.notes += (f"not compared with the pilot file here: {error}",)
            return ended
        if mine == told[1]:
            return ended
        said = (
            f"run {ended.run} is of another pilot file or other rows than {self.path} ({mine} here, {told[1]} there);"
            f" bring the deployment up to date: qpilot deploy {self.path}"
        )
        self.notes += (said,)
        return ended.model_copy(update={"outcome": "ERROR", "error": said}) if ended.outcome == "GO" else ended

    def _overrides(self, found: DeploymentResponse) -> tuple[str, ...]:
        """The deployment's own, then this call's."""
        own = found.parameters.get("overrides") or ()
        return (*map(str, own), *self.overrides)

    @property
    def _unstarted(self) -> str:
        if self.asked:
            return f"whether a run was started is not known: look for pilot/{self.file.pilot.name} on {self.server.url}"
        return "no run was started"

    def _failed(self, error: QpilotError) -> QpilotError:
        run = None if self.run is None else self.run.name
        self._write(Summary(run=run, outcome="ERROR", error=str(error)))
        return error

    def _write(self, ended: Summary) -> None:
        links = {"flow run": self.url} if self.run is not None else {}
        base = os.environ.get(REPORTS, "").rstrip("/")
        if base and ended.report:
            links["report"] = f"{base}/{ended.run}/report.html"
        for said in self.log.write(ended, Context(self.file.pilot.name, links, self.notes, self.known), now()):
            _tell(said)


def concluded(seen: Seen, found: Reading, left: Summary | None, run: str, url: str) -> Summary:
    """The run's answer: the state decides, what the run left says why.

    | the state says  | what it left says                | the answer                                   |
    |-----------------|----------------------------------|----------------------------------------------|
    | anything        | the same                         | what it left                                 |
    | anything        | nothing                          | the state alone                              |
    | GO              | no GO, or a verdict that is none | ERROR: they contradict each other            |
    | anything but GO | anything else                    | the state's outcome, on the verdicts it left |
    """
    said = found.said or f"The run ended {seen.name}."
    if found.ending == "AWAITING_APPROVAL" and seen.kind == "PAUSED":
        said = (
            f"{run} waits for a person's approval: {url} (Resume), or qpilot approve {run} --max-usd AMOUNT"
            " --approver NAME"
        )
    if left is None:
        error = None if found.ending == "GO" else said
        return Summary(run=run, outcome=found.ending, error=error)
    if found.ending == "GO":
        if left.outcome == "GO" and Outcome.worst(verdict.outcome for verdict in left.verdicts) is Outcome.GO:
            return left
        said = (
            f"the run's state is {seen.name}, but the answer it left does not bear it out: trust neither, look at {url}"
        )
        return left.model_copy(update={"outcome": "ERROR", "error": said})
    if left.outcome == found.ending and found.ending in ("NO_GO", "INCONCLUSIVE"):
        return left
    return left.model_copy(update={"outcome": found.ending, "error": said, "model": None})


def starter(environment: Mapping[str, str]) -> str:
    """Who starts the run: whom GitHub or GitLab names, else whoever is logged in."""
    named = next((environment[name] for name in ACTORS if environment.get(name)), "")
    return named or getpass.getuser()


def _tell(said: str) -> None:
    """A line on stderr, with the time."""
    print(f"{datetime.now(UTC):%H:%M:%S}  {' '.join(said.split())}", file=sys.stderr, flush=True)  # noqa: T201
