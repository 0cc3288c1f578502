"""Every backend the contract is run on. A new one is one line in FAMILIES."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from qpilot.backend import Backend
from qpilot.backends import backend
from qpilot.devices import device
from qpilot.emulator import Emulator
from qpilot.job import Stores
from qpilot.program import Circuits, Probabilities
from qpilot.record.artifacts import Artifacts
from qpilot.record.journal import Journal
from qpilot.spending.purse import Purse
from tests.emulator.test_ideal import reference
from tests.loopback import Loopback
from tests.loopback.server import FOREIGN

Opens = Callable[[], Backend]
"""Opens the backend as one more process would, with the same stores and the same vendor."""

GARNET = device("iqm-garnet")


def emulated(circuits: Circuits) -> Probabilities:
    """What Garnet's emulator draws its counts from; itself tested against Braket's LocalEmulator."""
    return Emulator(GARNET).probabilities(circuits)


@dataclass(frozen=True)
class Family:
    """How a backend for iqm-garnet is come by, what its counts are drawn from, and what it promises.

    repeats: the same key answers with the same counts, from any process. charged: whether running a batch is billed.
    """

    prepared: Callable[[], AbstractContextManager[Opens]]
    distribution: Callable[[Circuits], Probabilities]
    repeats: bool = True
    charged: bool = False


def free(name: str) -> Callable[[], AbstractContextManager[Opens]]:
    """A backend that needs nothing around it."""
    return lambda: nullcontext(lambda: backend(name, "iqm-garnet"))


@contextmanager
def paid() -> Iterator[Opens]:
    """Amazon Braket as the loopback service speaks it, and a purse that holds enough."""
    with Loopback() as service, tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for name in FOREIGN:
            patch.delenv(name, raising=False)
        for name, value in service.environment.items():
            patch.setenv(name, value)

        def opened() -> Backend:
            home = Path(folder)
            stores = Stores(Journal(home / "journal.db"), Artifacts(home / "artifacts"), lambda: datetime.now(UTC))
            purse = Purse(
                stores,
                "run",
                "a" * 64,
                "pilot",
                Decimal(10_000),
                account=None,
                retries=0,
                deadline_hours=1.0,
                unattended=True,
            )
            return backend("braket", "iqm-garnet", purse)

        yield opened


FAMILIES: dict[str, Family] = {
    "braket": Family(paid, emulated, charged=True),
    "emulator": Family(free("emulator"), emulated),
    "pennylane:braket.local.qubit": Family(free("pennylane:braket.local.qubit"), reference, repeats=False),
    "pennylane:default.mixed": Family(free("pennylane:default.mixed"), reference),
    "pennylane:default.qubit": Family(free("pennylane:default.qubit"), reference),
    "pennylane:lightning.qubit": Family(free("pennylane:lightning.qubit"), reference),
}
