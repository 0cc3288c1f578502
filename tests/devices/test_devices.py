"""Device profiles: every shipped one, and which are none."""

import subprocess
import sys
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from qpilot.devices import DEVICES, Device, device
from qpilot.errors import UsageError

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


@pytest.mark.parametrize(
    "change",
    [{"couplings": {"2-1": 0.9}}, {"couplings": {"1-99": 0.9}}, {"couplings": {"1-2": 0.4}}, {"turned": ("1-20",)}],
)
def test_a_profile_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="coupling"):
        Device.model_validate({**device("iqm-garnet").model_dump(), **change})
