"""A run that waits on a Prefect server goes on when a person has answered on the command line."""

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterName,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.settings import get_current_settings

from flows.api import api
from flows.approval import RECORDED
from qpilot import approval
from qpilot.errors import QpilotError
from qpilot.record.home import Home
from tasks.events import decided


def resume(home: Home, run: str) -> tuple[str, ...]:
    """What has been answered is told, and every flow run that waits for it goes on; a sentence for each, or for why not.

    Nothing, where no server is configured, or the request still waits for somebody. Never raises: the answer stands.
    """
    found = approval.standing(home.journal, run)
    if get_current_settings().api.url is None or found is None:
        return ()
    try:
        with api() as client:
            decided(home, run)
            waiting = [] if found.state == "asked" else paused(client, run)
            return tuple(_resumed(client, one) for one in waiting)
    except QpilotError as error:
        return (f"the answer stands, but {error}; resume the run in the Prefect UI, or run its pilot again",)


def paused(client: SyncPrefectClient, run: str) -> list[FlowRun]:
    """The flow runs of this run that are suspended."""
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED]))
    return client.read_flow_runs(flow_run_filter=FlowRunFilter(name=FlowRunFilterName(any_=[run]), state=state))


def _resumed(client: SyncPrefectClient, waiting: FlowRun) -> str:
    told = {
        "approve": False,
        "name": RECORDED,
        "maximum_usd": 0,
    }  # the journal has the answer; the form only lets it go on
    answer = client.resume_flow_run(waiting.id, run_input=told)
    if answer.status is SetStateStatus.ACCEPT:
        return f"flow run {waiting.id} goes on"
    return f"flow run {waiting.id} did not go on: {getattr(answer.details, 'reason', answer.status)}"
