"""Device profiles: every shipped one, and how one is made from Braket's properties."""

import math
import subprocess
import sys
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from qpilot.devices import DEVICES, Device, ProgramSets, device
from qpilot.devices.from_braket import from_braket
from qpilot.errors import QpilotError, UsageError

ARN = "arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet"


@pytest.mark.parametrize("name", DEVICES)
def test_profile_is_whole(name: str) -> None:
    profile = device(name)
    assert profile.name == name
    assert Device.model_validate_json(profile.model_dump_json()) == profile
    assert device(profile.arn) == profile
    assert profile.source
    assert date(2025, 1, 1) < profile.updated < date(2027, 1, 1)
    assert 0 < profile.shots[0] < profile.shots[1]
    assert profile.usd_per_shot > 0
    assert all(qubit.gate > 0.9 and qubit.readout > 0.9 for qubit in profile.qubits.values())
    assert min(profile.edges.values()) > 0.9
    assert profile.windows or profile.notes, "unknown execution windows are said"
    assert not profile.synthetic or any("synthetic" in note for note in profile.notes)


def test_the_named_devices_are_there() -> None:
    assert {"iqm-garnet", "iqm-emerald", "rigetti-cepheus", "ionq-forte-enterprise"} <= set(DEVICES)
    sizes = {name: (len(device(name).qubits), len(device(name).couplings)) for name in DEVICES}
    assert sizes["iqm-garnet"] == (20, 30)
    assert sizes["ionq-forte-enterprise"] == (36, 36 * 35 // 2)
    assert sizes["rigetti-cepheus"][0] == 108
    assert [device(name).synthetic for name in ("iqm-garnet", "rigetti-cepheus")] == [False, True]


@pytest.mark.parametrize("name", ["iqm-granat", "arn:aws:braket:::device/qpu/none", "../pilot", ""])
def test_an_unknown_device_lists_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError, match=r"unknown device .*; known: ionq-forte-enterprise, iqm-emerald, iqm-garnet"):
        device(name)


def test_looking_up_a_device_is_light() -> None:
    code = (
        "import sys; from qpilot.devices import device; from qpilot.devices.price import price; import qpilot.backends;"
        "price(device('iqm-garnet'), 3, 100);"
        "print([m for m in ('braket', 'pennylane', 'sklearn', 'scipy', 'networkx', 'prefect') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def properties() -> dict[str, Any]:
    """What GetDevice answers, cut down to three qubits on a line."""

    def qubit(gate: float = 0.999, readout: float = 0.98, t2: float = 8e-6) -> dict[str, Any]:
        return {
            "T1": {"value": 4e-5, "unit": "S"},
            "T2": {"value": t2, "unit": "S"},
            "oneQubitFidelity": [
                {"fidelityType": {"name": "SIMULTANEOUS_RANDOMIZED_BENCHMARKING"}, "fidelity": gate},
                {"fidelityType": {"name": "READOUT"}, "fidelity": readout},
            ],
        }

    def pair(fidelity: float) -> dict[str, Any]:
        return {
            "twoQubitGateFidelity": [
                {"gateName": "CZ", "fidelity": fidelity},
                {"gateName": "Two_Qubit_Clifford", "fidelity": 0.7},
            ]
        }

    return {
        "service": {
            "executionWindows": [
                {"executionDay": "Monday", "windowStartHour": "08:00:00", "windowEndHour": "10:00:00"}
            ],
            "shotsRange": [1, 20000],
            "deviceCost": {"price": 0.00145, "unit": "shot"},
            "updatedAt": "2025-07-06T17:52:53.997626+00:00",
        },
        "action": {"braket.ir.openqasm.program": {}},
        "paradigm": {"nativeGateSet": ["cz", "prx", "cc_prx"], "qubitCount": 3},
        "standardized": {
            "oneQubitProperties": {"1": qubit(), "2": qubit(), "4": qubit()},
            "twoQubitProperties": {"2-1": pair(0.99), "2-4": pair(0.98)},
        },
    }


def made(answer: dict[str, Any]) -> Device:
    return from_braket(answer, "garnet", ARN, "a test")


def test_profile_from_brakets_properties() -> None:
    profile = made(properties())
    assert (profile.vendor, profile.native, profile.updated) == ("iqm", "prx-cz", date(2025, 7, 6))
    assert profile.edges == {(1, 2): 0.99, (2, 4): 0.98}
    assert profile.qubits[4].t1_us == pytest.approx(40)
    assert (str(profile.usd_per_shot), str(profile.usd_per_task)) == ("0.00145", "0.30")
    assert (profile.program_sets, profile.notes) == (None, ())


def test_program_sets_are_read_from_action() -> None:
    answer = properties()
    answer["action"]["braket.ir.openqasm.program_set"] = {"maximumExecutables": 100, "maximumTotalShots": 200_000}
    assert made(answer).program_sets == ProgramSets(executables=100, total_shots=200_000)


@pytest.mark.parametrize("fidelity", [0.0, 0.5, math.nan, 1.2])
def test_impossible_fidelities_are_left_out_and_noted(fidelity: float) -> None:
    answer = properties()
    answer["standardized"]["oneQubitProperties"]["4"]["oneQubitFidelity"][0]["fidelity"] = fidelity
    profile = made(answer)
    assert (sorted(profile.qubits), sorted(profile.edges)) == ([1, 2], [(1, 2)])
    assert [note for note in profile.notes if "qubit 4 left out" in note]

    answer = properties()
    answer["standardized"]["twoQubitProperties"]["2-4"]["twoQubitGateFidelity"][0]["fidelity"] = fidelity
    profile = made(answer)
    assert (sorted(profile.qubits), sorted(profile.edges)) == ([1, 2, 4], [(1, 2)])
    assert [note for note in profile.notes if "coupling 2-4 left out" in note]


def test_a_coherence_time_of_zero_is_left_out_and_noted() -> None:
    answer = properties()
    answer["standardized"]["oneQubitProperties"]["2"]["T2"]["value"] = 0.0
    profile = made(answer)
    assert (profile.qubits[2].t2_us, profile.notes) == (None, ("qubit 2: T1 or T2 of zero left out",))


def test_device_wide_means_stand_for_every_qubit() -> None:
    answer = properties()
    answer["paradigm"] = {"nativeGateSet": ["GPI", "GPI2", "ZZ"], "qubitCount": 4}
    answer["standardized"] = None
    answer["provider"] = {
        "fidelity": {"1Q": {"mean": 0.9999}, "2Q": {"mean": 0.9925}, "spam": {"mean": 0.9955}},
        "timing": {"T1": 188.0, "T2": 0.95},
    }
    profile = made(answer)
    assert (profile.native, len(profile.couplings), set(profile.edges.values())) == ("gpi-zz", 6, {0.9925})
    assert profile.qubits[3].readout == 0.9955


def test_unknown_native_gates_are_an_error() -> None:
    answer = properties()
    answer["paradigm"]["nativeGateSet"] = ["iswap", "rx"]
    with pytest.raises(QpilotError, match="native gates iswap, rx; the compiler knows"):
        made(answer)


@pytest.mark.parametrize(
    "change", [{"couplings": {"2-1": 0.9}}, {"couplings": {"1-99": 0.9}}, {"couplings": {"1-2": 0.4}}]
)
def test_a_profile_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="coupling"):
        Device.model_validate({**deepcopy(made(properties()).model_dump()), **change})
