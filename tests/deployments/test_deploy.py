"""`qpilot deploy`, against a real server: what is made, what is left alone, what is taken away, what is refused."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from prefect.blocks.notifications import SlackWebhook
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, temporary_settings
from pydantic import SecretStr

from flows.deployment import automations
from flows.deployment.changes import Change
from flows.deployment.deploying import Wish, deploy
from qpilot.errors import QpilotError, UsageError
from qpilot.pilotfile import read
from qpilot.record.home import Home
from tests.deployments.conftest import PLANTED, SMALL, Local, qpilot

FILE = PLANTED / "pilot.toml"


def wish(name: str, **changes: object) -> Wish:
    """The positive control under another name, deployed into a pool without a worker."""
    pilot = read(FILE, (*SMALL, f'name="{name}"')).pilot
    given: dict[str, object] = {"pilot": pilot, "path": FILE, "overrides": SMALL, "pool": "idle"}
    return Wish(**{**given, **changes})  # type: ignore[arg-type]


def done(changes: tuple[Change, ...], kind: str) -> dict[str, str]:
    return {change.name: change.done for change in changes if change.kind == kind}


def test_it_holds_what_the_worker_needs(client: SyncPrefectClient, server: Local) -> None:
    deployed = deploy(client, wish("first", limit=2), Home(server.home))
    found = client.read_deployment_by_name("pilot/first")
    assert deployed.name == "pilot/first"
    assert found.entrypoint == "flows.pilot.pilot"
    assert found.parameters == {"path": str(FILE), "overrides": [*SMALL], "explore": False}
    assert "hidden observable" in found.description
    assert set(found.tags) == {"qpilot", "first"}
    assert found.schedules == []
    assert found.global_concurrency_limit.limit == 2
    assert found.concurrency_options.collision_strategy == "ENQUEUE"
    assert found.job_variables["command"].endswith(" -m prefect.engine")
    assert found.job_variables["env"]["QPILOT_HOME"] == str(server.home)
    assert found.job_variables["env"]["PREFECT_LOCAL_STORAGE_PATH"] == str(server.home / "prefect" / "storage")
    assert client.read_work_pool("idle").type == "process"


def test_deploying_again_changes_nothing(client: SyncPrefectClient, server: Local) -> None:
    asked = wish("again", cron="0 6 * * mon", timezone="Europe/Vienna")
    deploy(client, asked, Home(server.home))
    before = client.read_deployment_by_name("pilot/again")
    changes = deploy(client, asked, Home(server.home)).changes
    assert {change.done for change in changes} == {"unchanged"}
    assert client.read_deployment_by_name("pilot/again").updated == before.updated


def test_who_tends_crashed_pilots_moves_to_where_somebody_works(client: SyncPrefectClient, server: Local) -> None:
    """In a pool without a worker it would never run, and no crashed pilot be taken up."""

    def tended(pool: str) -> str | None:
        deploy(client, wish("tended", pool=pool), Home(server.home))
        return client.read_deployment_by_name("tend/tend").work_pool_name

    with suppress(ObjectNotFound):
        client.delete_deployment(client.read_deployment_by_name("tend/tend").id)
    assert [tended(pool) for pool in ("idle", "empty", "qpilot", "idle")] == ["idle", "idle", "qpilot", "qpilot"]


def test_a_schedule_that_is_not_asked_for_again_is_gone(client: SyncPrefectClient, server: Local) -> None:
    deploy(client, wish("timed", cron="30 5 * * *"), Home(server.home))
    [schedule] = client.read_deployment_by_name("pilot/timed").schedules
    assert schedule.active
    assert schedule.schedule.cron == "30 5 * * *"
    changes = deploy(client, wish("timed"), Home(server.home)).changes
    assert done(changes, "deployment")["pilot/timed"] == "updated"
    assert client.read_deployment_by_name("pilot/timed").schedules == []


def test_a_dry_run_says_and_makes_nothing(client: SyncPrefectClient, server: Local) -> None:
    changes = deploy(client, wish("dry", pool="nowhere"), Home(server.home), dry_run=True).changes
    assert done(changes, "deployment")["pilot/dry"] == "made"
    assert done(changes, "work pool") == {"nowhere": "made"}
    assert [one for one in client.read_deployments() if one.name == "dry"] == []
    assert [one.name for one in client.read_work_pools() if one.name == "nowhere"] == []


def test_notifications_and_followers_come_and_go(client: SyncPrefectClient, server: Local) -> None:
    with temporary_settings({PREFECT_API_URL: f"{server.url}/api"}):
        SlackWebhook(url=SecretStr("https://example.invalid/hook")).save("team", overwrite=True)
        Webhook(url=SecretStr("https://example.invalid/called")).save("ours", overwrite=True)
    deploy(client, wish("next"), Home(server.home))
    asked = wish("told", notify=("slack-webhook/team", "webhook/ours"), then=("pilot/next",))
    made = done(deploy(client, asked, Home(server.home)).changes, "automation")
    own = {
        f"qpilot told: {what}"
        for what in ("tell slack-webhook/team", "call webhook/ours", "promoted, so run pilot/next")
    }
    assert {name for name in made if name.startswith("qpilot told")} == own
    assert {made[name] for name in own} == {"made"}
    [then] = client.read_automations_by_name("qpilot told: promoted, so run pilot/next")
    assert then.actions[0].parameters == {}, "the pilot flow takes none of what a promotion says"
    assert {change.done for change in deploy(client, asked, Home(server.home)).changes} == {"unchanged"}
    left = done(deploy(client, wish("told"), Home(server.home)).changes, "automation")
    assert {name for name, what in left.items() if what == "removed"} == own


def test_an_automation_that_was_switched_off_stays_off(client: SyncPrefectClient, server: Local) -> None:
    name = "qpilot: a pilot without a heartbeat has crashed"
    deploy(client, wish("calm"), Home(server.home))
    [found] = client.read_automations_by_name(name)
    client.pause_automation(found.id)
    client.update_automation(
        found.id,
        AutomationCore(**{**found.model_dump(exclude={"id", "owner_resource"}), "description": "", "enabled": False}),
    )
    assert done(deploy(client, wish("calm"), Home(server.home)).changes, "automation")[name] == "updated"
    [again] = client.read_automations_by_name(name)
    client.resume_automation(found.id)
    assert not again.enabled
    assert again.description == found.description


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"cron": "61 * * * *"}, UsageError, "five fields"),
        ({"cron": "0 6 * * *", "timezone": "Moon"}, UsageError, "Moon"),
        ({"notify": ("team",)}, UsageError, "TYPE/NAME"),
        ({"notify": ("slack-webhook/nobody",)}, QpilotError, "no block 'slack-webhook/nobody'"),
        ({"then": ("nothing",)}, UsageError, "FLOW/DEPLOYMENT"),
        ({"then": ("pilot/nothing",)}, QpilotError, "no deployment 'pilot/nothing'"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_made(
    client: SyncPrefectClient, server: Local, changes: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        deploy(client, wish("never", **changes), Home(server.home))
    assert [one for one in client.read_deployments() if one.name == "never"] == []


def test_a_file_with_names_is_made_only_where_they_are_known(tmp_path: Path) -> None:
    for file in automations.PLACE.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text())
    names = [one.name for one in automations.wanted([{"tend": "00000000-0000-0000-0000-000000000000"}], tmp_path)]
    assert len(names) == 2
    (tmp_path / "crashed.yaml").write_text("name: only\n")
    with pytest.raises(QpilotError, match=r"crashed\.yaml is no automation"):
        list(automations.wanted([{}], tmp_path))


def test_the_command_says_what_it_did_and_what_it_cannot(server: Local) -> None:
    code, out, _ = qpilot(server, "deploy", FILE, "--set", 'name="by-command"', "--pool", "idle", "--json")
    assert code == 0
    assert json.loads(out)["deployment"] == "pilot/by-command"
    assert qpilot(server, "deploy", FILE, "--cron", "61 * * * *")[0] == 2
    code, _, err = qpilot(server, "deploy", FILE, PREFECT_API_URL="http://127.0.0.1:9/api")
    assert (code, "no Prefect server answers" in err) == (1, True)


@pytest.mark.parametrize(
    ("override", "code"), [("data.target='nothing'", 2), ("nonsense=1", 2), ("claim.target=0.01", 4)]
)
def test_what_lint_refuses_is_not_deployed(server: Local, override: str, code: int) -> None:
    assert qpilot(server, "deploy", FILE, "--set", override)[0] == code
