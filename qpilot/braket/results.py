"""A task's result document as counts, once everything about it was checked: a partial result never counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qpilot.braket import documents
from qpilot.packing import unpacked
from qpilot.program import Counts
from qpilot.spending.service import ResultFault

_ROUNDING = 0.05  # shots by which a probability times the shots may miss a whole number


@dataclass(frozen=True)
class Expected:
    """What a task was asked for. read: the qubit of each wire, as the result names it; shots: of each circuit."""

    reference: str
    device: str
    program_set: bool
    circuits: int
    shots: int
    read: tuple[int, ...]


def counts(result: bytes, expected: Expected) -> Counts:
    """(circuits, 2**qubits) in the task's order, wire 0 the most significant bit. Raises ResultFault."""
    try:
        files = unpacked(result)
    except Exception as error:
        raise _fault("the packed documents", "a zip of them", type(error).__name__) from error
    root = _document(files, documents.ROOT, documents.SET if expected.program_set else documents.TASK)
    metadata = _metadata(files, root)
    total = expected.shots * expected.circuits
    asked, done = ("requestedShots", "successfulShots") if expected.program_set else ("shots", "shots")
    _same("the task", expected.reference, metadata.get("id"))
    _same("the device", expected.device, metadata.get("deviceId"))
    _same("the status", "COMPLETED", metadata.get("status") or "COMPLETED")
    _same("the shots asked for", total, metadata.get(asked))
    executables = list(_executables(files, root)) if expected.program_set else [root]
    _same("the number of executables", expected.circuits, len(executables))
    _same("the shots that succeeded", total, metadata.get(done))
    return np.array([_counts(one, place, expected) for place, one in enumerate(executables)], dtype=np.int64)


def _metadata(files: dict[str, bytes], root: dict[str, Any]) -> dict[str, Any]:
    found = root.get("taskMetadata")
    if isinstance(found, str):
        found = documents.document(files.get(found, b""))
    if not isinstance(found, dict):
        raise _fault("the task's metadata", "an object", found)
    return found


def _executables(files: dict[str, bytes], root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The result of every executable, whether it is held by its program's document or lies in one of its own."""
    for program in _list(root, "programResults"):
        folder, held = "", program
        if isinstance(program, str):
            folder, held = documents.below(program), _document(files, program, documents.PROGRAM)
        found = _list(held, "executableResults")
        _same("the executables of a program", 1, len(found))
        for entry in found:
            one = documents.document(files.get(f"{folder}{entry}", b"")) if isinstance(entry, str) else entry
            if documents.schema(one) == documents.FAILURE:
                reason = (one.get("failureMetadata") or {}).get("failureReason", "no reason given")
                raise _fault("every executable", "a result", f"a failure: {reason}")
            _same("an executable's schema", documents.EXECUTABLE, documents.schema(one))
            yield one


def _counts(executable: dict[str, Any], place: int, expected: Expected) -> NDArray[np.int64]:
    """(2**qubits,) counts of one executable."""
    measured = executable.get("measuredQubits")
    if not isinstance(measured, list) or sorted(map(repr, measured)) != sorted(map(repr, expected.read)):
        raise _fault(f"the qubits measured in circuit {place}", [*expected.read], measured)
    columns = [measured.index(qubit) for qubit in expected.read]
    outcomes = 2 ** len(columns)
    weights = 2 ** np.arange(len(columns))[::-1]
    shots = executable.get("measurements")
    if shots is not None:
        bits = _bits(shots, place, expected)
        return np.bincount(bits[:, columns] @ weights, minlength=outcomes)
    probabilities = executable.get("measurementProbabilities")
    if not isinstance(probabilities, dict) or not probabilities:
        raise _fault(f"the outcomes of circuit {place}", "measurements or measurementProbabilities", "neither")
    found = np.zeros(outcomes)
    for outcome, share in probabilities.items():
        if len(outcome) != len(columns) or {*outcome} - {"0", "1"} or not isinstance(share, int | float):
            raise _fault(f"the outcomes of circuit {place}", f"{len(columns)} bits each", {outcome: share})
        bits = np.array([int(outcome[column]) for column in columns])
        found[bits @ weights] += share * expected.shots
    whole = np.rint(found)
    if not np.all(np.abs(found - whole) < _ROUNDING) or np.any(whole < 0) or whole.sum() != expected.shots:
        raise _fault(f"the shots of circuit {place}", expected.shots, f"{found.sum():g} by its probabilities")
    return whole.astype(np.int64)


def _bits(shots: Any, place: int, expected: Expected) -> NDArray[np.int64]:
    """(shots, qubits), every one 0 or 1; Braket's schema lets them stand as text as well."""
    if not isinstance(shots, list) or len(shots) != expected.shots:
        found = len(shots) if isinstance(shots, list) else shots
        raise _fault(f"the shots of circuit {place}", expected.shots, found)
    try:
        bits = np.array(shots)
        whole = bits.dtype.kind in "iU" and bits.shape == (len(shots), len(expected.read))
        bits = bits.astype(np.int64) if whole else bits
    except ValueError:
        whole = False
    if not whole or np.any((bits != 0) & (bits != 1)):
        raise _fault(f"the measurements of circuit {place}", f"{len(expected.read)} bits a shot", "something else")
    return bits


def _document(files: dict[str, bytes], name: str, schema: str) -> dict[str, Any]:
    if name not in files:
        raise _fault(f"the document {name}", "to be there", f"only {', '.join(sorted(files)) or 'nothing'}")
    found = documents.document(files[name])
    _same(f"the schema of {name}", schema, documents.schema(found) or "no schema: the document is damaged")
    return found


def _list(content: Any, name: str) -> Sequence[Any]:
    found = content.get(name) if isinstance(content, dict) else None
    if not isinstance(found, list):
        raise _fault(name, "a list", found)
    return found


def _same(what: str, wanted: object, found: object) -> None:
    if wanted != found:
        raise _fault(what, wanted, found)


def _fault(what: str, wanted: object, found: object) -> ResultFault:
    return ResultFault(f"{what}: expected {wanted}, found {str(found)[:200]}")
