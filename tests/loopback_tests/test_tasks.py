"""Tasks over the wire: created once a token, polled from anywhere, found, cancelled."""

import json
import math
from datetime import UTC, datetime, time, timedelta

import pytest
from botocore.exceptions import ClientError
from braket.aws import AwsQuantumTask
from braket.circuits import Circuit, FreeParameter
from braket.program_sets import CircuitBinding, ProgramSet

from qpilot.devices import Window, device
from tests.loopback import Life, Loopback
from tests.loopback.service import Service
from tests.loopback.windows import opens
from tests.loopback.wire import Request
from tests.loopback_tests.asking import (
    BELL,
    BUCKET,
    FORTE,
    GARNET,
    REGION,
    SV1,
    bell,
    boto,
    box,
    create,
    on,
    polled,
    program,
    program_set,
    refusal,
)


def test_a_task_is_read_by_the_sdk_from_its_arn_alone(braket_service: Loopback) -> None:
    device = on(GARNET)
    task = device.run(bell(), shots=200, disable_qubit_rewiring=True, tags={"qpilot-run": "r"})
    result = AwsQuantumTask(task.id).result()
    assert result.measurements.shape == (200, 2)
    assert result.measured_qubits == [2, 1]
    assert (result.task_metadata.id, result.task_metadata.shots) == (task.id, 200)
    metadata = polled(task.id).metadata()
    assert metadata["status"] == "COMPLETED"
    assert metadata["numSuccessfulShots"] == 200
    assert metadata["tags"] == {"qpilot-run": "r"}
    assert metadata["actionMetadata"] == {"actionType": "braket.ir.openqasm.program"}
    assert metadata["createdAt"] <= metadata["endedAt"]
    assert braket_service.tasks[task.id].accepted.device == "iqm-garnet"


def test_a_program_set_comes_back_whole(braket_service: Loopback) -> None:
    device = on(GARNET)
    angle = FreeParameter("a")
    swept = CircuitBinding(Circuit().add_verbatim_box(Circuit().prx(1, angle, 0.0)), {"a": [0.0, 3.14159265]})
    task = device.run(ProgramSet([bell(), swept, bell(0.0)], shots_per_executable=500))
    result = polled(task.id).result()
    assert [len(entry) for entry in result] == [1, 2, 1]
    assert result.num_executables == 4
    straight, turned = (entry.counts["1"] for entry in result[1])
    assert straight < 50 < 450 < turned, "the second input turns the qubit over"
    assert sum(result[0][0].counts.values()) == 500
    assert result[0][0].measured_qubits == [2, 1]
    assert polled(task.id).metadata()["actionMetadata"] == {
        "actionType": "braket.ir.openqasm.program_set",
        "programCount": 3,
        "executableCount": 4,
    }


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(("arn", "turned"), [(GARNET, "prx(pi, 0) $1"), (FORTE, "gpi(0) $1")])
def test_bits_stand_in_the_order_they_were_measured_in(
    braket_service: Loopback, client, arn: str, turned: str, many: bool
) -> None:
    region = arn.split(":")[3]
    if many and arn == FORTE:
        braket_service.catalogue.change(arn, {"program_sets": {"executables": 9, "total_shots": 900}})
    read = (2, 4, 1)
    source = box(turned, read=read)
    action = program_set(source) if many else program(source)
    sent = create(boto(region).client("braket"), "t", deviceArn=arn, action=action, shots=400)
    result = polled(sent).result()
    counts = result[0][0].counts if many else result.measurement_counts
    assert counts.most_common(1)[0][0] == "001"
    assert (result[0][0] if many else result).measured_qubits == [2, 4, 1]


def test_ionq_keeps_probabilities(braket_service: Loopback) -> None:
    gates = Circuit().gpi2(0, 0.3).gpi2(1, 0.1).zz(0, 1, math.pi / 2)
    circuit = Circuit().add_verbatim_box(gates).measure([0, 1])
    result = on(FORTE).run(circuit, shots=100).result()
    assert result.measurement_probabilities_copied_from_device
    assert sum(result.measurement_counts.values()) == 100


def test_a_token_makes_one_task_within_its_life(braket_service: Loopback, client) -> None:
    braket = client("braket")
    first = create(braket, "t")
    assert create(braket, "t") == first
    braket_service.clock.advance(599)
    assert create(braket, "t") == first
    braket_service.clock.advance(2)
    second = create(braket, "t")
    assert second != first, "the token's life was over: the same request is another task, and is paid again"
    braket_service.clock.advance(601)
    assert create(braket, "t") not in (first, second)
    assert braket_service.bills.by_token() == {"t": 3}
    assert [task.accepted.nth for task in braket_service.tasks.values()] == [0, 1, 2]


def test_a_token_finds_its_task_after_the_device_has_changed(braket_service: Loopback, client) -> None:
    arn = create(client("braket"), "t")
    braket_service.catalogue.change("iqm-garnet", {"shots": [200, 300]})
    assert create(client("braket"), "t") == arn
    assert "outside of the device's range" in refusal(create, client("braket"), "new")[1]


@pytest.mark.parametrize(
    "change",
    [{"shots": 101}, {"action": program(box("prx(1.4, 0.2) $1"))}, {"outputS3KeyPrefix": "x"}, {"tags": {"a": "b"}}],
)
def test_a_token_with_another_request_is_refused(braket_service: Loopback, client, change) -> None:
    braket = client("braket")
    create(braket, "t")
    code, message, status = refusal(create, braket, "t", **change)
    assert (code, status) == ("ValidationException", 400)
    assert "client token" in message
    assert len(braket_service.bills) == 1


def shots(service: Service, token: str) -> bytes:
    """What the task of a token measured, asked without the wire."""
    service.register.put_bucket(BUCKET, REGION)
    body = {"clientToken": token, "deviceArn": GARNET, "shots": 100, "action": BELL}
    where = {"outputS3Bucket": BUCKET, "outputS3KeyPrefix": "tasks"}
    request = Request("POST", "/quantum-task", {}, json.dumps(body | where).encode(), "braket", REGION)
    arn = json.loads(service.answer(request).body or b"")["quantumTaskArn"]
    return service.results(service.tasks[arn])["results.json"].split(b'"taskMetadata"')[0]


def test_the_same_token_draws_the_same_shots() -> None:
    assert shots(Service(), "a") == shots(Service(), "a")
    assert shots(Service(), "a") != shots(Service(), "b")


def test_a_task_lives_as_many_polls_as_told(braket_service: Loopback, client) -> None:
    braket = client("braket")
    braket_service.settings.life = Life(created=1, queued=2, running=1)
    first, second = create(braket, "one"), create(braket, "two")
    looks = [braket.get_quantum_task(quantumTaskArn=second, additionalAttributeNames=["QueueInfo"]) for _ in range(5)]
    assert [look["status"] for look in looks] == ["CREATED", "QUEUED", "QUEUED", "RUNNING", "COMPLETED"]
    assert [look["queueInfo"]["position"] for look in looks] == ["2", "2", "2", "None", "None"]
    assert "queueInfo" not in braket.get_quantum_task(quantumTaskArn=first)
    assert "COMPLETED status" in looks[4]["queueInfo"]["message"]
    assert "numSuccessfulShots" not in looks[3]


def test_a_task_lives_by_the_clock(braket_service: Loopback, client) -> None:
    braket = client("braket")
    braket_service.settings.life = Life(queued=3600, running=60, unit="seconds")
    arn = create(braket, "t")
    seen = []
    for seconds in (0, 3599, 2, 60):
        braket_service.clock.advance(seconds)
        seen.append(braket.get_quantum_task(quantumTaskArn=arn)["status"])
    assert seen == ["QUEUED", "QUEUED", "RUNNING", "COMPLETED"]


@pytest.mark.parametrize(
    ("now", "open"),
    [
        ("2026-11-23T07:59:00", "2026-11-23T08:00:00"),
        ("2026-11-23T09:30:00", "2026-11-23T09:30:00"),
        ("2026-11-23T10:00:00", "2026-11-24T08:00:00"),
        ("2026-11-27T15:00:00", "2026-11-30T08:00:00"),
    ],
)
def test_a_device_runs_in_its_windows(now: str, open: str) -> None:
    at, expected = (datetime.fromisoformat(text + "+00:00").timestamp() for text in (now, open))
    assert opens(device("iqm-garnet"), at) == expected
    assert opens(device("rigetti-cepheus"), at) == at, "no windows are known"


def test_a_window_may_end_on_the_next_day() -> None:
    night = Window(day="Weekend", start=time(22), end=time(4))
    late = device("iqm-garnet").model_copy(update={"windows": (night,)})
    monday = datetime(2026, 11, 23, 3, tzinfo=UTC).timestamp()
    assert opens(late, monday) == monday
    assert opens(late, monday + 3600) == datetime(2026, 11, 28, 22, tzinfo=UTC).timestamp()


def test_tasks_wait_for_the_window_if_asked(braket_service: Loopback, client) -> None:
    braket_service.settings.windows = True
    closed = datetime.now(UTC) + timedelta(days=2)
    tomorrow = {"day": closed.strftime("%A"), "start": "00:00:00", "end": "23:59:59"}
    braket_service.catalogue.change("iqm-garnet", {"windows": [tomorrow]})
    arn = create(client("braket"), "t")
    states = {client("braket").get_quantum_task(quantumTaskArn=arn)["status"] for _ in range(3)}
    braket_service.clock.advance(2 * 86_400)
    assert (states, client("braket").get_quantum_task(quantumTaskArn=arn)["status"]) == ({"QUEUED"}, "COMPLETED")


def test_a_long_queue_is_worded_as_a_bound(braket_service: Loopback, client) -> None:
    braket_service.settings.life = Life(queued=9)
    braket_service.catalogue.queue[GARNET] = 4001
    arn = create(client("braket"), "t")
    info = client("braket").get_quantum_task(quantumTaskArn=arn, additionalAttributeNames=["QueueInfo"])["queueInfo"]
    assert info["position"] == ">2000"
    assert client("braket").get_device(deviceArn=GARNET)["deviceQueueInfo"][0]["queueSize"] == ">4000"


def test_search_filters_and_pages(braket_service: Loopback, client) -> None:
    braket = client("braket")
    early = [create(braket, f"early {number}") for number in range(3)]
    braket_service.clock.advance(60)
    since = datetime.now(UTC) + timedelta(seconds=30)
    late = [create(braket, f"late {number}", tags={"n": str(number)}) for number in range(5)]
    paginator = braket.get_paginator("search_quantum_tasks")

    def found(*filters: tuple[str, str, str], size: int = 100) -> list[str]:
        asked = [{"name": name, "operator": operator, "values": [value]} for name, operator, value in filters]
        pages = paginator.paginate(filters=asked, PaginationConfig={"PageSize": size})
        return [task["quantumTaskArn"] for page in pages for task in page["quantumTasks"]]

    assert found() == [*reversed(late), *reversed(early)], "newest first"
    assert found(size=3) == found()
    assert braket_service.calls["SearchQuantumTasks"] == 1 + 3 + 1
    assert found(("createdAt", "GTE", since.isoformat())) == late[::-1]
    assert found(("createdAt", "LT", since.isoformat())) == early[::-1]
    assert found(("deviceArn", "EQUAL", SV1)) == []
    assert found(("status", "EQUAL", "COMPLETED"), ("deviceArn", "EQUAL", GARNET)) == found()
    assert found(("quantumTaskArn", "EQUAL", late[0])) == [late[0]]
    with pytest.raises(ClientError, match="no filter 'tags'"):
        found(("tags", "EQUAL", "x"))
    created = braket.get_quantum_task(quantumTaskArn=late[4])["createdAt"].isoformat()
    assert late[4] in found(("createdAt", "GTE", created)), "the time a task shows finds it"


def test_search_shows_a_task_after_its_lag(braket_service: Loopback, client) -> None:
    braket = client("braket")
    braket_service.settings.search_lag_seconds = 20
    arn = create(braket, "t")
    assert braket.search_quantum_tasks(filters=[])["quantumTasks"] == []
    assert braket.get_quantum_task(quantumTaskArn=arn)["status"] == "COMPLETED"
    braket_service.clock.advance(21)
    assert [task["quantumTaskArn"] for task in braket.search_quantum_tasks(filters=[])["quantumTasks"]] == [arn]


def test_search_shows_a_state_after_its_lag(braket_service: Loopback, client) -> None:
    braket = client("braket")
    braket_service.settings.search_lag_seconds = 20
    braket_service.settings.life = Life(queued=60, unit="seconds")
    create(braket, "t")
    seen = []
    for seconds in (30, 31, 21):
        braket_service.clock.advance(seconds)
        seen += [task["status"] for task in braket.search_quantum_tasks(filters=[])["quantumTasks"]]
    assert seen == ["QUEUED", "QUEUED", "COMPLETED"]


def test_tasks_belong_to_a_region(braket_service: Loopback, client) -> None:
    arn = create(client("braket"), "t")
    elsewhere = boto("us-east-1").client("braket")
    assert elsewhere.search_quantum_tasks(filters=[])["quantumTasks"] == []
    assert refusal(elsewhere.get_quantum_task, quantumTaskArn=arn)[0] == "ResourceNotFoundException"
    assert refusal(create, elsewhere, "u")[0] == "ValidationException"


def test_a_queued_task_is_cancelled(braket_service: Loopback, client) -> None:
    braket = client("braket")
    braket_service.settings.life = Life(queued=5, cancelling=1)
    arn = create(braket, "t")
    assert braket.cancel_quantum_task(quantumTaskArn=arn)["cancellationStatus"] == "CANCELLING"
    states = [braket.get_quantum_task(quantumTaskArn=arn)["status"] for _ in range(2)]
    assert states == ["CANCELLING", "CANCELLED"]
    assert refusal(braket.cancel_quantum_task, quantumTaskArn=arn)[0] == "ConflictException"
    assert braket_service.bills[arn].usd == 0


def test_tags_are_changed(client) -> None:
    braket = client("braket")
    arn = create(braket, "t", tags={"a": "1"})
    braket.tag_resource(resourceArn=arn, tags={"b": "2"})
    assert braket.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1", "b": "2"}
    braket.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert braket.get_quantum_task(quantumTaskArn=arn)["tags"] == {"b": "2"}


def test_the_bucket_must_exist(client) -> None:
    code, message, _ = refusal(create, client("braket"), "t", outputS3Bucket="nowhere")
    assert (code, "nowhere" in message) == ("ValidationException", True)
