"""A device profile from the properties Amazon Braket's GetDevice answers (a JSON object)."""

import math
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from itertools import combinations
from typing import Any

from qpilot.devices.record import Device, NativeSet, ProgramSets, Qubit, Window
from qpilot.errors import QpilotError

USD_PER_TASK = Decimal("0.30")
"""Amazon Braket's fee for every task on a QPU (aws.amazon.com/braket/pricing); GetDevice does not carry it."""

Properties = Mapping[str, Any]


def from_braket(properties: Properties, name: str, arn: str, source: str) -> Device:
    """The profile of a device. Values no device can have (fidelity 0 or 0.5, T2 0) are dropped and noted.

    The figures used are those of Braket's own LocalEmulator: randomized benchmarking before simultaneous randomized
    benchmarking, READOUT, and the two-qubit gate of the native set.
    """
    service, paradigm = properties["service"], properties["paradigm"]
    gates = {gate.lower() for gate in paradigm["nativeGateSet"]}
    native = _native(gates, name)
    notes: list[str] = []
    if (properties.get("standardized") or {}).get("oneQubitProperties"):
        qubits, couplings = _by_qubit(properties["standardized"], native, notes)
    else:
        qubits, couplings = _uniform(properties["provider"], paradigm["qubitCount"], notes)
    program_set = properties["action"].get("braket.ir.openqasm.program_set")
    least, most = service["shotsRange"]
    return Device(
        name=name,
        arn=arn,
        vendor=arn.split("/")[-2],
        source=source,
        updated=datetime.fromisoformat(service["updatedAt"]).date(),
        synthetic=False,
        native=native,
        qubits=qubits,
        couplings=couplings,
        usd_per_task=USD_PER_TASK,
        usd_per_shot=Decimal(str(service["deviceCost"]["price"])),
        shots=(least, most),
        program_sets=program_set
        and ProgramSets(executables=program_set["maximumExecutables"], total_shots=program_set["maximumTotalShots"]),
        windows=tuple(
            Window(day=window["executionDay"], start=window["windowStartHour"], end=window["windowEndHour"])
            for window in service["executionWindows"]
        ),
        notes=tuple(notes),
    )


def _native(gates: set[str], name: str) -> NativeSet:
    known: dict[NativeSet, set[str]] = {
        "prx-cz": {"prx", "cz"},
        "rx-rz-cz": {"rx", "rz", "cz"},
        "gpi-zz": {"gpi2", "zz"},
    }
    for native, needed in known.items():
        if needed <= gates:
            return native
    raise QpilotError(
        f"device {name!r} has native gates {', '.join(sorted(gates))}; the compiler knows "
        + "; ".join(", ".join(sorted(needed)) for needed in known.values())
    )


def _plausible(fidelity: float | None) -> bool:
    return fidelity is not None and math.isfinite(fidelity) and 0.5 < fidelity <= 1


def _microseconds(seconds: float) -> float | None:
    return seconds * 1e6 if math.isfinite(seconds) and seconds > 0 else None


def _by_qubit(
    standardized: Properties, native: NativeSet, notes: list[str]
) -> tuple[dict[int, Qubit], dict[str, float]]:
    """Qubits and couplings from per-qubit figures (Braket's standardized properties)."""
    qubits: dict[int, Qubit] = {}
    for label, figures in standardized["oneQubitProperties"].items():
        fidelity = {entry["fidelityType"]["name"]: entry["fidelity"] for entry in figures["oneQubitFidelity"]}
        gate = fidelity.get("RANDOMIZED_BENCHMARKING", fidelity.get("SIMULTANEOUS_RANDOMIZED_BENCHMARKING"))
        readout = fidelity.get("READOUT")
        if gate is None or readout is None or not (_plausible(gate) and _plausible(readout)):
            notes.append(f"qubit {label} left out: gate fidelity {gate}, readout fidelity {readout}")
            continue
        t1, t2 = (_microseconds(figures[name]["value"]) for name in ("T1", "T2"))
        if t1 is None or t2 is None:
            notes.append(f"qubit {label}: T1 or T2 of zero left out")
        qubits[int(label)] = Qubit(gate=gate, readout=readout, t1_us=t1, t2_us=t2)
    wanted = "zz" if native == "gpi-zz" else "cz"
    couplings: dict[str, float] = {}
    for pair, figures in standardized["twoQubitProperties"].items():
        a, b = sorted(map(int, pair.split("-")))
        fidelity = {entry["gateName"].lower(): entry["fidelity"] for entry in figures["twoQubitGateFidelity"]}
        if not _plausible(fidelity.get(wanted)):
            notes.append(f"coupling {a}-{b} left out: {wanted} fidelity {fidelity.get(wanted)}")
        elif a in qubits and b in qubits:
            couplings[f"{a}-{b}"] = fidelity[wanted]
    return qubits, couplings


def _uniform(provider: Properties, count: int, notes: list[str]) -> tuple[dict[int, Qubit], dict[str, float]]:
    """Qubits and all-to-all couplings from device-wide means (IonQ)."""
    fidelity, timing = provider["fidelity"], provider["timing"]
    qubit = Qubit(
        gate=fidelity["1Q"]["mean"],
        readout=fidelity["spam"]["mean"],
        t1_us=_microseconds(timing["T1"]),
        t2_us=_microseconds(timing["T2"]),
    )
    notes.append("one mean for every qubit and pair: the vendor publishes no figures by qubit")
    pairs = {f"{a}-{b}": float(fidelity["2Q"]["mean"]) for a, b in combinations(range(count), 2)}
    return dict.fromkeys(range(count), qubit), pairs
