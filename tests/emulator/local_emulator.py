"""Braket's own LocalEmulator for a device profile, as the independent implementation to compare with."""

import numpy as np
from braket.circuits import Circuit, Gate, Instruction
from braket.circuits.measure import Measure
from braket.device_schema.result_type import ResultType
from braket.device_schema.standardized_gate_model_qpu_device_properties_v1 import OneQubitProperties, TwoQubitProperties
from braket.devices import LocalSimulator
from braket.emulation.device_emulator_properties import DeviceEmulatorProperties
from braket.emulation.local_emulator import LocalEmulator

from qpilot.devices import Device
from qpilot.emulator.native import NativeGate

NATIVE = {"prx-cz": ["prx", "cz"], "rx-rz-cz": ["rx", "rz", "cz"], "gpi-zz": ["gpi", "gpi2", "zz"]}
GATES = {
    "prx": Gate.PRx,
    "cz": Gate.CZ,
    "rx": Gate.Rx,
    "rz": Gate.Rz,
    "gpi": Gate.GPi,
    "gpi2": Gate.GPi2,
    "zz": Gate.ZZ,
}


def local_emulator(device: Device) -> LocalEmulator:
    """Braket's emulator built from our figures, in the form Braket keeps them."""

    def one(label: int) -> OneQubitProperties:
        qubit = device.qubits[label]
        return OneQubitProperties.parse_obj(
            {
                "T1": {"value": qubit.t1_us * 1e-6, "unit": "S"},
                "T2": {"value": qubit.t2_us * 1e-6, "unit": "S"},
                "oneQubitFidelity": [
                    {"fidelityType": {"name": "SIMULTANEOUS_RANDOMIZED_BENCHMARKING"}, "fidelity": qubit.gate},
                    {"fidelityType": {"name": "READOUT"}, "fidelity": qubit.readout},
                ],
            }
        )

    def two(fidelity: float) -> TwoQubitProperties:
        gate = NATIVE[device.native][-1].upper()
        kind = {"name": "INTERLEAVED_RANDOMIZED_BENCHMARKING"}
        return TwoQubitProperties.parse_obj(
            {"twoQubitGateFidelity": [{"gateName": gate, "fidelity": fidelity, "fidelityType": kind}]}
        )

    graph: dict[str, list[str]] = {}
    for a, b in device.edges:
        graph.setdefault(str(a), []).append(str(b))
        graph.setdefault(str(b), []).append(str(a))
    properties = DeviceEmulatorProperties(
        qubitCount=len(device.qubits),
        nativeGateSet=NATIVE[device.native],
        connectivityGraph=graph,
        oneQubitProperties={str(label): one(label) for label in device.qubits},
        twoQubitProperties={pair: two(fidelity) for pair, fidelity in device.couplings.items()},
        supportedResultTypes=[ResultType(name="Sample", observables=["z"], minShots=1, maxShots=100_000)],
    )
    return LocalEmulator.from_device_properties(properties)


def verbatim(gates: tuple[NativeGate, ...], row: int, measured: list[int]) -> Circuit:
    """One circuit of a native program in a verbatim box, reading the physical qubits `measured`, in that order."""
    box = Circuit()
    for gate in gates:
        angles = [float(angle[row if len(angle) > 1 else 0]) for angle in gate.angles]
        box.add_instruction(Instruction(GATES[gate.name](*angles), list(gate.qubits)))
    return Circuit().add_verbatim_box(box).measure(measured)


def exact_distribution(emulator: LocalEmulator, circuit: Circuit, measured: list[int]) -> np.ndarray:
    """The distribution LocalEmulator samples from: its own noisy program on braket_dm, without shots."""
    noisy = emulator.transform(circuit)
    plain = Circuit()
    for instruction in noisy.instructions:
        if not isinstance(instruction.operator, Measure) and "Verbatim" not in instruction.operator.name:
            plain.add_instruction(instruction)
    # Asked for in another order, braket_dm permutes the axes by the inverse: ask sorted, and order here.
    plain.probability(target=sorted(measured))
    values = np.asarray(LocalSimulator("braket_dm").run(plain, shots=0).result().values[0])
    axes = np.argsort(np.argsort(measured))
    return values.reshape((2,) * len(measured)).transpose(axes).reshape(-1)
