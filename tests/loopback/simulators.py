"""SV1, DM1 and TN1 by Braket's local simulators, imported when the first such task runs."""

import json
import threading
from typing import Any

import numpy as np

from tests.loopback.programs import document_of
from tests.loopback.properties import header
from tests.loopback.results import seed, times
from tests.loopback.tasks import Task

_one_at_a_time = threading.Lock()


def simulate(task: Task) -> bytes:
    """The result document; the shots follow from the task's ARN. Raises ValueError for what a simulator cannot run."""
    from braket.default_simulator import DensityMatrixSimulator, StateVectorSimulator
    from braket.ir.openqasm import Program

    accepted = task.accepted
    document = document_of(accepted.action)
    simulator: Any = DensityMatrixSimulator() if accepted.device == "dm1" else StateVectorSimulator()
    program = Program.parse_obj(document)
    # The local simulators draw from NumPy's module-level generator.
    with _one_at_a_time:
        before = np.random.get_state()
        np.random.seed(seed(accepted.arn) % 2**32)
        try:
            result = json.loads(simulator.run(program, shots=accepted.shots).json())
        finally:
            np.random.set_state(before)
    result["taskMetadata"] |= {"id": accepted.arn, "deviceId": accepted.device_arn} | times(task)
    result["additionalMetadata"] = {
        "action": document,
        "simulatorMetadata": {
            "braketSchemaHeader": header("braket.task_result.simulator_metadata"),
            "executionDuration": task.milliseconds,
        },
    }
    return json.dumps(result).encode()
