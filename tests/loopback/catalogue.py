"""The devices the service offers: figures that may change at run time, status, queue, price."""

import json
import threading
from collections.abc import Mapping
from typing import Any

from qpilot.devices import DEVICES, Device, device
from tests.loopback.billing import USD_PER_MINUTE
from tests.loopback.clock import Clock, stamp
from tests.loopback.properties import SIMULATORS, properties, simulator_properties
from tests.loopback.register import Register
from tests.loopback.settings import Settings
from tests.loopback.wire import Refusal

PROVIDERS = {"iqm": "IQM", "ionq": "IonQ", "rigetti": "Rigetti"}
SIMULATOR_ARNS = {name: f"arn:aws:braket:::device/quantum-simulator/amazon/{name}" for name in SIMULATORS}


class Catalogue:
    """Devices by ARN. status: device ARN -> OFFLINE or RETIRED. queue: device ARN -> other people's tasks in it."""

    def __init__(self, register: Register, clock: Clock, settings: Settings) -> None:
        self._register, self._clock, self._settings = register, clock, settings
        self._lock = threading.Lock()
        self._capabilities: dict[tuple[str, int], str] = {}
        self.arns = {device(name).arn: name for name in DEVICES}
        self.status: dict[str, str] = {}
        self.queue: dict[str, int] = {}

    def qpu(self, arn: str) -> Device | None:
        """The profile as it is now, None for a simulator or an unknown ARN."""
        name = self.arns.get(arn)
        if name is None:
            return None
        changed = self._register.figures.get(name)
        return device(name) if changed is None else Device.model_validate(changed["device"])

    def qpus(self) -> dict[str, Device]:
        """All QPUs as they are now."""
        return {arn: found for arn in self.arns if (found := self.qpu(arn)) is not None}

    def change(self, name_or_arn: str, changes: Mapping[str, Any]) -> Device:
        """The device with other figures from now on (a new calibration): `updated` is today unless given.

        `changes` are fields of Device; qubits and couplings are merged by label, the others replaced.
        """
        name = self.arns.get(name_or_arn, name_or_arn)
        arn = next((arn for arn, known in self.arns.items() if known == name), "")
        now = self.qpu(arn)
        if now is None:
            raise ValueError(f"unknown device {name_or_arn!r}; known: {', '.join(self.arns.values())}")
        figures = now.model_dump(mode="json")
        at = stamp(self._clock.seconds())
        figures["updated"] = at[:10]
        for name_of, value in changes.items():
            if name_of == "qubits":
                for label, qubit in value.items():
                    figures["qubits"][str(label)] |= qubit
            elif name_of == "couplings":
                figures["couplings"] |= value
            else:
                figures[name_of] = value
        changed = Device.model_validate(figures)
        self._register.put_figures(name, {"device": changed.model_dump(mode="json"), "at": at})
        self.forget()
        return changed

    def forget(self) -> None:
        """Properties are made anew when asked for next."""
        with self._lock:
            self._capabilities.clear()

    def offered(self, arn: str, region: str) -> None:
        """Raises ResourceNotFoundException unless this region has the device."""
        simulator = arn.rsplit("/", 1)[-1]
        if SIMULATOR_ARNS.get(simulator) == arn:
            if not region or region in SIMULATORS[simulator][2]:
                return
        elif arn in self.arns and region in ("", arn.split(":")[3]):
            return
        raise Refusal("ResourceNotFoundException", f"Device {arn} not found in region {region or 'none'}")

    def described(self, arn: str) -> dict[str, Any]:
        """What GetDevice answers."""
        return self.summary(arn) | {
            "deviceCapabilities": self._described(arn),
            "deviceQueueInfo": [
                {"queue": "QUANTUM_TASKS_QUEUE", "queueSize": self.depth(arn), "queuePriority": "Normal"},
                {"queue": "QUANTUM_TASKS_QUEUE", "queueSize": "0", "queuePriority": "Priority"},
                {"queue": "JOBS_QUEUE", "queueSize": "0"},
            ],
        }

    def summary(self, arn: str) -> dict[str, Any]:
        """What SearchDevices answers of a device."""
        name = arn.rsplit("/", 1)[-1]
        qpu = arn in self.arns
        return {
            "deviceArn": arn,
            "deviceName": name if qpu else name.upper(),
            "deviceStatus": self.status.get(arn, "ONLINE"),
            "deviceType": "QPU" if qpu else "SIMULATOR",
            "providerName": PROVIDERS[arn.split("/")[-2]] if qpu else "Amazon Braket",
        }

    def depth(self, arn: str) -> str:
        """The queue's length as Braket words it: a number, or ">4000"."""
        now = self._clock.seconds()
        own = sum(
            task.accepted.device_arn == arn and task.state(now) in ("CREATED", "QUEUED")
            for task in list(self._register.tasks.values())
        )
        total = own + self.queue.get(arn, 0)
        return ">4000" if total > 4000 else str(total)

    def _described(self, arn: str) -> str:
        key = (arn, self._settings.poll_ms)
        with self._lock:
            if key not in self._capabilities:
                self._capabilities[key] = json.dumps(self._made(*key))
            return self._capabilities[key]

    def _made(self, arn: str, poll_ms: int) -> dict[str, Any]:
        found = self.qpu(arn)
        if found is None:
            name = arn.rsplit("/", 1)[-1]
            return simulator_properties(name, float(USD_PER_MINUTE[name]), "2026-05-05T00:00:00+00:00", poll_ms)
        changed = self._register.figures.get(found.name)
        at = changed["at"] if changed else f"{found.updated.isoformat()}T00:00:00"
        if at[:10] != found.updated.isoformat():
            at = f"{found.updated.isoformat()}T00:00:00"
        return properties(found, at.removesuffix("Z") + "+00:00", poll_ms)
