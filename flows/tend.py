"""A crashed pilot is taken up again, three times and no more: run by an automation on Crashed, see deployments/automations.

An automation that reschedules by itself fires twice and has no end. This flow counts what stands in the run's own history,
so that it may be run as often as anybody likes.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Scheduled

from tasks.announcement import announce

TAKEN_UP, MOST = "TakenUp", 3


@flow(name="tend", result_serializer="json")
def tend(flow_run_id: str, wait_seconds: float = 10) -> str:
    """The run is scheduled again where it is Crashed and was taken up fewer than three times; answers what was done.

    wait_seconds: before the first time; three times as long before each later one.
    """
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(UUID(flow_run_id))
        if run.state_type is not StateType.CRASHED or run.deployment_id is None:
            return f"{run.name} is {run.state_name}: nothing to do"
        times = sum(state.name == TAKEN_UP for state in client.read_flow_run_states(run.id))
        if times >= MOST:
            return given_up(client, run)
        wait = timedelta(seconds=wait_seconds * 3**times)
        said = f"crashed, and taken up again: {times + 1} of {MOST}"
        again: State[Any] = Scheduled(scheduled_time=datetime.now(UTC) + wait, name=TAKEN_UP, message=said)
        client.set_flow_run_state(run.id, again, force=True)
        return f"{run.name} {said}"


def given_up(client: SyncPrefectClient, run: FlowRun) -> str:
    """A person has to look: `qpilot.gave-up` says so, once for a run.

    A run that died before it had its own name is known by its deployment, which `qpilot deploy` calls as the pilot.
    """
    said = f"{run.name} crashed {MOST + 1} times; look at its log, then: prefect flow-run retry {run.id}"
    pilots = {run.name.rsplit("-", 2)[0]}
    if run.deployment_id is not None:
        pilots.add(client.read_deployment(run.deployment_id).name)
    related = [("pilot", pilot) for pilot in sorted(pilots)]
    announce("gave-up", run.name, str(run.id), datetime.now(UTC), related, {"said": said}, run.id)
    return said
