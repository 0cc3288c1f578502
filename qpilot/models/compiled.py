"""Compiled circuits, each once a process, and under each device's noise."""

from functools import lru_cache

from qpilot.circuits import Circuit
from qpilot.emulator.noise import Noise
from qpilot.emulator.noisy import NoisySimulator
from qpilot.simulator import Simulator


@lru_cache(maxsize=32)
def simulator(circuit: Circuit) -> Simulator:
    """The compiled circuit; folds and seeds of one shape share it."""
    return Simulator(circuit)


@lru_cache(maxsize=32)
def noisy(circuit: Circuit, noise: Noise) -> NoisySimulator:
    """The circuit placed on the device, under its noise."""
    return NoisySimulator(simulator(circuit), noise)
