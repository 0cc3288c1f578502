"""The batched state-vector engine that trains models, encodes kernels and writes circuits for devices."""

from qpilot.simulator.plan import Plan, overlaps

__all__ = ["Plan", "overlaps"]
