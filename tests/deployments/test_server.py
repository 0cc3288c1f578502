"""`make server`: it ends whole, a second one says so, and what it serves of the reports is read-only and nothing else."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from flows.interruption import descendants
from flows.reports import reports
from qpilot.record.home import Home
from tests.deployments.conftest import ROOT, Local, environment, local, reaching


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[str]:
    """HOST:PORT of a reports server over a home with one report, a secret beside it, and a link to the secret."""
    run = tmp_path / "runs" / "a-1"
    run.mkdir(parents=True)
    (run / "report.html").write_text("<h1>decided</h1>")
    (tmp_path / "secret.pem").write_text("key")
    (run / "link.html").symlink_to(tmp_path / "secret.pem")
    server = reports(Home(tmp_path), "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def asked(place: str, path: str, method: str = "GET", host: str | None = None) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers, for a path sent as it is."""
    connection = http.client.HTTPConnection(place, timeout=60)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or place)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}


def test_a_report_is_shown_and_may_load_nothing_else(shelf: str) -> None:
    status, body, headers = asked(shelf, "/a-1/report.html")
    assert (status, body) == (200, "<h1>decided</h1>")
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/", "/a-1", "/a-1/", "/a-1/link.html", "/../secret.pem", "/a-1/../../secret.pem", "/%2e%2e/secret.pem",
        "/a-1/..%2f..%2fsecret.pem", "//etc/passwd", "/a-1/nothing.html", "/a-1/report.html/", "/a-1/%00",
    ],
)  # fmt: skip
def test_nothing_else_is_there(shelf: str, path: str) -> None:
    status, body, _ = asked(shelf, path)
    assert status == 404
    assert "key" not in body.replace("keyword", "")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4201", "127.0.0.1.evil.example:80", ""])
def test_another_name_is_refused(shelf: str, host: str) -> None:
    """A page elsewhere that has its name answered with 127.0.0.1 reads nothing."""
    connection = http.client.HTTPConnection(shelf, timeout=60)
    connection.putrequest("GET", "/a-1/report.html", skip_host=True)
    connection.putheader("Host", host)
    connection.endheaders()
    assert connection.getresponse().status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_it_is_read_only(shelf: str, method: str) -> None:
    assert asked(shelf, "/a-1/report.html", method)[0] == 501


def test_a_second_one_says_so(server: Local, tmp_path: Path) -> None:
    """On the same home, and on the same port."""
    said = started(server.home, "--port", "0", "--reports-port", "0")
    assert (said.returncode, "a server is at work on" in said.stderr) == (1, True)
    port = str(urlsplit(server.url).port)
    said = started(tmp_path / "other", "--port", port, "--reports-port", "0")
    assert (said.returncode, f"127.0.0.1:{port} is taken" in said.stderr) == (1, True)


def test_it_answers_this_machine_alone_and_shows_the_ui_that_can_approve(server: Local) -> None:
    place = urlsplit(server.url)
    bound = {line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"}
    assert f"0100007F:{place.port:04X}" in bound
    assert f"00000000:{place.port:04X}" not in bound
    with urlopen(f"{server.url}/api/admin/settings") as answer:
        settings = answer.read().decode()
    assert '"v2_enabled":false' in settings
    assert '"analytics_enabled":false' in settings


def test_the_pool_holds_the_limit_and_not_the_worker(server: Local) -> None:
    """A worker with a limit of its own ends when a run is resumed at once."""
    with urlopen(f"{server.url}/api/work_pools/qpilot") as answer:
        assert json.load(answer)["concurrency_limit"] == (os.cpu_count() or 1)
    commands = [Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in descendants(server.process.pid)]
    workers = [words for words in commands if b"worker" in words]
    assert workers
    assert not [words for words in workers if b"--limit" in words]


def test_ctrl_c_ends_all_of_it(tmp_path: Path) -> None:
    """SIGTERM ends every other test's. Its worker works as soon as it says so: a deployment then finds it."""
    with local(tmp_path / "home") as made:
        with reaching(f"{made.url}/api") as client:
            assert [one.status for one in client.read_workers_for_work_pool("qpilot")] == ["ONLINE"]
        started_by_it = descendants(made.process.pid)
        made.process.send_signal(signal.SIGINT)
        code = made.process.wait(60)
    assert len(started_by_it) >= 2
    assert code == 128 + signal.SIGINT
    deadline = time.monotonic() + 20  # what it has killed may take a moment to be gone
    while (left := [pid for pid in started_by_it if alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def started(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "flows.server", *words]
    return subprocess.run(command, env=environment(home), cwd=ROOT, capture_output=True, text=True, timeout=120)
