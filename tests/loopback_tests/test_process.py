"""The service as a process of its own: what it prints, what a restart keeps, what others may tell it."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import Life, Loopback
from tests.loopback.service import Service
from tests.loopback.wire import Request
from tests.loopback_tests.asking import BUCKET, GARNET, ONCE, REGION, boto, box, create, program

ROOT = Path(__file__).parents[2]


class Process:
    """`python -m tests.loopback`, started and ready."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "tests.loopback", "--port", "0", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.environment: dict[str, str] = {}
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                self.environment[name] = value
            if line.startswith("# ready"):
                break

    def client(self, name: str) -> Any:
        """A boto3 client of this process alone."""
        return boto().client(name, endpoint_url=self.environment["AWS_ENDPOINT_URL"], config=ONCE)

    def stop(self, how: signal.Signals = signal.SIGINT) -> list[str]:
        """What it printed since it was ready."""
        self.process.send_signal(how)
        out, _ = self.process.communicate(timeout=20)
        return out.splitlines()


def test_it_prints_what_to_paste_and_what_was_charged() -> None:
    served = Process()
    assert set(served.environment) >= {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "BRAKET_PRICE_OFFERS_URL"}
    where = {"LocationConstraint": REGION}
    served.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    arn = create(served.client("braket"), "t", tags={"qpilot-item": "r/0000/0001/1"})
    task, device, total = served.stop()
    assert task.split() == ["iqm-garnet", "100", "shots", "$0.445", "r/0000/0001/1", arn.rsplit("/", 1)[-1]]
    assert device == f"{GARNET}  $0.445"
    assert total == "total: $0.445 for 1 tasks, $0.00 still open"
    assert served.process.returncode == 0


def test_a_killed_service_comes_back_with_its_tasks(tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    first = Process("--state", str(state))
    first.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    arn = create(first.client("braket"), "t")
    first.client("braket").create_spending_limit(deviceArn=GARNET, spendingLimit="5")
    key = f"tasks/{arn.rsplit('/', 1)[-1]}/results.json"
    ended = first.client("braket").get_quantum_task(quantumTaskArn=arn)
    before = first.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    first.stop(signal.SIGKILL)
    with state.open("a") as file:
        file.write('{"event": "task", "arn": "cut')
    second = Process("--state", str(state))
    assert create(second.client("braket"), "t") == arn, "the token is known"
    assert second.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read() == before
    assert second.client("braket").get_quantum_task(quantumTaskArn=arn)["endedAt"] == ended["endedAt"]
    assert len(second.client("braket").search_spending_limits()["spendingLimits"]) == 1
    create(second.client("braket"), "u")
    second.stop(signal.SIGTERM)
    with_both = Loopback(state)
    assert (len(with_both.bills), str(with_both.bills.total)) == (2, "0.89000")
    with_both.register.close()


def test_a_port_that_is_taken_is_said(braket_service: Loopback) -> None:
    port = braket_service.url.rsplit(":", 1)[-1]
    command = [sys.executable, "-m", "tests.loopback", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert f"port {port} cannot be opened (Address already in use): choose another with --port" in done.stderr


def control(service: Loopback, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
    """A control call."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{service.url}/_control/{what}", data, method=method)) as reply:
        return json.loads(reply.read())


def test_another_process_sees_and_steers(braket_service: Loopback, client) -> None:
    control(braket_service, "POST", "settings", {"life": {"queued": 5}, "token_seconds": 30})
    control(braket_service, "POST", "device", {"device": GARNET, "queue": 7})
    arn = create(client("braket"), "t")
    (bill,) = control(braket_service, "GET", "bills")["bills"]
    assert (bill["arn"], bill["state"], bill["usd"], bill["due"]) == (arn, "QUEUED", "0", "0.44500")
    assert client("braket").get_device(deviceArn=GARNET)["deviceQueueInfo"][0]["queueSize"] == "8"
    control(braket_service, "POST", "finish", {"task": arn})
    assert control(braket_service, "GET", "bills")["total"] == "0.44500"
    control(braket_service, "POST", "clock", {"advance": 31})
    assert create(client("braket"), "t") != arn
    control(braket_service, "POST", "faults", {"operation": "GetQuantumTask", "effect": "drop", "every": True})
    assert [rule["effect"] for rule in control(braket_service, "GET", "faults")] == ["drop"]
    control(braket_service, "DELETE", "faults")
    control(braket_service, "POST", "figures", {"device": "iqm-garnet", "couplings": {"1-2": 0.9}})
    assert braket_service.catalogue.qpu(GARNET).edges[1, 2] == 0.9
    assert control(braket_service, "GET", "calls")["CreateQuantumTask"] == 2
    control(braket_service, "POST", "reset")
    assert control(braket_service, "GET", "bills") == {"bills": [], "total": "0", "due": "0"}
    assert braket_service.catalogue.qpu(GARNET).edges[1, 2] != 0.9
    assert braket_service.settings.life == Life()


@pytest.mark.parametrize(
    ("what", "body", "said"),
    [
        ("settings", {"lag": 1}, "unknown setting 'lag'; known: token_seconds"),
        ("faults", {"operation": "GetObject", "effect": "boom"}, "unknown effect 'boom'"),
        ("nothing", {}, "no control call POST 'nothing'"),
        ("clock", {"advance": -1}, "only goes on"),
    ],
)
def test_a_control_call_that_is_none_is_said(braket_service: Loopback, what: str, body, said: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        control(braket_service, "POST", what, body)
    assert refused.value.code == 400
    assert said in json.loads(refused.value.read())["message"]


def test_many_clients_with_one_token_make_one_task(tmp_path: Path) -> None:
    service, start = Service(tmp_path / "state.jsonl"), threading.Barrier(8)
    service.register.put_bucket(BUCKET, REGION)
    where = {"outputS3Bucket": BUCKET, "outputS3KeyPrefix": "tasks"}
    long = program(box("prx(1, 2) $1") + "\n// " + "x" * 1_000_000)  # it takes a while to be written down

    def ask(number: int) -> None:
        for token in range(5):
            body = {"clientToken": f"t{token}", "deviceArn": GARNET, "shots": 100, "action": long} | where
            start.wait()
            service.answer(Request("POST", "/quantum-task", {}, json.dumps(body).encode(), "braket", REGION))

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads meet where a lock is missing
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(ask, range(8)))
    finally:
        sys.setswitchinterval(usual)
        service.register.close()
    assert set(service.bills.by_token().values()) == {1}
    events = [json.loads(line)["event"] for line in (tmp_path / "state.jsonl").read_text().splitlines()]
    assert (len(service.bills), events.count("task")) == (5, 5)


def test_starting_is_light() -> None:
    code = (
        "import sys; from tests.loopback import Loopback; Loopback().register.close();"
        "print([m for m in ('braket', 'boto3', 'pennylane', 'pandas', 'prefect') if m in sys.modules])"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"
