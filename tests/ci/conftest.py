"""A Prefect server, a deployment of a stub of the pilot flow, and a worker that plays out what a test scripts."""

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from flows.ci.errand import Errand
from flows.ci.joblog import JobLog
from flows.ci.junit import GATES
from flows.ci.watching import Patience
from gates.records import Check, Outcome, Verdict
from qpilot.data.preparing import prepare
from qpilot.pilotfile import read
from qpilot.runs.identity import content
from qpilot.runs.summary import Summary
from tests.flows.conftest import PILOTS, server

__all__ = ["server"]

NOWHERE = JobLog(None, None)
Step = Callable[["Run"], None]


@dataclass
class Run:
    """A scheduled flow run, in the hands of whoever plays the worker."""

    client: Any
    id: UUID
    parameters: dict[str, Any]
    summary: Summary

    def set(self, state: Any) -> None:
        """Its state is this, by the server's own rules."""
        self.client.set_flow_run_state(self.id, state)

    def begin(self) -> None:
        """It runs, and is called as the pilot's run is."""
        from prefect.states import Pending, Running

        self.set(Pending())
        self.set(Running())
        self.client.update_flow_run(self.id, name=self.summary.run)

    def leave(self, summary: Summary) -> None:
        """Its answer lies on the server, as the pilot flow leaves it."""
        from prefect.client.schemas.actions import ArtifactCreate

        from flows.states import answer_key, answer_page

        page = ArtifactCreate(
            key=answer_key(summary), type="markdown", data=answer_page(summary), flow_run_id=self.id
        )  # fmt: skip
        self.client.create_artifact(page)


@dataclass
class Worker:
    """Takes scheduled runs of one deployment; the nth time a run is scheduled it takes the nth step."""

    deployment: UUID
    summary: Summary
    steps: list[Step] = field(default_factory=list)
    seen: list[Run] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None

    def work(self) -> None:
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.filters import (
            DeploymentFilter,
            DeploymentFilterId,
            FlowRunFilter,
            FlowRunFilterState,
            FlowRunFilterStateType,
        )
        from prefect.client.schemas.objects import StateType

        due = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])))
        own = DeploymentFilter(id=DeploymentFilterId(any_=[self.deployment]))
        try:
            with get_client(sync_client=True) as client:
                while not self.stop.wait(0.1):
                    for found in client.read_flow_runs(flow_run_filter=due, deployment_filter=own):
                        run = Run(client, found.id, found.parameters, self.summary)
                        self.seen.append(run)
                        self.steps.pop(0)(run)
        except BaseException as error:
            self.error = error


@dataclass
class Stage:
    """A pilot file, its deployment, and the worker."""

    path: Path
    worker: Worker

    def conclude(
        self,
        *steps: Step,
        overrides: Sequence[str] = (),
        log: JobLog = NOWHERE,
        key: str | None = None,
        **patience: Any,
    ) -> tuple[Summary, Errand]:
        """How `qpilot trigger --wait` would end where the worker takes these steps."""
        self.worker.steps += steps
        errand = Errand(self.path, read(self.path, overrides), overrides, log)
        given = {"timeout": 30, "grace": 0.6, "confirm": 0.15, "poll": 0.06, **patience}
        ended = errand.conclude(key, "ada", Patience(**given))
        assert self.worker.error is None, self.worker.error
        return ended, errand


@pytest.fixture
def pilot(tmp_path: Path) -> Path:
    """A copy of a shipped pilot of its own name; its path."""
    for name in ("pilot.toml", "rows.csv"):
        shutil.copy(PILOTS / "planted" / name, tmp_path / name)
    path = tmp_path / "pilot.toml"
    name = f"p{abs(hash(tmp_path)):x}"[:20]
    path.write_text(path.read_text("utf-8").replace('name = "planted"', f'name = "{name}"'), "utf-8")
    return path


def promoted(path: Path) -> Summary:
    """The answer of a run of this pilot file that was promoted."""
    file = read(path)
    prepared = prepare(file.pilot.data, file.folder, file.pilot.seed)
    run = f"{file.pilot.name}-{content(file, prepared)[:8]}-1"
    return Summary(
        run=run,
        outcome="GO",
        verdicts=tuple(verdict(gate, Outcome.GO) for gate in GATES),
        model=f"{file.pilot.name}@1",
        report=f"/qpilot/runs/{run}/report.html",
    )


def verdict(gate: str, outcome: Outcome, reason: str = "It was as it was.") -> Verdict:
    check = Check(name=f"{gate} check", outcome=outcome, observed=0.25, required="at least 0.2", reason=reason)
    return Verdict(gate=gate, outcome=outcome, checks=(check,), evidence="e" * 64, policy="p" * 64)


@pytest.fixture
def stage(server: None, pilot: Path) -> Iterator[Stage]:
    """The pilot deployed as `qpilot deploy` names it, and a worker for it."""
    from prefect import flow
    from prefect.client.orchestration import get_client
    from prefect.utilities.callables import parameter_schema

    @flow(name="pilot")
    def stub(path: Path, overrides: tuple[str, ...] = (), explore: bool = False, by: str = "") -> None: ...

    with get_client(sync_client=True) as client:
        number = client.create_deployment(
            flow_id=client.create_flow(stub),
            name=read(pilot).pilot.name,
            parameters={"path": str(pilot), "overrides": []},
            parameter_openapi_schema=parameter_schema(stub).model_dump_for_openapi(),
        )
    worker = Worker(number, promoted(pilot))
    thread = threading.Thread(target=worker.work)
    thread.start()
    yield Stage(pilot, worker)
    worker.stop.set()
    thread.join()
