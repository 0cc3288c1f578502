"""An emulated device: layout, native gates, the noise Braket's LocalEmulator derives, finite shots."""

from qpilot.emulator.emulator import Emulator

__all__ = ["Emulator"]
