"""The documents a finished task leaves in S3, by path under its directory, and how a fault spoils them.

A program: `results.json`. A program set: `results.json`, `metadata.json`, and for every program `programs/0/program.json`,
`programs/0/results.json` and `programs/0/executables/0.json`, as ProgramSetQuantumTaskResult reads them. IonQ keeps
probabilities (counts over shots) in place of measurements.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qpilot.devices import Device
from tests.loopback.clock import stamp
from tests.loopback.execution import distributions, draw
from tests.loopback.programs import Executable, Work, parsed
from tests.loopback.properties import header
from tests.loopback.tasks import Task
from tests.loopback.wire import Refusal

Documents = dict[str, bytes]


def seed(arn: str) -> int:
    """The seed of a task's shots: its ARN follows from its token, so the same token draws the same shots."""
    return int.from_bytes(hashlib.sha256(arn.encode()).digest()[:8])


def documents(task: Task) -> Documents:
    """Everything a COMPLETED task keeps in S3; simulates what has to be simulated."""
    accepted = task.accepted
    if accepted.kind == "simulator":
        from tests.loopback.simulators import simulate

        return {"results.json": simulate(task)}
    work, device = parsed(accepted.action), Device.model_validate_json(accepted.figures)
    executables = [executable for program in work.programs for executable in program]
    fate = accepted.fate
    if fate.fails is not None:
        failures = dict.fromkeys(range(len(executables)), fate.fails)
        return _program_set(task, work, [""] * len(executables), 0, failures)
    failures = dict.fromkeys(fate.failed, "the circuit failed on the device")
    successful = accepted.shots if fate.shots is None else fate.shots
    each = successful // max(1, len(executables) - len(failures))
    taken = draw(distributions(executables, device), each, seed(accepted.arn))
    measured = [_measured(e, outcomes, device) for e, outcomes in zip(executables, taken, strict=True)]
    if not work.is_set:
        return {"results.json": _program(task, work, device, measured[0])}
    return _program_set(task, work, measured, successful, failures)


def _measured(executable: Executable, outcomes: NDArray[np.int64], device: Device) -> str:
    """The members of a result that say what was measured, as JSON without braces."""
    wires = len(executable.measured)
    qubits = json.dumps(list(executable.measured))
    if device.vendor == "ionq":
        found, counts = np.unique(outcomes, return_counts=True)
        pairs = zip(found.tolist(), counts.tolist(), strict=True)
        probabilities = {format(bits, f"0{wires}b"): count / len(outcomes) for bits, count in pairs}
        return f'"measurementProbabilities": {json.dumps(probabilities)}, "measuredQubits": {qubits}'
    rows = [json.dumps([int(bit) for bit in format(bits, f"0{wires}b")]) for bits in range(2**wires)]
    listed = ", ".join([rows[bits] for bits in outcomes.tolist()])
    return f'"measurements": [{listed}], "measuredQubits": {qubits}'


def _document(name: str, members: str) -> bytes:
    return f'{{"braketSchemaHeader": {json.dumps(header(f"braket.task_result.{name}"))}, {members}}}'.encode()


def times(task: Task) -> dict[str, Any]:
    """When the task was created and ended, and how."""
    ended = task.ended if task.ended is not None else task.accepted.created
    state = "COMPLETED" if task.accepted.fate.fails is None else "FAILED"
    return {"createdAt": stamp(task.accepted.created), "endedAt": stamp(ended), "status": state}


def _program(task: Task, work: Work, device: Device, measured: str) -> bytes:
    accepted = task.accepted
    action = json.loads(work.sources[0])
    metadata: dict[str, Any] = {"action": action}
    if device.vendor in ("iqm", "rigetti"):
        compiled = {"compiledProgram": action["source"]}
        name = f"braket.task_result.{device.vendor}_metadata"
        metadata[f"{device.vendor}Metadata"] = {"braketSchemaHeader": header(name)} | compiled
    task_metadata = {
        "braketSchemaHeader": header("braket.task_result.task_metadata"),
        "id": accepted.arn,
        "shots": accepted.shots,
        "deviceId": accepted.device_arn,
    } | times(task)
    rest = f'"taskMetadata": {json.dumps(task_metadata)}, "additionalMetadata": {json.dumps(metadata)}'
    return _document("gate_model_task_result", f"{measured}, {rest}")


def _program_set(
    task: Task, work: Work, measured: list[str], successful: int, failures: Mapping[int, str]
) -> Documents:
    """failures: the reason by the number of the circuit."""
    accepted = task.accepted
    found: Documents = {}
    position = 0
    for number, program in enumerate(work.programs):
        folder = f"programs/{number}"
        for row in range(len(program)):
            kind, rest = "program_set_executable_result", measured[position]
            if position in failures:
                why = {"failureReason": failures[position], "retryable": True, "category": "DEVICE"}
                kind, rest = "program_set_executable_failure", f'"failureMetadata": {json.dumps(why)}'
            members = f'"inputsIndex": {row}, {rest}'
            found[f"{folder}/executables/{row}.json"] = _document(kind, members)
            position += 1
        listed = json.dumps([f"executables/{row}.json" for row in range(len(program))])
        members = f'"executableResults": {listed}, "source": "program.json", "additionalMetadata": {{}}'
        found[f"{folder}/results.json"] = _document("program_result", members)
        found[f"{folder}/program.json"] = work.sources[number].encode()
    metadata = {
        "id": accepted.arn,
        "deviceId": accepted.device_arn,
        "requestedShots": accepted.shots,
        "successfulShots": successful,
        "programMetadata": [{"executables": [{}] * len(program)} for program in work.programs],
        "totalFailedExecutables": len(failures),
    } | times(task)
    found["metadata.json"] = _document("program_set_task_metadata", json.dumps(metadata)[1:-1])
    result = {
        "programResults": [f"programs/{number}/results.json" for number in range(len(work.programs))],
        "taskMetadata": "metadata.json",
        "s3Location": [accepted.bucket, accepted.directory],
    }
    found["results.json"] = _document("program_set_task_result", json.dumps(result)[1:-1])
    return found


def spoilt(body: bytes, effect: str) -> bytes:
    """A result document as a fault of that effect leaves it; raises the Refusal S3 would answer with."""
    if effect == "result-missing":
        raise Refusal("NoSuchKey", "The specified key does not exist.")
    if effect == "result-500":
        raise Refusal("InternalError", "We encountered an internal error. Please try again.")
    spoil: dict[str, Callable[[bytes], bytes]] = {
        "result-corrupt": lambda body: body.replace(b":", b";", 3),
        "result-truncated": lambda body: body[: len(body) // 2],
        "result-schema": lambda body: body.replace(b"braket.task_result.", b"braket.task_result.other_", 1),
        "result-qubits": _other_qubits,
        "result-fewer": _fewer,
    }
    return spoil[effect](body)


def _other_qubits(body: bytes) -> bytes:
    document = json.loads(body)
    if "measuredQubits" in document:
        document["measuredQubits"] = [qubit + 1 for qubit in document["measuredQubits"]]
    return json.dumps(document).encode()


def _fewer(body: bytes) -> bytes:
    """One program of a set less, or one measured qubit less."""
    document = json.loads(body)
    if "programResults" in document:
        document["programResults"].pop()
    elif "measurements" in document:
        document["measurements"] = [row[:-1] for row in document["measurements"]]
        document["measuredQubits"].pop()
    return json.dumps(document).encode()
