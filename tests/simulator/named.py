"""The circuits that the registries' names make, as far as they go together."""

import contextlib
import itertools
from collections.abc import Iterator

from qpilot.circuits import ANSAETZE, ENCODINGS, Circuit
from qpilot.errors import UsageError


def named(qubits: int, twins: bool = True) -> list[Circuit]:
    """Every encoding with every ansatz or none, in two layers where they may, and its twin."""
    pairs = itertools.product(ENCODINGS, [None, *ANSAETZE], (True, False) if twins else (True,))
    return [circuit for pair in pairs for circuit in itertools.islice(_layered(*pair, qubits), 1)]


def _layered(encoding: str, ansatz: str | None, entangled: bool, qubits: int) -> Iterator[Circuit]:
    for layers in (2, 1):
        with contextlib.suppress(UsageError):
            yield Circuit(encoding, ansatz, layers, qubits, entangled)
