"""A whole pilot whose journal is in PostgreSQL and whose artifacts are in S3, from the command line to promotion."""

import json
from pathlib import Path

import pytest

from qpilot.record.home import Home
from tests.flows.conftest import command, flags, shrunk
from tests.objects import Objects
from tests.postgres import PASSWORD, Cluster

SECRETS = (PASSWORD, "objects-secret-of-the-tests")


@pytest.fixture
def team(home: Path, postgres: Cluster, s3: Objects, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that keeps journal and artifacts where a team does."""
    database = postgres.database()
    monkeypatch.setenv("QPILOT_JOURNAL_PASSWORD", database.password)
    home.mkdir()
    (home / "home.toml").write_text(f'journal = "{database.journal}"\nartifacts = "{s3.bucket()}/qpilot"\n')
    return Home(home)


def test_a_pilot_is_promoted_with_its_record_in_postgresql_and_s3(team, tmp_path):
    path, overrides = shrunk("planted")
    code, said, errors = command(team.path, "run", path, "--json", *flags(overrides))
    assert (code, said["outcome"]) == (0, "GO"), errors
    assert said["model"] == "planted@1"
    assert team.journal.where.startswith("postgresql")
    assert [entry.key for entry in team.journal.find("started")] == [said["run"]]
    owned = team.run(said["run"]).artifacts(team.journal)
    assert len(owned) > 2
    assert set(owned) <= set(team.artifacts.names())
    assert not (team.path / "journal.db").exists()
    assert not (team.path / "artifacts").exists()

    for words in (("verify", "--json"), ("status",), ("doctor",), ("report", said["run"])):
        code, answer, errors = command(team.path, *words)
        assert code == 0, (words, answer, errors)
    code, again, _ = command(team.path, "run", path, "--json", *flags(overrides))
    assert (code, again["run"]) == (0, said["run"])

    texts = [file.read_bytes() for file in team.path.rglob("*") if file.is_file()]
    assert not [secret for secret in SECRETS for text in texts if secret.encode() in text]


def test_stores_that_do_not_answer_are_said_in_a_line_each(team, monkeypatch):
    monkeypatch.setenv("QPILOT_JOURNAL_PASSWORD", "wrong-and-secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    code, said, errors = command(team.path, "doctor", "--json")
    found = {one["name"]: one for one in said["findings"]}
    assert code == 1
    assert "set QPILOT_JOURNAL_PASSWORD" in found["journal"]["said"]
    assert "see that the store is up" in found["artifacts"]["said"]
    code, _, errors = command(team.path, "status")
    assert (code, errors.count("\n")) == (1, 1), errors
    assert "cannot reach the journal" in errors
    assert "wrong-and-secret" not in json.dumps(said) + errors


def test_a_damaged_home_toml_is_a_usage_error_of_one_line(home):
    home.mkdir()
    (home / "home.toml").write_text("journal = 'postgresql://u:hush@h/d'")
    path, overrides = shrunk("planted")
    for words in (("status",), ("run", path, *flags(overrides))):
        code, _, errors = command(home, *words)
        assert (code, "hush" in errors) == (2, False), errors
        assert "holds a password; take it out" in errors.splitlines()[-1]
