"""The workflows are valid, pinned, and run commands that exist."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from flows.commands import app

ROOT = Path(__file__).parent.parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GITLAB = ROOT / "deployments" / "gitlab-ci.yml"
BOTH = [*WORKFLOWS, GITLAB]
SCHEMAS = [
    *((path, f"vendor.{name}") for path in WORKFLOWS for name in ("github-workflows",)),
    *((path, "custom.github-workflows-require-timeout") for path in WORKFLOWS),
    (GITLAB, "vendor.gitlab-ci"),
]


def loaded(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def scripts(value: Any) -> Iterator[str]:
    """Every command line of a workflow."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("run", "script", "before_script"):
                yield from [inner] if isinstance(inner, str) else inner
            else:
                yield from scripts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from scripts(inner)


@pytest.mark.parametrize(("path", "schema"), SCHEMAS, ids=lambda value: getattr(value, "name", value))
def test_a_workflow_is_valid(path: Path, schema: str) -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", BOTH, ids=lambda path: path.name)
def test_every_qpilot_command_parses(path: Path) -> None:
    for script in scripts(loaded(path)):
        for line in re.findall(r"^\s*qpilot (.*)", script.replace("\\\n", " "), re.MULTILINE):
            words = shlex.split(line.partition("||")[0])
            command, bound, _ = app.parse_args(words, print_error=False, exit_on_error=False)
            assert command.__name__ == words[0]
            assert "$PILOT" in str(bound.args[0])


def test_the_commands_of_both_lanes_are_there() -> None:
    for path in (ROOT / ".github" / "workflows" / "pilot.yml", GITLAB):
        used = {word for script in scripts(loaded(path)) for word in re.findall(r"qpilot (\w+)", script)}
        assert used == {"lint", "check", "run", "trigger"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_pinned_and_may_only_read(path: Path) -> None:
    text, found = path.read_text(encoding="utf-8"), loaded(path)
    assert found["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in found["jobs"].values())
    uses = re.findall(r"uses: (\S+)", text)
    assert uses
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one) for one in uses)
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")
    assert not any("${{" in script for script in scripts(found)), "an expression in a script is an injection"
    assert "pull_request_target" not in text


def test_secrets_are_seen_behind_the_reviewed_environment_alone() -> None:
    for path in WORKFLOWS:
        for name, job in loaded(path)["jobs"].items():
            assert ("secrets." in str(job)) == (job.get("environment") == "hardware"), name
