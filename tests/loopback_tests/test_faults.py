"""Every fault once, as the real SDK sees it."""

import time
from typing import Any

import boto3
import pydantic.v1
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from braket.task_result import ProgramSetExecutableFailure

from tests.loopback import Loopback, faults
from tests.loopback.faults import EFFECTS
from tests.loopback.wire import STATUS
from tests.loopback_tests.asking import BUCKET, box, create, polled, program_set, refusal

SET = program_set(box("prx(1, 2) $1"), box("prx(2, 2) $1"), box("prx(3, 2) $1"))


def test_dropped_before_it_was_taken(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "drop")
    with pytest.raises(ConnectionClosedError):
        create(client("braket"), "t")
    assert not braket_service.bills
    create(client("braket"), "t")
    assert len(braket_service.bills) == 1


def test_taken_and_dropped_without_an_answer(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "accept-then-drop")
    with pytest.raises(ConnectionClosedError):
        create(client("braket"), "t")
    (arn,) = braket_service.bills
    assert create(client("braket"), "t") == arn, "the token finds what nobody was told of"


def test_failed_before_and_after_it_was_taken(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "error-500", nth=1)
    braket_service.faults.add("CreateQuantumTask", "accept-then-500", nth=2)
    tasks = []
    for token in ("a", "b"):
        assert refusal(create, client("braket"), token)[::2] == ("InternalServiceException", 500)
        tasks.append(len(braket_service.bills))
    assert tasks == [0, 1]


def test_boto_repeats_under_one_token_and_pays_once(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "accept-then-drop", first=2)
    patient = boto3.client("braket", region_name="eu-north-1")
    arn = create(patient, "t")
    assert braket_service.calls["CreateQuantumTask"] == 3
    assert list(braket_service.bills) == [arn]


@pytest.mark.parametrize("code", sorted(STATUS))
def test_refused_with_an_error_of_the_api(braket_service: Loopback, client, code: str) -> None:
    braket_service.faults.add("CreateQuantumTask", code, message="said so")
    assert refusal(create, client("braket"), "t") == (code, "said so", STATUS[code])
    assert not braket_service.bills


def test_a_slow_answer(braket_service: Loopback, client) -> None:
    braket_service.faults.add("GetQuantumTask", "slow", seconds=0.3)
    arn = create(client("braket"), "t")
    began = time.monotonic()
    client("braket").get_quantum_task(quantumTaskArn=arn)
    assert time.monotonic() - began >= 0.3


def test_a_task_that_fails_says_why(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "fail", reason="the fridge is warm")
    arn = create(client("braket"), "t")
    answer = client("braket").get_quantum_task(quantumTaskArn=arn)
    assert (answer["status"], answer["failureReason"]) == ("FAILED", "the fridge is warm")
    assert "numSuccessfulShots" not in answer
    assert polled(arn).result() is None


def test_a_program_set_that_fails_keeps_its_failures(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "fail", reason="the fridge is warm")
    arn = create(client("braket"), "t", action=SET, shots=30)
    result = polled(arn).result()
    assert (result.task_metadata.status, result.task_metadata.totalFailedExecutables) == ("FAILED", 3)
    assert all(isinstance(entry[0], ProgramSetExecutableFailure) for entry in result)
    assert result[0][0].failureMetadata.failureReason == "the fridge is warm"


def test_some_circuits_of_a_set_fail(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "failures", executables=[1])
    arn = create(client("braket"), "t", action=SET, shots=30)
    result = polled(arn).result()
    assert [isinstance(entry[0], ProgramSetExecutableFailure) for entry in result] == [False, True, False]
    assert client("braket").get_quantum_task(quantumTaskArn=arn)["numSuccessfulShots"] == 20
    assert (result.task_metadata.successfulShots, len(result[2][0].measurements)) == (20, 10)


@pytest.mark.parametrize(("detail", "done"), [({}, 50), ({"shots": 7}, 7)])
def test_fewer_shots_than_asked_for(braket_service: Loopback, client, detail, done: int) -> None:
    braket_service.faults.add("CreateQuantumTask", "partial", **detail)
    arn = create(client("braket"), "t", shots=100)
    assert client("braket").get_quantum_task(quantumTaskArn=arn)["numSuccessfulShots"] == done
    assert len(polled(arn).result().measurements) == done
    assert braket_service.bills[arn].usd == braket_service.tasks[arn].accepted.price, "all shots are billed"


def test_fewer_shots_of_every_circuit_of_a_set(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "partial")
    arn = create(client("braket"), "t", action=SET, shots=60)
    result = polled(arn).result()
    assert [len(entry[0].measurements) for entry in result] == [10, 10, 10]
    assert (result.task_metadata.requestedShots, result.task_metadata.successfulShots) == (60, 30)
    assert client("braket").get_quantum_task(quantumTaskArn=arn)["numSuccessfulShots"] == 30


def test_a_task_is_stuck(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "stuck")
    arn = create(client("braket"), "t")
    braket_service.clock.advance(1e6)
    states = {client("braket").get_quantum_task(quantumTaskArn=arn)["status"] for _ in range(20)}
    assert states == {"QUEUED"}
    client("braket").cancel_quantum_task(quantumTaskArn=arn)
    assert braket_service.bills[arn].state == "CANCELLED"


def test_one_task_lives_otherwise_than_the_rest(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "life", queued=1, tags={"slow": "yes"})
    fast, slow = create(client("braket"), "fast"), create(client("braket"), "slow", tags={"slow": "yes"})
    assert (braket_service.bills[fast].state, braket_service.bills[slow].state) == ("COMPLETED", "QUEUED")


def test_a_cancellation_comes_too_late(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "life", running=1)
    braket_service.faults.add("CreateQuantumTask", "uncancellable")
    arn = create(client("braket"), "t")
    assert client("braket").cancel_quantum_task(quantumTaskArn=arn)["cancellationStatus"] == "CANCELLING"
    states = [client("braket").get_quantum_task(quantumTaskArn=arn)["status"] for _ in range(2)]
    assert states == ["RUNNING", "COMPLETED"]


def read(client: Any, arn: str) -> bytes:
    """results.json of a task."""
    return client("s3").get_object(Bucket=BUCKET, Key=f"tasks/{arn.rsplit('/', 1)[-1]}/results.json")["Body"].read()


@pytest.mark.parametrize("on", ["CreateQuantumTask", "GetObject"])
@pytest.mark.parametrize(
    ("effect", "error"),
    [
        ("result-missing", "NoSuchKey"),
        ("result-500", "InternalError"),
        ("result-corrupt", pydantic.v1.ValidationError),
        ("result-truncated", pydantic.v1.ValidationError),
        ("result-schema", ModuleNotFoundError),
    ],
)
def test_a_result_that_cannot_be_read(braket_service: Loopback, client, on: str, effect: str, error) -> None:
    braket_service.faults.add(on, effect)
    arn = create(client("braket"), "t")
    if isinstance(error, str):
        assert refusal(read, client, arn)[0] == error
    else:
        with pytest.raises(error):
            polled(arn).result()
    if on == "GetObject":
        result = polled(arn).result()
        assert len(result.measurements) == 100, "the next answer is whole"
    elif isinstance(error, str):
        assert refusal(read, client, arn)[0] == error, "the task's result stays so"


def test_a_result_of_other_qubits(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "result-qubits", first=2)
    one, many = create(client("braket"), "one"), create(client("braket"), "many", action=SET, shots=30)
    assert polled(one).result().measured_qubits == [2, 3]
    assert polled(many).result()[0][0].measured_qubits == [2, 3]


def test_a_result_of_fewer_circuits_or_qubits(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "result-fewer", first=2)
    one, many = create(client("braket"), "one"), create(client("braket"), "many", action=SET, shots=30)
    assert polled(one).result().measured_qubits == [1]
    assert len(polled(many).result()) == 2


def test_rules_choose_their_calls(braket_service: Loopback, client) -> None:
    braket = client("braket")
    nth = braket_service.faults.add("GetQuantumTask", "ThrottlingException", nth=3)
    arn = create(braket, "t", tags={"who": "me"})

    def refused(times: int) -> list[bool]:
        found = []
        for _ in range(times):
            try:
                braket.get_quantum_task(quantumTaskArn=arn)
                found.append(False)
            except ClientError:
                found.append(True)
        return found

    assert refused(4) == [False, False, True, False]
    assert (nth.seen, nth.fired) == (4, 1)
    braket_service.faults.clear()
    braket_service.faults.add("GetQuantumTask", "ThrottlingException", first=2)
    assert refused(3) == [True, True, False]
    braket_service.faults.clear()
    braket_service.faults.add("*", "ThrottlingException", every=True, tags={"who": "me"})
    other = create(braket, "other")
    assert refused(2) == [True, True]
    braket.get_quantum_task(quantumTaskArn=other)
    draws = []
    for _ in range(2):
        braket_service.faults.clear()
        braket_service.faults.add("GetQuantumTask", "ThrottlingException", probability=0.5, seed=4)
        draws.append(refused(12))
    assert draws[0] == draws[1], "a probability draws from its seed"
    assert 0 < sum(draws[0]) < 12


def test_unknown_effects_name_the_known_ones(braket_service: Loopback) -> None:
    with pytest.raises(ValueError, match=r"unknown effect 'dropp'; known: .*drop"):
        braket_service.faults.add("CreateQuantumTask", "dropp")
    with pytest.raises(ValueError, match="stuck is an effect of CreateQuantumTask, not of GetObject"):
        braket_service.faults.add("GetObject", "stuck")


def test_the_table_of_effects_is_whole() -> None:
    said = faults.__doc__ or ""
    assert [effect for effect in EFFECTS - set(STATUS) if effect.removeprefix("result") not in said] == []
