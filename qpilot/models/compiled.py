"""Compiled circuits, each once a process, and under each device's noise."""

from functools import lru_cache

from qpilot.circuits import Circuit
from qpilot.emulator.noise import Noise
from qpilot.emulator.noisy import NoisyPlan
from qpilot.simulator import Plan


@lru_cache(maxsize=32)
def plan(circuit: Circuit) -> Plan:
    """The compiled circuit; folds and seeds of one shape share it."""
    return Plan(circuit)


@lru_cache(maxsize=32)
def noisy(circuit: Circuit, noise: Noise) -> NoisyPlan:
    """The circuit placed on the device, under its noise."""
    return NoisyPlan(plan(circuit), noise)
