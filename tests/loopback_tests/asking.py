"""What the tests send: small programs, and CreateQuantumTask with everything it requires."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from braket.aws import AwsDevice, AwsQuantumTask, AwsSession
from braket.circuits import Circuit

REGION, BUCKET = "eu-north-1", "results"
GARNET = "arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet"
FORTE = "arn:aws:braket:us-east-1::device/qpu/ionq/Forte-Enterprise-1"
CEPHEUS = "arn:aws:braket:us-west-1::device/qpu/rigetti/Cepheus-1-108Q"
SV1 = "arn:aws:braket:::device/quantum-simulator/amazon/sv1"


ONCE = Config(retries={"total_max_attempts": 1})
"""A hidden second attempt would hide what a fault did."""


@cache
def boto(region: str = REGION) -> boto3.Session:
    """One session a region for all tests: it keeps the models of the services, which take long to read."""
    return boto3.Session("loopback", "loopback", region_name=region)


def sdk(region: str = REGION) -> AwsSession:
    """The SDK's session, as new."""
    return AwsSession(boto(region), config=ONCE)


def on(arn: str) -> AwsDevice:
    """The SDK's device, in its region."""
    return AwsDevice(arn, aws_session=sdk(arn.split(":")[3] or "us-east-1"))


def polled(arn: str) -> AwsQuantumTask:
    """The SDK's task of that ARN, with a session of its own."""
    return AwsQuantumTask(arn, aws_session=sdk(arn.split(":")[3]))


def bell(theta: float = 1.5) -> Circuit:
    """Two of Garnet's qubits, verbatim, read in the other order."""
    box = Circuit().prx(1, theta, 0.2).prx(2, 0.5, 0.7).cz(1, 2).prx(2, 1.0, 0.1)
    return Circuit().add_verbatim_box(box).measure([2, 1])


def program(source: str, **inputs: Any) -> str:
    """An action: one OpenQASM program."""
    header = {"name": "braket.ir.openqasm.program", "version": "1"}
    return json.dumps({"braketSchemaHeader": header, "source": source, "inputs": inputs})


def box(*gates: str, read: tuple[int, ...] = (1, 2)) -> str:
    """The source of a verbatim program that measures `read`."""
    bits = [f"b[{bit}] = measure ${qubit};" for bit, qubit in enumerate(read)]
    lines = [f"bit[{len(read)}] b;", "#pragma braket verbatim", "box{", *(f"{gate};" for gate in gates), "}", *bits]
    return "\n".join(["OPENQASM 3.0;", *lines])


BELL = program(box("prx(1.5, 0.2) $1", "cz $1, $2"))


def program_set(*sources: str) -> str:
    """An action: a program set."""
    header = {"name": "braket.ir.openqasm.program_set", "version": "1"}
    programs = [json.loads(program(source)) for source in sources]
    return json.dumps({"braketSchemaHeader": header, "programs": programs})


def create(braket: Any, token: str, **changes: Any) -> str:
    """The ARN of a task: BELL on Garnet, 100 shots, unless told otherwise."""
    request = {
        "clientToken": token,
        "deviceArn": GARNET,
        "shots": 100,
        "outputS3Bucket": BUCKET,
        "outputS3KeyPrefix": "tasks",
        "action": BELL,
    }
    return str(braket.create_quantum_task(**request | changes)["quantumTaskArn"])


def refusal(call: Callable[..., Any], *given: Any, **named: Any) -> tuple[str, str, int]:
    """(code, message, HTTP status) of the error a call is refused with."""
    try:
        call(*given, **named)
    except ClientError as error:
        said = error.response["Error"]
        return said["Code"], said["Message"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError("the call was not refused")
