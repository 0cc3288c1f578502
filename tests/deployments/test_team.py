"""The team's topology, run as processes: who may in, who takes what, what stands where, and what a dead worker costs."""

import json
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.states import Crashed

from tests.deployments.conftest import PLANTED, REFUSED, SMALL, reaching
from tests.deployments.topology import LOGIN, SECRETS, Team, team, until
from tests.postgres import Cluster


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_workers_share_the_work_and_one_may_die(tmp_path: Path, own_postgres: Cluster) -> None:
    with team(tmp_path, own_postgres) as made:
        assert refused(made) == 401
        assert "there" in made.run("python", "-m", "deployments.init").stdout
        deployed(made, "planted", SMALL)
        deployed(made, "small", REFUSED)
        with reaching(made.url, LOGIN) as client:
            made.worker("first", "--limit", "1")  # so that it leaves the second run to the second worker
            long = start(client, "planted")
            until(lambda: state(client, long) == "Running", 90, lambda: made.log("first"))
            made.worker("second")
            short = start(client, "small")
            until(lambda: state(client, short) == "NoGo", 120, lambda: made.log("second"))
            made.kill("first")
            assert state(client, long) == "Running"
            # What automations/zombie.yaml does by itself 150 s after the last heartbeat.
            client.set_flow_run_state(long, Crashed(message="no heartbeat"), force=True)
            until(lambda: state(client, long) == "Promoted", 240, lambda: made.log("second"))
            assert {name for name in ("first", "second") if f"'{short}'" in made.log(name)} == {"second"}
            assert {name for name in ("first", "second") if f"'{long}'" in made.log(name)} == {"first", "second"}
        kept(made, own_postgres)


def refused(made: Team) -> int:
    """What the server answers somebody without the login."""
    with pytest.raises(HTTPError) as refusal:
        urlopen(
            Request(f"{made.url}/flows/filter", data=b"{}", headers={"Content-Type": "application/json"}), timeout=60
        )
    return refusal.value.code


def deployed(made: Team, name: str, overrides: tuple[str, ...]) -> None:
    words = [word for one in (*overrides, f'name="{name}"') for word in ("--set", one)]
    done = made.run("qpilot", "deploy", str(PLANTED / "pilot.toml"), *words, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["deployment"] == f"pilot/{name}"


def start(client: SyncPrefectClient, name: str) -> UUID:
    return client.create_flow_run_from_deployment(client.read_deployment_by_name(f"pilot/{name}").id).id


def state(client: SyncPrefectClient, run: UUID) -> str | None:
    return client.read_flow_run(run).state_name


def kept(made: Team, postgres: Cluster) -> None:
    """The record is in PostgreSQL and S3, ended once a pilot, whole; and no secret is in it, or in a log."""
    ended = postgres.sql("SELECT key FROM entries WHERE kind = 'ended'", "journal").splitlines()
    assert sorted(key.rsplit("-", 2)[0] for key in ended) == ["planted", "small"]
    assert not (made.home / "artifacts").exists()
    assert not (made.home / "journal.db").exists()
    done = made.run("qpilot", "verify")
    assert done.returncode == 0, done.stdout
    texts = [
        path.read_text(errors="replace")
        for path in made.folder.rglob("*")
        if path.is_file() and "secrets" not in path.parts
    ]
    assert not [value for value in SECRETS.values() if any(value in text for text in texts)]
    assert made.run("qpilot", "predict", "planted", str(PLANTED / "rows.csv")).returncode == 0
