"""A crashed pilot is taken up again, three times and no more: run by an automation on Crashed, see deployments/automations.

An automation that reschedules by itself fires twice and has no end. This flow counts what stands in the run's own history,
so that it may be run as often as anybody likes.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.events import emit_event
from prefect.states import Scheduled

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
            return given_up(run)
        wait = timedelta(seconds=wait_seconds * 3**times)
        said = f"crashed, and taken up again: {times + 1} of {MOST}"
        again: State[Any] = Scheduled(scheduled_time=datetime.now(UTC) + wait, name=TAKEN_UP, message=said)
        client.set_flow_run_state(run.id, again, force=True)
        return f"{run.name} {said}"


def given_up(run: FlowRun) -> str:
    """A person has to look: `qpilot.gave-up` says so, once for a run."""
    said = f"{run.name} crashed {MOST + 1} times; look at its log, then: prefect flow-run retry {run.id}"
    emit_event(
        event="qpilot.gave-up",
        resource={"prefect.resource.id": f"qpilot.run.{run.name}", "prefect.resource.name": run.name},
        related=[
            {"prefect.resource.id": f"prefect.flow-run.{run.id}", "prefect.resource.role": "flow-run"},
            {"prefect.resource.id": f"qpilot.pilot.{run.name.rsplit('-', 2)[0]}", "prefect.resource.role": "pilot"},
        ],
        payload={"run": run.name, "said": said},
        id=uuid5(NAMESPACE_URL, f"qpilot.gave-up/{run.id}"),
    )
    return said
