"""The files of the team's version: their own schemas, and what must never be in them."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import PrefectHTTPStatusError

from qpilot.pilotfile import read
from qpilot.record.home import Home
from tests.deployments.conftest import PLANTED, ROOT, Local

PLACE = ROOT / "deployments"
COMPOSE: dict[str, Any] = yaml.safe_load((PLACE / "compose.yaml").read_text())
OURS = [name for name, one in COMPOSE["services"].items() if one["image"] == "qpilot:local"]
DOCKERFILE = (PLACE / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
TEMPLATES = {"kubernetes": "kubernetes-job-template.json", "ecs": "ecs-job-template.json"}
SECRET = re.compile(r"\w*(?:PASSWORD|SECRET|AUTH_STRING)\w*[:=] *[^- \"/$\n{]")
"""A variable that is given a secret here, and not from a file or another variable."""


def test_compose_follows_its_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    done = subprocess.run(command, cwd=PLACE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_only_loopback_is_published() -> None:
    published = {name: one["ports"] for name, one in COMPOSE["services"].items() if "ports" in one}
    assert set(published) == {"server", "reports"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert COMPOSE["services"]["reports"]["profiles"] == ["reports"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert all(COMPOSE["services"][name]["networks"] == ["inside"] for name in ("postgres", "store", "init"))


def test_there_is_a_login_two_workers_and_an_order() -> None:
    services = COMPOSE["services"]
    assert "prefect_auth" in services["server"]["secrets"]
    assert "prefect_auth" in services["worker"]["secrets"]
    assert services["worker"]["deploy"]["replicas"] == 2
    assert services["init"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert services["server"]["depends_on"]["init"]["condition"] == "service_completed_successfully"
    assert services["worker"]["depends_on"]["server"]["condition"] == "service_healthy"
    assert {name for name, one in services.items() if "healthcheck" in one} == {"postgres", "store", "server", "worker"}


@pytest.mark.parametrize("name", OURS)
def test_a_container_may_do_little(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize(
    "path", sorted(path for path in PLACE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
)
def test_no_secret_stands_in_a_file(path: Path) -> None:
    assert SECRET.findall(path.read_text()) == []


def test_the_image_is_slim_whole_and_nobody_is_root_in_it() -> None:
    last = max(number for number, line in enumerate(DOCKERFILE) if line.startswith("FROM"))
    assert all(line.startswith("FROM python:3.12-slim") for line in DOCKERFILE if line.startswith("FROM"))
    assert [line for line in DOCKERFILE[last:] if line.startswith("USER")] == ["USER 10001:10001"]
    assert any("--require-hashes" in line for line in DOCKERFILE)
    assert not [line for line in DOCKERFILE if line.startswith(("ADD", "ARG")) or "COPY . " in line]
    for line in DOCKERFILE:
        if line.startswith("COPY") and "--from" not in line:
            assert all((ROOT / source).exists() for source in line.split()[1:-1]), line


def test_what_the_image_copies_is_what_is_not_ignored() -> None:
    lines = (PLACE / "Dockerfile.dockerignore").read_text().splitlines()
    copied = {
        word for line in DOCKERFILE if line.startswith("COPY") and "--from" not in line for word in line.split()[1:-1]
    }
    assert {line[1:] for line in lines if line.startswith("!")} == copied
    assert {"*", "deployments/secrets", "**/*.pem", "**/*.env", "**/.qpilot"} <= set(lines)


@pytest.mark.parametrize(("kind", "file"), TEMPLATES.items())
def test_a_base_job_template_is_one_for_prefect(client: SyncPrefectClient, kind: str, file: str) -> None:
    """Every variable it uses is described, and the server takes the pool and a deployment's variables with it."""
    template = json.loads((PLACE / file).read_text())
    used = set(re.findall(r"\{\{ (\w+) \}\}", json.dumps(template["job_configuration"])))
    assert used == set(template["variables"]["properties"])
    pool = client.create_work_pool(WorkPoolCreate(name=f"a-{kind}", type=kind, base_job_template=template))
    assert client.read_work_pool(pool.name).base_job_template == template
    flow = client.create_flow_from_name("pilot")
    needed = dict.fromkeys(template["variables"].get("required", []), "given")
    client.create_deployment(flow, f"on-{kind}", work_pool_name=pool.name, job_variables=needed)
    with pytest.raises(PrefectHTTPStatusError, match=r"409|422"):
        client.create_deployment(
            flow, f"off-{kind}", work_pool_name=pool.name, job_variables={**needed, "env": "no mapping"}
        )
    environment = template["variables"]["properties"]["env"]["default"]
    assert environment["QPILOT_HOME"] == "/state"
    assert not [name for name in environment if "PASSWORD" in name or "AUTH" in name]


def test_another_kind_of_pool_says_itself_what_its_runs_need(client: SyncPrefectClient, server: Local) -> None:
    from flows.deployment.deploying import Wish, deploy

    template = json.loads((PLACE / TEMPLATES["kubernetes"]).read_text())
    client.create_work_pool(WorkPoolCreate(name="cluster", type="kubernetes", base_job_template=template))
    file = PLANTED / "pilot.toml"
    pilot = read(file, ('name="in-a-pod"',)).pilot
    deploy(client, Wish(pilot=pilot, path=file, pool="cluster"), Home(server.home))
    assert client.read_deployment_by_name("pilot/in-a-pod").job_variables == {}


def test_prefect_yaml_names_what_is_there() -> None:
    for one in yaml.safe_load((PLACE / "prefect.yaml").read_text())["deployments"]:
        module, _, name = one["entrypoint"].rpartition(".")
        flow = getattr(importlib.import_module(module), name)
        assert set(one.get("parameters", {})) <= set(flow.parameters.properties)
        assert all(not schedule["active"] for schedule in one.get("schedules", []))


def test_secrets_are_made_once_random_and_for_the_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "make-secrets").write_bytes((PLACE / "make-secrets").read_bytes())
    subprocess.run(["sh", "make-secrets"], cwd=tmp_path, check=True, capture_output=True)
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run(["sh", "make-secrets"], cwd=tmp_path, check=True, capture_output=True)
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == made
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert set(COMPOSE["secrets"]) <= set(made)
    assert len(set(made.values())) == len(made)
    assert re.fullmatch(r"qpilot:[0-9a-f]{48}", made["prefect_auth"])


def test_entry_gives_secrets_to_one_process_and_says_none(tmp_path: Path) -> None:
    for name, value in {
        "postgres_password": "p0",
        "prefect_auth": "u:p1",
        "s3_access_key": "k2",
        "s3_secret_key": "s3",
    }.items():
        (tmp_path / name).write_text(value)
    given = {
        "QPILOT_SECRETS": str(tmp_path),
        "QPILOT_PREFECT_DATABASE": "qpilot@db:5432/prefect",
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(["sh", PLACE / "entry", "env"], env=given, capture_output=True, text=True, check=True)
    found = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert found["PREFECT_SERVER_DATABASE_CONNECTION_URL"] == "postgresql+asyncpg://qpilot:p0@db:5432/prefect"
    assert found["QPILOT_JOURNAL_PASSWORD"] == "p0"
    assert found["PREFECT_API_AUTH_STRING"] == "u:p1"
    assert "PREFECT_SERVER_API_AUTH_STRING" not in found
    assert (found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]) == ("k2", "s3")
    assert done.stderr == ""
