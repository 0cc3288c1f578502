"""Result documents as Amazon Braket writes them, made by its own schemas."""

import json
from typing import Any

import numpy as np
from braket.ir.openqasm import Program
from braket.task_result import (
    AdditionalMetadata,
    GateModelTaskResult,
    ProgramResult,
    ProgramSetExecutableResult,
    ProgramSetTaskMetadata,
    ProgramSetTaskResult,
    TaskMetadata,
)
from numpy.typing import NDArray

from qpilot.braket.results import Expected
from qpilot.packing import packed

ARN = "arn:aws:braket:eu-north-1:123456789012:quantum-task/6f1c"
DEVICE = "arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet"
READ = (15, 4, 9)
"""Not in order, as a layout leaves them."""


def expected(circuits: int | None = None, shots: int = 50) -> Expected:
    """A plain task, or a program set of so many circuits."""
    return Expected(ARN, DEVICE, circuits is not None, circuits or 1, shots, READ)


def bits(shots: int = 50, seed: int = 1) -> NDArray[np.int64]:
    """(shots, 3) outcomes, columns in the order of READ; no two qubits alike."""
    return np.random.default_rng(seed).binomial(1, (0.1, 0.5, 0.8), (shots, 3))


def counted(rows: NDArray[np.int64]) -> list[int]:
    """Counts of the eight outcomes, counted one by one."""
    found = [0] * 8
    for row in rows.tolist():
        found[int("".join(map(str, row)), 2)] += 1
    return found


ACTION = AdditionalMetadata(action=Program(source="OPENQASM 3.0;"))


def task(rows: NDArray[np.int64], columns: tuple[int, ...] = (0, 1, 2), **changed: Any) -> dict[str, Any]:
    """A plain task's document; `columns`: the order in which the device lists the qubits."""
    result = GateModelTaskResult(
        measurements=rows[:, columns].tolist(),
        measuredQubits=[READ[column] for column in columns],
        taskMetadata=TaskMetadata(id=ARN, shots=len(rows), deviceId=DEVICE, status="COMPLETED"),
        additionalMetadata=ACTION,
    )
    return {**json.loads(result.json()), **changed}


def metadata(circuits: int, shots: int, **changed: Any) -> dict[str, Any]:
    """A program set's metadata."""
    result = ProgramSetTaskMetadata(
        id=ARN,
        deviceId=DEVICE,
        requestedShots=circuits * shots,
        successfulShots=circuits * shots,
        programMetadata=[{"executables": [{}]}] * circuits,
        totalFailedExecutables=0,
        status="COMPLETED",
    )
    return {**json.loads(result.json()), **changed}


def executable(rows: NDArray[np.int64], **changed: Any) -> dict[str, Any]:
    """One executable's result."""
    result = ProgramSetExecutableResult(inputsIndex=0, measurements=rows.tolist(), measuredQubits=[*READ])
    return {**json.loads(result.json()), **changed}


def inlined(executables: list[dict[str, Any]], told: dict[str, Any]) -> dict[str, bytes]:
    """A program set in one document."""
    results = [
        {
            **json.loads(
                ProgramResult(
                    executableResults=[], source=Program(source="OPENQASM 3.0;"), additionalMetadata=ACTION
                ).json()
            ),
            "executableResults": [one],
        }
        for one in executables
    ]
    root = json.loads(ProgramSetTaskResult(programResults=[], taskMetadata="x", s3Location=None).json())
    return {"results.json": json.dumps(root | {"programResults": results, "taskMetadata": told}).encode()}


def spread(executables: list[dict[str, Any]], told: dict[str, Any]) -> dict[str, bytes]:
    """The same over several objects, as it lies in S3."""
    files = {"metadata.json": json.dumps(told).encode()}
    names = [f"programs/{number}/results.json" for number in range(len(executables))]
    root = ProgramSetTaskResult(programResults=names, taskMetadata="metadata.json", s3Location=("bucket", "folder"))
    files["results.json"] = root.json().encode()
    for number, (name, one) in enumerate(zip(names, executables, strict=True)):
        program = ProgramResult(
            executableResults=["executables/0.json"], source="program.json", additionalMetadata=ACTION
        )
        files[name] = program.json().encode()
        files[f"programs/{number}/program.json"] = Program(source="OPENQASM 3.0;").json().encode()
        files[f"programs/{number}/executables/0.json"] = json.dumps(one).encode()
    return files


def plain(content: dict[str, Any]) -> bytes:
    """A plain task's result as it is kept."""
    return packed({"results.json": json.dumps(content).encode()})
