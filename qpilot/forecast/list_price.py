"""A device that is compared, and not run."""

from qpilot.backend import Batch, Handle, Outcomes, Quote
from qpilot.devices import Device
from qpilot.devices.price import price
from qpilot.errors import QpilotError


class ListPrice:
    """A device at its list price, as a backend that can only be quoted and asked for its queue."""

    name = "list price"

    def __init__(self, device: Device, depth: str | None) -> None:
        self._device, self._depth = device, depth

    def figures(self) -> Device:
        """The device's figures."""
        return self._device

    def quote(self, executables: int, shots: int) -> Quote:
        """What the device charges."""
        return price(self._device, executables, shots)

    def queue_depth(self) -> str | None:
        """As the vendor worded it, where it was asked."""
        return self._depth

    def submit(self, batch: Batch, key: str) -> Handle:
        """Nothing is ever submitted here."""
        raise QpilotError("a comparison submits nothing: run the pilot")

    def collect(self, handle: Handle) -> Outcomes:
        """Nothing is ever submitted here."""
        raise QpilotError("a comparison submits nothing: run the pilot")
