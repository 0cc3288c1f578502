"""A schedule starts a pilot, and nobody else does."""

from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.schedules import IntervalSchedule

from tests.deployments.conftest import REFUSED, Local, changed, qpilot
from tests.deployments.topology import until


@pytest.mark.slow
def test_it_fires(client: SyncPrefectClient, server: Local) -> None:
    """As `qpilot deploy --cron` deployed it, but for the minutes that cron counts in: benchmarks/cron.py waits for those."""
    code, _, err = qpilot(server, "deploy", *changed(REFUSED, "timely"), "--cron", "0 0 1 1 *")
    assert code == 0, err
    deployment = client.read_deployment_by_name("pilot/timely")
    [schedule] = deployment.schedules
    due = datetime.now(UTC) + timedelta(seconds=10)
    soon = IntervalSchedule(interval=timedelta(minutes=1), anchor_date=due)
    client.update_deployment_schedule(deployment.id, schedule.id, schedule=soon)

    def decided() -> bool:
        return any(run.state_name == "NoGo" for run in runs(client, "timely"))

    until(decided, 150, lambda: str([(run.name, run.state) for run in runs(client, "timely")]))
    qpilot(server, "deploy", *changed(REFUSED, "timely"))
    run = next(run for run in runs(client, "timely") if run.state_name == "NoGo")
    assert run.auto_scheduled
    assert run.expected_start_time is not None
    assert (run.expected_start_time - due).total_seconds() % 60 < 1
    assert [one for one in runs(client, "timely") if one.state_name == "Scheduled"] == []


def runs(client: SyncPrefectClient, name: str):  # type: ignore[no-untyped-def]
    """The deployment's flow runs."""
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName

    return client.read_flow_runs(deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[name])))
