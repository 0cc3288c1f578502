"""A pilot as a deployment of the pilot flow: its work pool, its schedule, and the automations that watch it.

Deploying states the whole of it: what is not asked for again (a schedule, a notification) is not there afterwards.
"""

import shlex
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import WorkerFilter, WorkerFilterStatus
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions, WorkPool
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.utilities.callables import parameter_schema
from prefect.workers.process import ProcessWorker
from pydantic import ValidationError

from flows.deployment import automations
from flows.deployment.changes import Change, Done
from qpilot.errors import QpilotError, UsageError
from qpilot.pilot import Pilot
from qpilot.record.home import Home

ROOT = Path(__file__).parent.parent.parent
NOBODY = UUID(int=0)
HEARTBEAT_SECONDS = 30
"""The shortest Prefect allows; automations/zombie.yaml waits for five."""


@dataclass(frozen=True)
class Wish:
    """How a pilot is to be deployed. `path` is absolute; `notify` names blocks as TYPE/NAME, `then` FLOW/DEPLOYMENT."""

    pilot: Pilot
    path: Path
    overrides: tuple[str, ...] = ()
    explore: bool = False
    pool: str = "qpilot"
    cron: str | None = None
    timezone: str = "UTC"
    limit: int = 1
    notify: tuple[str, ...] = ()
    then: tuple[str, ...] = ()

    @property
    def schedule(self) -> CronSchedule | None:
        """When it runs by itself. Raises UsageError for what is no cron expression, or no time zone."""
        if self.cron is None:
            return None
        try:
            return CronSchedule(cron=self.cron, timezone=self.timezone)
        except ValidationError as error:
            said = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise UsageError(
                f"--cron {self.cron!r} --timezone {self.timezone!r}: {said}; five fields are needed: minute hour day month"
                ' weekday, as in "0 6 * * mon", and a time zone such as Europe/Vienna'
            ) from error


@dataclass(frozen=True)
class Deployed:
    """What stands on the server now; `workers` are those that poll the pool."""

    name: str
    pool: str
    changes: tuple[Change, ...]
    workers: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """For --json."""
        changes = [{"kind": one.kind, "name": one.name, "done": one.done} for one in self.changes]
        return {"deployment": self.name, "pool": self.pool, "changes": changes, "workers": [*self.workers]}


def deploy(client: SyncPrefectClient, wish: Wish, home: Home, dry_run: bool = False) -> Deployed:
    """The pilot is deployed as wished. Raises QpilotError for a block or deployment that is not there; nothing changed then."""
    from flows.pilot import pilot
    from flows.tend import tend

    wish.schedule  # noqa: B018 - refuses what cannot be scheduled before anything is made
    followers = [*_followers(client, wish)]
    settings = [
        *_blocks(client, wish),
        *({"then": name, "then_id": str(one.id)} for name, one in zip(wish.then, followers, strict=True)),
    ]
    made, pool = _pool(client, wish.pool, dry_run)
    piloting, _ = _deployment(client, pilot, _piloting(wish, pool, home), dry_run)
    tending, tend_id = _deployment(client, tend, _tending(client, wish.pool, pool, home), dry_run)
    known = [{"tend": tend_id}, *({"pilot": wish.pilot.name, **one} for one in settings)]
    takes = {one.id: frozenset((one.parameter_openapi_schema or {}).get("properties", {})) for one in followers}
    wanted = [automations.fitted(one, takes) for one in automations.wanted(known)]
    arranged = automations.arrange(client, wanted, wish.pilot.name, dry_run)
    return Deployed(
        name=f"pilot/{wish.pilot.name}",
        pool=wish.pool,
        changes=(made, piloting, tending, *arranged),
        workers=() if pool is None else _workers(client, wish.pool),
    )


def _pool(client: SyncPrefectClient, name: str, dry_run: bool) -> tuple[Change, WorkPool | None]:
    """The work pool: made as one of processes where there is none, else left as it is."""
    with suppress(ObjectNotFound):
        return Change("work pool", name, "unchanged"), client.read_work_pool(name)
    template = ProcessWorker.get_default_base_job_template()
    made = Change("work pool", name, "made")
    if dry_run:
        return made, None
    try:
        return made, client.create_work_pool(WorkPoolCreate(name=name, type="process", base_job_template=template))
    except ObjectAlreadyExists:  # a worker that starts makes it too
        return made, client.read_work_pool(name)


def _piloting(wish: Wish, pool: WorkPool | None, home: Home) -> dict[str, Any]:
    charter = wish.pilot.charter
    said = charter.question or f"The pilot {wish.pilot.name}, from its rows to a decision."
    return {
        "name": wish.pilot.name,
        "version": wish.pilot.digest[:8],
        "description": "\n\n".join([said, *([f"Owner: {charter.owner}"] if charter.owner else [])]),
        "tags": ["qpilot", wish.pilot.name],
        "parameters": {"path": str(wish.path), "overrides": [*wish.overrides], "explore": wish.explore},
        "schedules": [wish.schedule] if wish.schedule else [],
        "concurrency_limit": wish.limit,
        "work_pool_name": wish.pool,
        "job_variables": _job_variables(pool, home),
    }


def _tending(client: SyncPrefectClient, name: str, pool: WorkPool | None, home: Home) -> dict[str, Any]:
    """It is everybody's: it stays in the pool it was put into while somebody works there, or nobody in the new one."""
    with suppress(ObjectNotFound):
        standing = client.read_deployment_by_name("tend/tend").work_pool_name or name
        if _workers(client, standing) or pool is None or not _workers(client, name):
            name, pool = standing, client.read_work_pool(standing)
    return {
        "name": "tend",
        "version": None,
        "description": "Takes up a crashed pilot again, and gives up after three times.",
        "tags": ["qpilot"],
        "parameters": {},
        "schedules": [],
        "concurrency_limit": None,
        "work_pool_name": name,
        "job_variables": _job_variables(pool, home),
    }


def _job_variables(pool: WorkPool | None, home: Home) -> dict[str, Any]:
    """What a process of this machine's worker needs. Another kind of pool says it in its base job template."""
    if pool is not None and pool.type != "process":
        return {}
    environment = {
        "QPILOT_HOME": str(home.path),
        "PYTHONPATH": str(ROOT),
        "PREFECT_LOCAL_STORAGE_PATH": str(home.prefect / "storage"),
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "OMP_NUM_THREADS": "1",
    }
    # A command of our own: left to itself a worker starts two processes for a run, and asks uv for an environment.
    command = shlex.join([sys.executable, "-m", "prefect.engine"])
    return {"command": command, "env": environment, "working_dir": str(ROOT)}


def _deployment(
    client: SyncPrefectClient, flow: Flow[Any, Any], asked: dict[str, Any], dry_run: bool
) -> tuple[Change, str]:
    """The flow's deployment is as asked, and its id (NOBODY's where a dry run did not make it).

    One that is so already is not touched: writing it anew would drop the runs its schedule has planned.
    """
    name, entrypoint = f"{flow.name}/{asked['name']}", f"{flow.fn.__module__}.{flow.fn.__name__}"
    asked = {**asked, "entrypoint": entrypoint, "parameter_openapi_schema": _schema(flow)}
    try:
        found: DeploymentResponse | None = client.read_deployment_by_name(name)
    except ObjectNotFound:
        found = None
    if found is not None and _as_asked(found, asked):
        return Change("deployment", name, "unchanged"), str(found.id)
    done: Done = "made" if found is None else "updated"
    if dry_run:
        return Change("deployment", name, done), str(found.id if found else NOBODY)
    schedules = [{"schedule": one, "active": True} for one in asked["schedules"]]
    identifier = client.create_deployment(
        **{**asked, "schedules": schedules},
        flow_id=client.create_flow_from_name(flow.name),
        concurrency_options=ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
        enforce_parameter_schema=True,
    )
    return Change("deployment", name, done), str(identifier)


@cache
def _schema(flow: Flow[Any, Any]) -> dict[str, Any]:
    return parameter_schema(flow).model_dump_for_openapi()


def _as_asked(found: DeploymentResponse, asked: dict[str, Any]) -> bool:
    plain = ("version", "description", "parameters", "entrypoint", "work_pool_name", "job_variables")
    limit = found.global_concurrency_limit.limit if found.global_concurrency_limit else None
    schedules = [one.schedule for one in found.schedules]
    return (
        all(getattr(found, name) == asked[name] for name in plain)
        and found.parameter_openapi_schema == asked["parameter_openapi_schema"]
        and sorted(found.tags) == sorted(asked["tags"])
        and limit == asked["concurrency_limit"]
        and schedules == asked["schedules"]
    )


def _blocks(client: SyncPrefectClient, wish: Wish) -> Iterator[dict[str, str]]:
    """What the automations call each --notify block."""
    for block in wish.notify:
        kind, slash, name = block.partition("/")
        if not (slash and kind and name):
            raise UsageError(
                f"--notify {block!r}: write TYPE/NAME, as `prefect block ls` lists them: slack-webhook/team"
            )
        try:
            document = client.read_block_document_by_name(name, kind)
        except ObjectNotFound:
            raise QpilotError(
                f"the server has no block {block!r}; make it in the UI (Blocks), or see `prefect block ls`"
            ) from None
        called = "webhook" if kind == "webhook" else "block"
        yield {called: block, f"{called}_id": str(document.id)}


def _followers(client: SyncPrefectClient, wish: Wish) -> Iterator[DeploymentResponse]:
    """The --then deployments, in order."""
    for name in wish.then:
        if len(name.split("/")) != 2:
            raise UsageError(f"--then {name!r}: write FLOW/DEPLOYMENT, as `prefect deployment ls` lists them")
        try:
            yield client.read_deployment_by_name(name)
        except ObjectNotFound:
            raise QpilotError(f"the server has no deployment {name!r}; see `prefect deployment ls`") from None


def _workers(client: SyncPrefectClient, pool: str) -> tuple[str, ...]:
    """Those that poll it now."""
    online = WorkerFilter(status=WorkerFilterStatus(any_=["ONLINE"]))
    return tuple(one.name for one in client.read_workers_for_work_pool(pool, worker_filter=online))
