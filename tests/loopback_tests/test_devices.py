"""What GetDevice answers is valid for the SDK, and is the project's own profile."""

import json
from typing import Any

import pytest
from braket.emulation.local_emulator import LocalEmulator

from qpilot.devices import DEVICES, Device, device
from qpilot.devices.from_braket import from_braket
from tests.loopback import Loopback
from tests.loopback_tests.asking import CEPHEUS, GARNET, REGION, SV1, create, on, refusal

COMPARED = set(Device.model_fields) - {"source", "notes", "synthetic", "qubits", "qubit_count"}


def read(arn: str, client: Any) -> Device:
    """The profile made of what GetDevice answers now."""
    answer = client("braket").get_device(deviceArn=arn)
    return from_braket(json.loads(answer["deviceCapabilities"]), "x", arn, "loopback")


@pytest.mark.parametrize("name", DEVICES)
def test_properties_are_the_profile_as_braket_keeps_it(braket_service: Loopback, name: str) -> None:
    profile = device(name)
    described = json.loads(braket_service.catalogue.described(profile.arn)["deviceCapabilities"])
    found = from_braket(described, name, profile.arn, "loopback")
    assert found.model_dump(include=COMPARED) == profile.model_dump(include=COMPARED)
    assert sorted(found.qubits) == sorted(profile.qubits)
    for label, qubit in profile.qubits.items():
        # Braket keeps seconds: a microsecond figure may come back with another last digit.
        assert found.qubits[label].model_dump() == pytest.approx(qubit.model_dump(), rel=1e-15)
    assert described["paradigm"]["qubitCount"] == len(profile.qubits)


@pytest.mark.parametrize("name", DEVICES)
def test_the_sdk_takes_the_properties(braket_service: Loopback, name: str) -> None:
    profile = device(name)
    found = on(profile.arn)
    assert (found.status, found.type.value) == ("ONLINE", "QPU")
    assert found.properties.paradigm.qubitCount == len(profile.qubits)
    assert found.properties.service.getTaskPollIntervalMillis == 50
    assert found.is_available in (True, False)
    assert list(found.queue_depth().quantum_tasks.values()) == ["0", "0"]
    assert isinstance(found.emulator(), LocalEmulator)
    assert len(found.topology_graph.nodes) == len(profile.qubits)


@pytest.mark.parametrize(("name", "qubits"), [("sv1", 34), ("dm1", 17), ("tn1", 50)])
def test_the_sdk_takes_the_simulators(braket_service: Loopback, name: str, qubits: int) -> None:
    found = on(f"arn:aws:braket:::device/quantum-simulator/amazon/{name}")
    assert (found.name, found.type.value, found.properties.paradigm.qubitCount) == (name.upper(), "SIMULATOR", qubits)
    assert found.properties.service.deviceCost.unit == "minute"
    assert found.is_available


def test_a_new_calibration_shows_and_counts(braket_service: Loopback, client) -> None:
    create(client("braket"), "before")
    changed = braket_service.catalogue.change(
        "iqm-garnet", {"qubits": {1: {"readout": 0.9}}, "couplings": {"1-2": 0.95}, "usd_per_shot": "0.002"}
    )
    found = read(GARNET, client)
    assert (found.qubits[1].readout, found.edges[1, 2], str(found.usd_per_shot)) == (0.9, 0.95, "0.002")
    assert found.qubits[1].gate == device("iqm-garnet").qubits[1].gate, "what was not named stays"
    assert found.updated == changed.updated > device("iqm-garnet").updated
    create(client("braket"), "after")
    before, after = braket_service.bills.values()
    assert (str(before.usd), str(after.usd)) == ("0.44500", "0.500"), (
        "a task costs what the list said when it was taken"
    )


def test_devices_are_searched_in_their_region(client) -> None:
    shown = client("braket").search_devices(filters=[])["devices"]
    assert {one["deviceName"] for one in shown} == {"Garnet", "Emerald"}
    only = client("braket").search_devices(filters=[{"name": "deviceArn", "values": [GARNET]}])["devices"]
    assert [one["deviceArn"] for one in only] == [GARNET]
    assert REGION in refusal(client("braket").get_device, deviceArn=CEPHEUS)[1]
    assert refusal(client("braket").get_device, deviceArn=SV1)[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("status", "code", "http"), [("OFFLINE", "DeviceOfflineException", 424), ("RETIRED", "DeviceRetiredException", 410)]
)
def test_a_device_that_is_away_takes_no_task(
    braket_service: Loopback, client, status: str, code: str, http: int
) -> None:
    arn = create(client("braket"), "before")
    braket_service.catalogue.status[GARNET] = status
    found = refusal(create, client("braket"), "t")
    assert (found[0], found[2]) == (code, http)
    assert create(client("braket"), "before") == arn, "a token that has its task answers with it"
    assert client("braket").get_device(deviceArn=GARNET)["deviceStatus"] == status


def test_dropped_qubits_and_turned_couplings_are_served_as_they_are(braket_service: Loopback, client) -> None:
    known = device("iqm-garnet").model_dump(mode="json")
    braket_service.catalogue.change("iqm-garnet", {"turned": ["1-2"], "qubit_count": 22})
    found = read(GARNET, client)
    assert (found.turned, found.qubit_count, len(found.qubits)) == (("1-2",), 22, 20)
    assert found.edges[1, 2] == known["couplings"]["1-2"]


def test_an_unknown_device_is_named(braket_service: Loopback) -> None:
    with pytest.raises(ValueError, match=r"unknown device 'garnat'; known: .*iqm-garnet"):
        braket_service.catalogue.change("garnat", {})
