"""Every backend the contract is run on. A new one is one line in FAMILIES."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from qpilot.backend import Backend
from qpilot.backends import backend
from qpilot.devices import device
from qpilot.emulator import Emulator
from qpilot.program import Circuits, Probabilities
from tests.emulator.test_ideal import reference

GARNET = device("iqm-garnet")


def emulated(circuits: Circuits) -> Probabilities:
    """What Garnet's emulator draws its counts from; itself tested against Braket's LocalEmulator."""
    return Emulator(GARNET).probabilities(circuits)


@dataclass(frozen=True)
class Family:
    """How a backend for iqm-garnet is come by, what its counts are drawn from, and what it promises.

    repeats: the same key answers with the same counts, from any process. charged: whether running a batch is billed.
    """

    open: Callable[[], AbstractContextManager[Backend]]
    distribution: Callable[[Circuits], Probabilities]
    repeats: bool = True
    charged: bool = False


def free(name: str) -> Callable[[], AbstractContextManager[Backend]]:
    """A backend that needs nothing around it."""
    return lambda: nullcontext(backend(name, "iqm-garnet"))


FAMILIES: dict[str, Family] = {
    "emulator": Family(free("emulator"), emulated),
    "pennylane:braket.local.qubit": Family(free("pennylane:braket.local.qubit"), reference, repeats=False),
    "pennylane:default.mixed": Family(free("pennylane:default.mixed"), reference),
    "pennylane:default.qubit": Family(free("pennylane:default.qubit"), reference),
    "pennylane:lightning.qubit": Family(free("pennylane:lightning.qubit"), reference),
}
