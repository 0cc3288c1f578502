"""What a QPU answers: exact noisy probabilities of the executables by the project's emulator, and shots drawn."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qpilot.devices import Device
from qpilot.emulator.compile import Compiled, Join, Turn
from qpilot.emulator.transfer import probabilities
from qpilot.emulator.unitaries import Unitary
from tests.loopback.programs import GATE_ANGLES, Executable, Work, invalid
from tests.loopback.properties import GATES

MAX_QUBITS = 12
"""Above this the emulator's exact noise takes more memory than a test should."""


def check(work: Work, device: Device, shots: int, floor: int | None = None) -> None:
    """Raises the ValidationException Amazon Braket answers a task with that `device` could not run."""
    each = shots
    if work.is_set:
        sets = device.program_sets
        if sets is None:
            raise invalid(f"device {device.arn} does not support program sets")
        if work.executables > sets.executables:
            raise invalid(f"{work.executables} executables exceed the device's maximum of {sets.executables}")
        if shots > sets.total_shots or shots < (floor or 1):
            raise invalid(f"{shots} total shots are outside of {floor or 1} to {sets.total_shots}")
        if shots % work.executables:
            raise invalid(f"{shots} shots do not divide evenly among {work.executables} executables")
        each = shots // work.executables
    if not device.shots[0] <= each <= device.shots[1]:
        raise invalid(f"{each} shots a circuit are outside of the device's range {list(device.shots)}")
    native = {gate.lower() for gate in GATES[device.native]}
    failures = []
    for number, program in enumerate(work.programs):
        for row, executable in enumerate(program):
            errors = _errors(executable, device, native)
            if errors and not work.is_set:
                raise invalid(errors[0])
            if errors:
                failures.append({"programIndex": number, "inputsIndex": row, "errors": errors})
    if failures:
        raise invalid("program set validation failed", failures)


def _errors(executable: Executable, device: Device, native: set[str]) -> list[str]:
    errors = []
    for name, qubits, angles in executable.gates:
        if name not in native:
            errors.append(f"gate {name} is not native to the device; native: {', '.join(sorted(native))}")
        elif any(qubit not in device.qubits for qubit in qubits):
            errors.append(f"{name} on {qubits}: the device has no such qubit")
        elif len(qubits) != (2 if name in ("cz", "zz") else 1) or len(set(qubits)) < len(qubits):
            errors.append(f"{name} on {qubits}: wrong number of qubits")
        # The two-qubit gates are symmetric, so a coupling listed in one direction serves in both.
        elif len(qubits) == 2 and tuple(sorted(qubits)) not in device.edges:
            errors.append(f"{name} on {qubits}: the device does not couple these qubits")
        elif name == "zz" and abs(abs(angles[0]) - np.pi / 2) > 1e-9:
            errors.append(f"zz({angles[0]}): only a quarter turn, zz(pi/2) or zz(-pi/2), is simulated here")
        elif name == "rx" and abs(np.remainder(angles[0] + 0.1, np.pi / 2) - 0.1) > 1e-9:
            errors.append(f"rx({angles[0]}): the device turns about x by multiples of pi/2 only")
    if any(qubit not in device.qubits for qubit in executable.measured):
        errors.append("a measured qubit is not on the device")
    used = {qubit for _, qubits, _ in executable.gates for qubit in qubits} | set(executable.measured)
    if len(used) > MAX_QUBITS:
        errors.append(f"{len(used)} qubits are used; at most {MAX_QUBITS} are simulated here")
    return errors[:3]


def distributions(executables: Sequence[Executable], device: Device) -> list[NDArray[np.float64]]:
    """What the shots of each are drawn from: (2**measured,), the first measured qubit the most significant bit.

    Executables of one shape are simulated together.
    """
    shapes: dict[object, list[int]] = {}
    for number, executable in enumerate(executables):
        shape = (tuple(gate[:2] for gate in executable.gates), executable.measured)
        shapes.setdefault(shape, []).append(number)
    found: dict[int, NDArray[np.float64]] = {}
    for numbers in shapes.values():
        rows = _together([executables[number] for number in numbers], device)
        found.update(zip(numbers, rows, strict=True))
    return [found[number] for number in range(len(executables))]


def _together(executables: list[Executable], device: Device) -> NDArray[np.float64]:
    first = executables[0]
    labels = tuple(sorted({q for _, qubits, _ in first.gates for q in qubits} | set(first.measured)))
    slot = {label: number for number, label in enumerate(labels)}
    steps: list[Turn | Join] = []
    for position, (name, qubits, _) in enumerate(first.gates):
        angles = np.array([executable.gates[position][2] for executable in executables])
        slots = [slot[qubit] for qubit in qubits]
        if len(slots) == 1:
            steps.append(Turn(slots[0], _matrices(name, angles), 1))
            continue
        steps.append(Join((slots[0], slots[1])))
        if name == "zz":
            # ZZ(+-pi/2) = CZ and a quarter turn about Z on both, up to a phase; the turns are part of the gate.
            steps += [Turn(s, _matrices("rz", np.sign(angles) * np.pi / 2), 0) for s in slots]
    compiled = Compiled(len(executables), labels, tuple(steps), tuple(range(len(labels))))
    grid = probabilities(compiled, device).reshape((len(executables),) + (2,) * len(labels))
    unread = tuple(1 + slot[label] for label in labels if label not in first.measured)
    grid = grid.sum(axis=unread)
    read = [label for label in labels if label in first.measured]
    axes = (0, *(1 + read.index(label) for label in first.measured))
    return np.ascontiguousarray(grid.transpose(axes)).reshape(len(executables), -1)


def _matrices(name: str, angles: NDArray[np.float64]) -> Unitary:
    """(n, 2, 2) for angles (n, GATE_ANGLES[name]), as Braket defines the gates."""
    matrices = np.zeros((len(angles), 2, 2), dtype=np.complex128)
    assert angles.shape[1] == GATE_ANGLES[name]
    if name == "rz":
        matrices[:, 0, 0], matrices[:, 1, 1] = np.exp(-0.5j * angles[:, 0]), np.exp(0.5j * angles[:, 0])
        return matrices
    half = {"gpi": np.pi / 2, "gpi2": np.pi / 4}.get(name, angles[:, 0] / 2)
    axis = angles[:, 1] if name == "prx" else angles[:, 0] if name.startswith("gpi") else np.zeros(len(angles))
    matrices[:, 0, 0] = matrices[:, 1, 1] = np.cos(half)
    matrices[:, 0, 1] = -1j * np.exp(-1j * axis) * np.sin(half)
    matrices[:, 1, 0] = -1j * np.exp(1j * axis) * np.sin(half)
    return matrices


def draw(rows: list[NDArray[np.float64]], shots: int, seed: int) -> list[NDArray[np.int64]]:
    """Outcomes of `shots` shots of each, in the order they were taken."""
    rng = np.random.default_rng(seed)
    taken = []
    for row in rows:
        counts = rng.multinomial(shots, row / row.sum())
        taken.append(rng.permutation(np.repeat(np.arange(len(row)), counts)))
    return taken
