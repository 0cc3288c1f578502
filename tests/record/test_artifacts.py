"""Artifacts wherever they lie: a folder, a file:// URL, memory, and S3 over the wire."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from qpilot.errors import QpilotError
from qpilot.record.artifacts import Artifacts
from qpilot.record.home import Home
from qpilot.record.object_store import ObjectStore
from qpilot.verification import verify


@pytest.fixture(params=["folder", "file", "memory", "s3"])
def artifacts(request: pytest.FixtureRequest, tmp_path: Path) -> Artifacts:
    places = {"folder": tmp_path / "plain", "file": f"file://{tmp_path}/with%20space", "memory": f"memory://{uuid4()}"}
    if request.param == "s3":
        return Artifacts(f"{request.getfixturevalue('s3').bucket()}/team/artifacts/")
    return Artifacts(places[request.param])


def damage(artifacts: Artifacts, name: str, data: bytes) -> None:
    artifacts._shelf.write(name, data)


def test_what_is_stored_is_found_by_its_sha256(artifacts):
    name = artifacts.put(b"counts")
    assert name == hashlib.sha256(b"counts").hexdigest()
    assert artifacts.get(name) == b"counts"
    assert name in artifacts
    assert artifacts.names() == (name,)
    assert artifacts.fault(name) is None
    artifacts.reach()


def test_storing_again_changes_nothing_and_an_empty_store_has_nothing(artifacts):
    assert artifacts.names() == ()
    assert [artifacts.put(b""), artifacts.put(b"")] == [hashlib.sha256(b"").hexdigest()] * 2
    assert len(artifacts.names()) == 1


def test_what_is_missing_or_was_changed_is_refused_and_storing_it_again_heals(artifacts):
    name = artifacts.put(b"weights")
    damage(artifacts, name, b"weightz")
    assert artifacts.fault(name) == f"artifact {artifacts.place(name)} was changed"
    with pytest.raises(QpilotError, match="was changed after it was stored"):
        artifacts.get(name)
    artifacts.put(b"weights")
    assert artifacts.get(name) == b"weights"
    gone = "0" * 64
    assert artifacts.fault(gone) == f"artifact {artifacts.place(gone)} is missing"
    with pytest.raises(QpilotError, match=f"artifact {gone[:12]} is missing from"):
        artifacts.get(gone)
    assert gone not in artifacts


@pytest.mark.parametrize("name", ["../../journal.db", "0" * 63, "A" * 64, ""])
def test_only_a_sha256_names_an_artifact(artifacts, name):
    for use in (artifacts.get, artifacts.place, artifacts.fault, artifacts.__contains__):
        with pytest.raises(QpilotError, match="names no artifact"):
            use(name)


def test_those_that_begin_alike_are_found(artifacts):
    plans = {artifacts.put_json({"batch": "a", "n": n}) for n in range(3)}
    artifacts.put_json({"batch": "b"})
    artifacts.put(b"{")
    assert set(artifacts.starting(b'{"batch":"a"')) == plans


def test_several_threads_may_store_at_once(artifacts):
    workers = [threading.Thread(target=lambda: [artifacts.put(f"{n}".encode()) for n in range(10)]) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(artifacts.names()) == 10


def test_a_process_that_forked_may_store(artifacts):
    if str(artifacts.where).startswith("memory"):
        return  # a process's own
    artifacts.put(b"before")
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        os._exit(0 if artifacts.put(b"inside") in artifacts else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert len(artifacts.names()) == 2


def test_a_large_artifact_is_held_to_its_size(s3):
    artifacts = Artifacts(s3.bucket())
    data = bytes(9_000_000)
    assert artifacts.get(artifacts.put(data)) == data


def test_verify_finds_a_changed_and_a_missing_object(s3, tmp_path):
    home = Home(tmp_path)
    (tmp_path / "home.toml").write_text(f'artifacts = "{s3.bucket()}/a"\n')
    names = [home.artifacts.put(text) for text in (b"one", b"two", b"three")]
    folder = home.run("p-12345678-1")
    folder.write("pilot.toml", "x")
    folder.seal(home.journal, datetime.now(UTC), tuple(names))
    before = [one.what for one in verify(home, "p-12345678-1")]
    damage(home.artifacts, names[0], b"won")
    bucket, _, prefix = home.artifacts.place(names[1]).removeprefix("s3://").partition("/")
    s3.client().delete_object(Bucket=bucket, Key=prefix)
    found = {one.what for one in verify(home, "p-12345678-1")} - set(before)
    assert found == {
        f"artifact {home.artifacts.place(names[0])} was changed",
        f"artifact {home.artifacts.place(names[1])} is missing",
    }


def test_a_bucket_that_is_not_there_is_said_in_a_sentence(s3):
    artifacts = Artifacts("s3://no-such-bucket/a")
    for use in (artifacts.reach, lambda: artifacts.put(b"x")):
        with pytest.raises(QpilotError, match=r"bucket.*make.*or correct `artifacts` in home\.toml") as caught:
            use()
        assert "\n" not in str(caught.value)


def test_missing_credentials_are_said_in_a_sentence(s3, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    # A process of its own: fsspec keeps what it once connected with.
    script = "import sys; from qpilot.record.artifacts import Artifacts; Artifacts(sys.argv[1]).put(b'x')"
    done = subprocess.run([sys.executable, "-c", script, s3.bucket()], capture_output=True, text=True, cwd=Path.cwd())
    last = done.stderr.splitlines()[-1]
    assert "Unable to locate credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE" in last


def test_a_store_that_is_down_is_said_in_a_sentence_without_a_secret(s3):
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        options = {"endpoint_url": f"http://127.0.0.1:{probe.getsockname()[1]}"}
        with pytest.raises(QpilotError, match=r"Could not connect.*see that the store is up and run again") as caught:
            Artifacts("s3://b/a", options).put(b"x")
        for use in (Artifacts("s3://b/a", options).reach, lambda: "0" * 64 in Artifacts("s3://b/a", options)):
            with pytest.raises(QpilotError, match="Could not connect"):
                use()
    assert "\n" not in str(caught.value)
    assert s3.environment["AWS_SECRET_ACCESS_KEY"] not in str(caught.value)


def test_refused_credentials_are_said_in_a_sentence():
    assert ObjectStore("s3://b", {})._cause(PermissionError("Access Denied")) == (
        "Access Denied; its credentials need to list, read and write there"
    )
