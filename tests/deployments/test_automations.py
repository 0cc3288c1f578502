"""The automations of `qpilot deploy` at work: one paid pilot that is killed, taken up and promoted, one that cannot live,
and somebody outside who hears of both.
"""

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.blocks.notifications import SlackWebhook
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.utilities.callables import parameter_schema
from pydantic import SecretStr

from flows.deployment.deploying import ROOT, Wish, deploy
from qpilot.pilotfile import read
from qpilot.record.entries import Entry
from qpilot.record.home import Home
from qpilot.record.registry import ALIAS, CHAMPION, Registry
from tasks.desk import now
from tasks.events import emit
from tests.deployments.conftest import PLANTED, REFUSED, SMALL, Local, qpilot, reaching
from tests.deployments.follower import follow
from tests.deployments.topology import until
from tests.loopback import Life, Loopback

PAID = (*SMALL, 'hardware.backend="braket"', "hardware.batch=15", 'approval.when="never"')
PATIENCE = 400
"""Seconds: what takes thirty on a quiet machine takes minutes on one at work."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Heard:
    """One message. ear: the address that it came to."""

    ear: str
    content: Mapping[str, Any]


class Ears:
    """A web server of somebody who is told: a webhook's address, and one as the Slack block has it."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.append(Heard(self.path, json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def called(self, event: str) -> list[Mapping[str, Any]]:
        """The payloads of an event that the webhook was called with."""
        whole = [one.content for one in [*self.heard] if one.ear == "/webhook"]
        return [one["payload"] for one in whole if one["event"] == f"qpilot.{event}"]

    def read(self, event: str) -> list[str]:
        """What a person reads of an event: the notification's text."""
        whole = [one.content for one in [*self.heard] if one.ear == "/slack"]
        return [one["message"] for one in whole if one["title"].endswith(f": {event}")]

    def both(self, event: str, times: int = 1) -> bool:
        """Whether each has heard of it so often."""
        return len(self.called(event)) >= times and len(self.read(event)) >= times


@dataclass(frozen=True)
class Story:
    """What is under way on the server. paid: is killed and promoted; poisoned: dies whenever it is started."""

    ears: Ears
    home: Home
    client: SyncPrefectClient
    paid: UUID
    poisoned: UUID

    def states(self, run: UUID) -> list[str]:
        """The names of the flow run's states so far."""
        return [state.name for state in self.client.read_flow_run_states(run)]

    def run(self, pilot: str) -> str:
        """The pilot's run, by the name it has in the journal."""
        return next(one.key for one in self.home.journal.find("started") if one.key.startswith(f"{pilot}-"))

    def until_heard(self, event: str, times: int = 1) -> None:
        until(lambda: self.ears.both(event, times), PATIENCE, lambda: f"{event}: {self.ears.heard}")


@pytest.fixture(scope="module")
def story(server: Local) -> Iterator[Story]:
    """Everything has been started; the paid pilot has been killed with money spent."""
    ears, home = Ears(), Home(server.home)
    with Loopback() as vendor, reaching(f"{server.url}/api") as client:
        vendor.settings.life = Life(queued=2)
        with temporary_settings({PREFECT_API_URL: f"{server.url}/api"}):
            SlackWebhook(url=SecretStr(f"json://{ears.place}/slack")).save("heard", overwrite=True)
            Webhook(url=SecretStr(f"http://{ears.place}/webhook")).save("heard", overwrite=True)
        follower(client, server)
        deployed(client, home, "doomed", REFUSED, limit=3)
        deployed(client, home, "costly", PAID, then=("follow/after",))
        tend = client.read_deployment_by_name("tend/tend")
        client.update_deployment(tend.id, DeploymentUpdate(parameters={"wait_seconds": 0}))
        start(client, "doomed")
        poisoned = start(client, "doomed", command="sh -c 'kill -9 $$'")
        paid = start(client, "costly", env={**vendor.environment})
        made = Story(ears, home, client, paid, poisoned)
        until(lambda: bool(journalled(home, "counts")), PATIENCE, lambda: str(made.states(paid)))
        kill(paid)
        yield made
    ears.server.shutdown()
    ears.server.server_close()


def follower(client: SyncPrefectClient, server: Local) -> None:
    client.create_deployment(
        flow_id=client.create_flow_from_name("follow"),
        name="after",
        entrypoint="tests.deployments.follower.follow",
        work_pool_name="qpilot",
        job_variables={"env": {"PYTHONPATH": str(ROOT)}, "working_dir": str(ROOT)},
        parameter_openapi_schema=parameter_schema(follow).model_dump_for_openapi(),
        enforce_parameter_schema=True,
    )


def deployed(client: SyncPrefectClient, home: Home, name: str, overrides: tuple[str, ...], **more: Any) -> None:
    file = PLANTED / "pilot.toml"
    words = (*overrides, f'name="{name}"')
    notify = ("slack-webhook/heard", "webhook/heard")
    deploy(client, Wish(read(file, words).pilot, file, words, notify=notify, **more), home)


def start(client: SyncPrefectClient, name: str, **variables: object) -> UUID:
    deployment = client.read_deployment_by_name(f"pilot/{name}")
    return client.create_flow_run_from_deployment(deployment.id, job_variables=variables).id


def journalled(home: Home, kind: str) -> list[Entry]:
    return home.journal.find(kind) if (home.path / "journal.db").is_file() else []


def kill(run: UUID) -> None:
    """The flow run's process has been ended with -9."""
    said = str(run).encode()
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            found += [int(place.parent.name)] if said in place.read_bytes() else []
        except OSError:
            continue
    assert found
    for pid in found:
        os.kill(pid, signal.SIGKILL)


def test_a_killed_run_is_taken_up_and_decided(story: Story) -> None:
    until(lambda: story.states(story.paid)[-1] == "Promoted", PATIENCE, lambda: str(story.states(story.paid)))
    states = story.states(story.paid)
    assert 1 <= states.count("TakenUp") <= 3, states
    assert states.index("Running") < states.index("Crashed") < states.index("TakenUp")


def test_what_cannot_live_is_taken_up_three_times_and_then_somebody_hears(story: Story) -> None:
    story.until_heard("gave-up")
    states = story.states(story.poisoned)
    assert (states.count("TakenUp"), states[-1]) == (3, "Crashed")
    [text] = story.ears.read("gave-up")
    assert f"crashed 4 times; look at its log, then: prefect flow-run retry {story.poisoned}" in text


def test_each_message_comes_once_and_can_be_read(story: Story) -> None:
    """The hardware stage was done again from its beginning when the run was taken up, and told of each batch again."""
    run, batches = story.run("costly"), len(story.home.journal.find("counts", f"{story.run('costly')}/"))
    story.until_heard("gate.no-go")
    story.until_heard("promoted")
    story.until_heard("spend", batches)
    assert batches > 1
    assert Counter(one["batch"] for one in story.ears.called("spend")) == {f"{n:04d}": 1 for n in range(batches)}
    assert len(story.ears.read("spend")) == batches
    assert [(one["run"], one["model"], one["version"]) for one in story.ears.called("promoted")] == [(run, "costly", 1)]
    [text] = story.ears.read("promoted")
    assert text.splitlines()[0] == f"costly@1 is the champion, promoted by {run}"
    [text] = story.ears.read("gate.no-go")
    assert text.startswith(f"{story.run('doomed')}: data gate NO GO: ")
    assert [one["gate"] for one in story.ears.called("gate.no-go")] == ["data"]


def test_a_rollback_is_heard(story: Story, server: Local) -> None:
    story.until_heard("promoted")
    registry = Registry(story.home)
    again = registry.register("costly", {"model.json": b"{}"}, {"run": "costly-0123abcd-2"}, now())
    registry.point("costly", CHAMPION, again.number, expect=1, at=now(), run="costly-0123abcd-2")
    code, out, err = qpilot(server, "rollback", "costly", "--by", "Ada", "--note", "drifts")
    assert (code, err) == (0, "")
    story.until_heard("rollback")
    assert out.strip() == "costly@1 is the champion again; it was costly@2"
    [told], [text] = story.ears.called("rollback"), story.ears.read("rollback")
    assert (told["from"], told["to"], told["by"], told["note"]) == (2, 1, "Ada", "drifts")
    assert text.splitlines()[0] == f"{out.strip()} (Ada)"


def test_a_promotion_starts_what_should_follow_and_says_which(story: Story) -> None:
    def following() -> list[FlowRun]:
        called = DeploymentFilter(name=DeploymentFilterName(any_=["after"]))
        return story.client.read_flow_runs(deployment_filter=called)

    until(lambda: [one.state_name for one in following()] == ["Completed"], PATIENCE, lambda: str(following()))
    [run] = following()
    assert run.parameters == {"run": story.run("costly"), "model": "costly", "version": 1}


def test_what_was_told_is_not_told_again(story: Story, server: Local) -> None:
    """Days later too, when the server has forgotten that it heard it: it is asked first."""
    story.until_heard("promoted")
    promoted = story.home.journal.find(ALIAS, f"costly/{CHAMPION}/")[0]
    with temporary_settings({PREFECT_API_URL: f"{server.url}/api"}):
        until(lambda: not emit("promoted", story.run("costly"), promoted, {"said": "again"}, "costly"), 60)


def test_nobody_has_heard_anything_twice(story: Story) -> None:
    """Whatever came late, by the time that all of it was told."""
    heard = Counter((one.ear, json.dumps(one.content, sort_keys=True)) for one in story.ears.heard)
    assert [said for said, times in heard.items() if times > 1] == []
    events = Counter(one.content["event"] for one in story.ears.heard if one.ear == "/webhook")
    read = Counter(f"qpilot.{one.content['title'].split(': ')[1]}" for one in story.ears.heard if one.ear == "/slack")
    assert events == read
    assert {name: times for name, times in events.items() if name != "qpilot.spend"} == {
        "qpilot.gate.no-go": 1,
        "qpilot.gave-up": 1,
        "qpilot.promoted": 1,
        "qpilot.rollback": 1,
    }
