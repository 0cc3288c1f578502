"""The device whose noise circuits are trained under, and what a record of the training says of it."""

from dataclasses import dataclass, field
from functools import cached_property

from qpilot.devices import Device
from qpilot.errors import UsageError


@dataclass(frozen=True)
class Noise:
    """Gate noise of `device`, as the emulator has it, and, unless `readout` is False, its readout flips.

    calibration: sha256 (hex) over the device's figures; two noises of one calibration and kind are equal.
    """

    device: Device = field(compare=False, repr=False)
    calibration: str
    readout: bool = True

    @classmethod
    def of(cls, device: Device) -> "Noise":
        """The noise of the device's figures. Raises UsageError for a simulator, which has none."""
        if device.simulator:
            raise UsageError(
                f"training.noise is that of hardware.device, and {device.name} is a simulator, which has none: name a"
                " processor, or leave out training.noise"
            )
        return cls(device, device.digest)

    @property
    def backend(self) -> str:
        """Where circuits run, as telemetry names it."""
        return f"emulator:{self.device.name}"

    @cached_property
    def rates(self) -> dict[str, float]:
        """The device's median infidelities, fractions."""
        found = {"one-qubit gate infidelity": 1 - self.device.median_gate}
        if self.device.median_coupling is not None:
            found["two-qubit gate infidelity"] = 1 - self.device.median_coupling
        if self.readout:
            found["readout infidelity"] = 1 - self.device.median_readout
        return found
