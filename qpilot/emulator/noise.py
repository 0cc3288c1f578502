"""The device whose noise circuits are trained under, and what a record of the training says of it."""

from dataclasses import dataclass, field
from functools import cached_property

from qpilot.devices import Device
from qpilot.errors import UsageError


@dataclass(frozen=True)
class Noise:
    """Gate and readout noise of `device`, as the emulator has it. Two are equal where their calibrations are.

    calibration: sha256 (hex) over the device's figures.
    """

    device: Device = field(compare=False, repr=False)
    calibration: str

    @classmethod
    def of(cls, device: Device) -> "Noise":
        """The noise of the device's figures. Raises UsageError for a simulator, which has none."""
        if device.simulator:
            raise UsageError(
                f'training.noise = "device" takes the noise of hardware.device, and {device.name} is a simulator, which'
                " has none: name a processor, or leave out training.noise"
            )
        return cls(device, device.digest)

    @property
    def backend(self) -> str:
        """Where circuits run, as telemetry names it."""
        return f"emulator:{self.device.name}"

    @cached_property
    def rates(self) -> dict[str, float]:
        """The device's median infidelities, fractions."""
        device, pairs = self.device, self.device.median_coupling
        two = {} if pairs is None else {"two-qubit gate infidelity": 1 - pairs}
        return {
            "one-qubit gate infidelity": 1 - device.median_gate,
            **two,
            "readout infidelity": 1 - device.median_readout,
        }
