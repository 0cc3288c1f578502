"""The batched state-vector engine that trains models, encodes kernels and writes circuits for devices."""

from qpilot.simulator.kernels import kernel, overlaps
from qpilot.simulator.simulator import Simulator

__all__ = ["Simulator", "kernel", "overlaps"]
