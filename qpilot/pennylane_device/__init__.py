"""Any PennyLane device as a backend: the seam for vendors other than Amazon Braket."""

from qpilot.pennylane_device.device import PennyLaneDevice

__all__ = ["PennyLaneDevice"]
