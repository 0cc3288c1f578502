"""What GetDevice says of a device: the project's profile in the form Braket keeps it (the inverse of from_braket)."""

import math
from typing import Any

from qpilot.devices import Device

GATES = {"prx-cz": ("cz", "prx"), "rx-rz-cz": ("rx", "rz", "cz"), "gpi-zz": ("GPI", "GPI2", "ZZ")}
ONE_WAY = ("iqm-garnet",)
"""Devices whose published snapshot lists each coupling in one direction."""
_OPERATIONS = ["cnot", "cz", "h", "i", "rx", "ry", "rz", "s", "si", "swap", "t", "ti", "v", "vi", "x", "y", "z"]
_RESULTS: list[dict[str, Any]] = [
    {"name": name, "observables": ["x", "y", "z", "h", "i"]} for name in ("Sample", "Expectation", "Variance")
]


def header(name: str, version: str = "1") -> dict[str, str]:
    """The header by which Braket's schemas are told apart."""
    return {"name": name, "version": version}


def properties(device: Device, updated: str, poll_ms: int, program_set_floor: int | None = None) -> dict[str, Any]:
    """The capabilities of a QPU, valid for the SDK's schema of its vendor. `updated`: ISO 8601, UTC."""
    vendor = device.vendor
    version = {"rigetti": "2"}.get(vendor, "1")
    answer: dict[str, Any] = {
        "braketSchemaHeader": header(f"braket.device_schema.{vendor}.{vendor}_device_capabilities", version),
        "service": _service(device, updated, poll_ms),
        "action": _action(device, program_set_floor),
        "deviceParameters": {},
        "paradigm": {
            "braketSchemaHeader": header("braket.device_schema.gate_model_qpu_paradigm_properties"),
            "connectivity": {"fullyConnected": _full(device), "connectivityGraph": _graph(device)},
            "qubitCount": device.qubit_count or len(device.qubits),
            "nativeGateSet": list(GATES[device.native]),
        },
    }
    if vendor == "ionq":
        return answer | {"provider": _ionq(device), "standardized": None}
    empty: dict[str, Any] = {"properties": {}} if vendor == "iqm" else {"specs": {}}
    provider = {"braketSchemaHeader": header(f"braket.device_schema.{vendor}.{vendor}_provider_properties", version)}
    return answer | {"provider": provider | empty, "standardized": _standardized(device)}


def _service(device: Device, updated: str, poll_ms: int) -> dict[str, Any]:
    return {
        "braketSchemaHeader": header("braket.device_schema.device_service_properties"),
        "executionWindows": [
            {"executionDay": w.day, "windowStartHour": w.start.isoformat(), "windowEndHour": w.end.isoformat()}
            for w in device.windows
        ],
        "shotsRange": list(device.shots),
        "deviceCost": {"price": float(device.usd_per_shot), "unit": "shot"},
        "deviceDocumentation": {"imageUrl": "", "summary": f"{device.name}, loopback", "externalDocumentationUrl": ""},
        "deviceLocation": "loopback",
        "updatedAt": updated,
        "getTaskPollIntervalMillis": poll_ms,
    }


def _action(device: Device, program_set_floor: int | None) -> dict[str, Any]:
    kind = "braket.ir.openqasm.program"
    low, high = device.shots
    action: dict[str, Any] = {
        kind: {
            "version": ["1.0"],
            "actionType": kind,
            "supportedOperations": _OPERATIONS + [gate.lower() for gate in GATES[device.native]],
            "supportedModifiers": [],
            "supportedPragmas": ["verbatim"],
            "forbiddenPragmas": ["braket_unitary_matrix", "braket_result_type_state_vector"],
            "maximumQubitArrays": 1,
            "maximumClassicalArrays": 1,
            "requiresAllQubitsMeasurement": False,
            "supportPhysicalQubits": True,
            "requiresContiguousQubitIndices": False,
            "supportsPartialVerbatimBox": False,
            "supportsUnassignedMeasurements": False,
            "disabledQubitRewiringSupported": False,
            "supportedResultTypes": [result | {"minShots": low, "maxShots": high} for result in _RESULTS],
        }
    }
    if device.program_sets is not None:
        action[kind + "_set"] = {
            "version": ["1"],
            "actionType": kind + "_set",
            "maximumExecutables": device.program_sets.executables,
            "maximumTotalShots": device.program_sets.total_shots,
            **({} if program_set_floor is None else {"minimumTotalShots": program_set_floor}),
        }
    return action


def _full(device: Device) -> bool:
    return len(device.couplings) == len(device.qubits) * (len(device.qubits) - 1) // 2


def _graph(device: Device) -> dict[str, list[str]]:
    graph: dict[str, list[str]] = {}
    for a, b in device.edges:
        first, second = sorted((str(a), str(b)))
        graph.setdefault(first, []).append(second)
        if device.name not in ONE_WAY:
            graph.setdefault(second, []).append(first)
    return graph


def _seconds(microseconds: float | None) -> float:
    """Seconds that from_braket reads as these microseconds, exactly where there is such a number; 0 where not known."""
    if microseconds is None:
        return 0.0
    nearest = microseconds / 1e6
    candidates = (nearest, math.nextafter(nearest, 0), math.nextafter(nearest, math.inf))
    return next((seconds for seconds in candidates if seconds * 1e6 == microseconds), nearest)


def _fidelity(kind: str, fidelity: float) -> dict[str, Any]:
    return {"fidelityType": {"name": kind, "description": None}, "fidelity": fidelity, "standardError": None}


def _standardized(device: Device) -> dict[str, Any]:
    gate = GATES[device.native][0 if device.native == "prx-cz" else -1].upper()
    return {
        "braketSchemaHeader": header("braket.device_schema.standardized_gate_model_qpu_device_properties"),
        "oneQubitProperties": {
            str(label): {
                "T1": {"value": _seconds(qubit.t1_us), "standardError": None, "unit": "S"},
                "T2": {"value": _seconds(qubit.t2_us), "standardError": None, "unit": "S"},
                "oneQubitFidelity": [
                    _fidelity("SIMULTANEOUS_RANDOMIZED_BENCHMARKING", qubit.gate),
                    _fidelity("READOUT", qubit.readout),
                ],
            }
            for label, qubit in device.qubits.items()
        },
        "twoQubitProperties": {
            "-".join(reversed(pair.split("-"))) if pair in device.turned else pair: {
                "twoQubitGateFidelity": [
                    _fidelity("SIMULTANEOUS_INTERLEAVED_RANDOMIZED_BENCHMARKING", fidelity)
                    | {"direction": None, "gateName": gate}
                ]
            }
            for pair, fidelity in device.couplings.items()
        },
    }


def _ionq(device: Device) -> dict[str, Any]:
    qubit = next(iter(device.qubits.values()))
    return {
        "braketSchemaHeader": header("braket.device_schema.ionq.ionq_provider_properties"),
        "fidelity": {
            "1Q": {"mean": qubit.gate},
            "2Q": {"mean": next(iter(device.couplings.values()))},
            "spam": {"mean": qubit.readout},
        },
        "timing": {
            "T1": _seconds(qubit.t1_us),
            "T2": _seconds(qubit.t2_us),
            "1Q": 6.3e-05,
            "2Q": 0.00065,
            "readout": 0.00025,
            "reset": 0.00015,
        },
    }


SIMULATORS = {"sv1": (34, 100_000, ["us-east-1", "us-west-1", "us-west-2", "eu-west-2"]),
              "dm1": (17, 100_000, ["us-east-1", "us-west-1", "us-west-2", "eu-west-2"]),
              "tn1": (50, 1_000, ["us-east-1", "us-west-2", "eu-west-2"])}  # fmt: skip
"""Qubits, most shots and regions of the on-demand simulators (Amazon Braket developer guide, simulators and quotas)."""


def simulator_properties(name: str, usd_per_minute: float, updated: str, poll_ms: int) -> dict[str, Any]:
    """The capabilities of SV1, DM1 or TN1."""
    qubits, shots, _ = SIMULATORS[name]
    least = 1 if name == "tn1" else 0
    kind = "braket.ir.openqasm.program"
    results = [*_RESULTS, {"name": "Probability", "observables": None}]
    operations = [
        *_OPERATIONS,
        "ccnot",
        "cphaseshift",
        "cswap",
        "cy",
        "iswap",
        "phaseshift",
        "unitary",
        "xx",
        "xy",
        "yy",
        "zz",
    ]
    noise = ["braket_noise_bit_flip", "braket_noise_depolarizing", "braket_noise_two_qubit_depolarizing"]
    return {
        "braketSchemaHeader": header("braket.device_schema.simulators.gate_model_simulator_device_capabilities"),
        "service": {
            "braketSchemaHeader": header("braket.device_schema.device_service_properties"),
            "executionWindows": [{"executionDay": "Everyday", "windowStartHour": "00:00", "windowEndHour": "23:59:59"}],
            "shotsRange": [least, shots],
            "deviceCost": {"price": usd_per_minute, "unit": "minute"},
            "deviceDocumentation": {"imageUrl": "", "summary": f"{name}, loopback", "externalDocumentationUrl": ""},
            "deviceLocation": "loopback",
            "updatedAt": updated,
            "getTaskPollIntervalMillis": poll_ms,
        },
        "action": {
            kind: {
                "version": ["1.0"],
                "actionType": kind,
                "supportedOperations": operations,
                "supportedModifiers": [],
                "supportedPragmas": noise if name == "dm1" else [],
                "forbiddenPragmas": [] if name == "dm1" else noise,
                "supportPhysicalQubits": False,
                "requiresContiguousQubitIndices": True,
                "requiresAllQubitsMeasurement": False,
                "supportsUnassignedMeasurements": True,
                "supportedResultTypes": [result | {"minShots": least, "maxShots": shots} for result in results],
            }
        },
        "deviceParameters": {},
        "paradigm": {
            "braketSchemaHeader": header("braket.device_schema.simulators.gate_model_simulator_paradigm_properties"),
            "qubitCount": qubits,
        },
    }
