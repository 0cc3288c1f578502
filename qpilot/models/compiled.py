"""Compiled circuits, each once a process."""

from functools import lru_cache

from qpilot.circuits import Circuit
from qpilot.simulator import Plan


@lru_cache(maxsize=32)
def plan(circuit: Circuit) -> Plan:
    """The compiled circuit; folds and seeds of one shape share it."""
    return Plan(circuit)
