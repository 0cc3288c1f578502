"""SV1, DM1 and TN1 by Braket's local simulators, imported when the first such task runs."""

import json
import threading
from functools import lru_cache
from typing import Any

import numpy as np

from tests.loopback.programs import document_of, invalid
from tests.loopback.properties import SIMULATORS, header
from tests.loopback.results import seed, times
from tests.loopback.tasks import Task

MAX_QUBITS = {"sv1": 20, "dm1": 10, "tn1": 20}
"""What is simulated here; the services take more."""
_one_at_a_time = threading.Lock()


def check_simulated(name: str, action: str, shots: int) -> None:
    """Raises the ValidationException for what the simulator could not run."""
    least, most = (1 if name == "tn1" else 0), SIMULATORS[name][1]
    if not least <= shots <= most:
        raise invalid(f"{shots} shots are outside of the {least} to {most} {name} takes")
    qubits = _qubits(action)
    if qubits > MAX_QUBITS[name]:
        raise invalid(f"{qubits} qubits are used; at most {MAX_QUBITS[name]} are simulated here")


@lru_cache(maxsize=256)
def _qubits(action: str) -> int:
    """Qubits of a program; raises the ValidationException where it cannot be read."""
    from braket.default_simulator.openqasm.interpreter import Interpreter

    document = document_of(action)
    if "source" not in document:
        raise invalid("program sets are not supported on this device")
    if "$" in document["source"] or "verbatim" in document["source"]:
        raise invalid("physical qubits and verbatim boxes are not supported on a simulator")
    try:
        return int(Interpreter().build_circuit(document["source"], document.get("inputs") or {}).num_qubits)
    except Exception as error:  # the interpreter has no error of its own
        raise invalid(f"the program cannot be read: {error}") from error


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
            made = json.loads(simulator.run(program, shots=accepted.shots).json())
        finally:
            np.random.set_state(before)
    # Without shots there are no measurements, which the schema wants left out.
    result = {name: member for name, member in made.items() if member not in (None, [])}
    result["taskMetadata"] |= {"id": accepted.arn, "deviceId": accepted.device_arn} | times(task)
    result["additionalMetadata"] = {
        "action": document,
        "simulatorMetadata": {
            "braketSchemaHeader": header("braket.task_result.simulator_metadata"),
            "executionDuration": accepted.milliseconds,
        },
    }
    return json.dumps(result).encode()
