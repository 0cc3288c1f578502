"""Candidates for a search that is given none: the known models, encodings, ansaetze and depths that fit."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import product, zip_longest

from pydantic import JsonValue, ValidationError

from gates.records import canonical
from qpilot.candidates.candidate import Candidate
from qpilot.circuits import ANSAETZE, ENCODINGS
from qpilot.models import MODELS

DEPTHS = (1, 2, 4)
MOST_COMPONENTS = 10  # as many as the emulator takes qubits
MOST = 48
"""A search over more finds by chance what does not last: the finalist's optimism grows with the number tried."""


def space(components: int, seed: int) -> list[dict[str, JsonValue]]:
    """Up to 48 candidates' tables for so many components, on as few qubits as hold them; as many of each model as there are.

    Drawn by the seed, each by its own lot: a new encoding changes who is drawn, not in which order the others stand.
    """
    by_model = [sorted(_tables(model, components), key=lambda table: _lot(table, seed)) for model in MODELS]
    dealt = [table for turn in zip_longest(*by_model) for table in turn if table is not None]
    return dealt[:MOST]


def _tables(model: str, components: int) -> Iterator[dict[str, JsonValue]]:
    """Every combination that makes a candidate, with what it does not say at its defaults."""
    ansaetze: list[dict[str, str]] = [{"ansatz": name} for name in ANSAETZE] if MODELS[model].trainable else [{}]
    for encoding, ansatz, layers in product(ENCODINGS, ansaetze, DEPTHS):
        fitting = (_table(model, encoding, ansatz, layers, qubits, components) for qubits in range(2, components + 1))
        table = next(filter(None, fitting), None)
        if table is not None:
            yield table


def _table(
    model: str, encoding: str, ansatz: dict[str, str], layers: int, qubits: int, components: int
) -> dict[str, JsonValue] | None:
    table: dict[str, JsonValue] = {"model": model, "encoding": encoding, **ansatz, "layers": layers, "qubits": qubits}
    try:
        candidate = Candidate.model_validate(table)
    except ValidationError:
        return None
    return table if candidate.circuit().fits(components) is None else None


def _lot(table: dict[str, JsonValue], seed: int) -> bytes:
    return sha256(f"{seed}\n".encode() + canonical(table)).digest()
