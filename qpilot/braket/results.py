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
        raise _fault(expected, "the packed documents", "a zip of them", type(error).__name__) from error
    root = _document(files, documents.ROOT, documents.SET if expected.program_set else documents.TASK, expected)
    metadata = _metadata(files, root, expected)
    total = expected.shots * expected.circuits
    asked, done = ("requestedShots", "successfulShots") if expected.program_set else ("shots", "shots")
    _same(expected, "the task", expected.reference, metadata.get("id"))
    _same(expected, "the device", expected.device, metadata.get("deviceId"))
    _same(expected, "the status", "COMPLETED", metadata.get("status") or "COMPLETED")
    _same(expected, "the shots asked for", total, metadata.get(asked))
    executables = list(_executables(files, root, expected)) if expected.program_set else [root]
    _same(expected, "the number of executables", expected.circuits, len(executables))
    _same(expected, "the shots that succeeded", total, metadata.get(done))
    return np.array([_counts(one, place, expected) for place, one in enumerate(executables)], dtype=np.int64)


def _metadata(files: dict[str, bytes], root: dict[str, Any], expected: Expected) -> dict[str, Any]:
    found = root.get("taskMetadata")
    if isinstance(found, str):
        found = documents.document(files.get(found, b""))
    if not isinstance(found, dict):
        raise _fault(expected, "the task's metadata", "an object", found)
    return found


def _executables(files: dict[str, bytes], root: dict[str, Any], expected: Expected) -> Iterator[dict[str, Any]]:
    """The result of every executable, whether it is held by its program's document or lies in one of its own."""
    for program in _list(root, "programResults", expected):
        folder, held = "", program
        if isinstance(program, str):
            folder, held = documents.below(program), _document(files, program, documents.PROGRAM, expected)
        found = _list(held, "executableResults", expected)
        _same(expected, "the executables of a program", 1, len(found))
        for entry in found:
            one = documents.document(files.get(f"{folder}{entry}", b"")) if isinstance(entry, str) else entry
            if isinstance(one, dict) and documents.schema(one) == documents.FAILURE:
                reason = (one.get("failureMetadata") or {}).get("failureReason", "no reason given")
                raise _fault(expected, "every executable", "a result", f"a failure: {reason}")
            _same(expected, "an executable's schema", documents.EXECUTABLE, documents.schema(one))
            yield one


def _counts(executable: dict[str, Any], place: int, expected: Expected) -> NDArray[np.int64]:
    """(2**qubits,) counts of one executable."""
    measured = executable.get("measuredQubits")
    if not isinstance(measured, list) or sorted(map(str, measured)) != sorted(map(str, expected.read)):
        raise _fault(expected, f"the qubits measured in circuit {place}", [*expected.read], measured)
    columns = [measured.index(qubit) for qubit in expected.read]
    outcomes = 2 ** len(columns)
    weights = 2 ** np.arange(len(columns))[::-1]
    shots = executable.get("measurements")
    if shots is not None:
        bits = _bits(shots, place, expected)
        return np.bincount(bits[:, columns] @ weights, minlength=outcomes)
    probabilities = executable.get("measurementProbabilities")
    if not isinstance(probabilities, dict) or not probabilities:
        raise _fault(
            expected, f"the outcomes of circuit {place}", "measurements or measurementProbabilities", "neither"
        )
    found = np.zeros(outcomes)
    for outcome, share in probabilities.items():
        if len(outcome) != len(columns) or {*outcome} - {"0", "1"} or not isinstance(share, int | float):
            raise _fault(expected, f"the outcomes of circuit {place}", f"{len(columns)} bits each", {outcome: share})
        bits = np.array([int(outcome[column]) for column in columns])
        found[bits @ weights] += share * expected.shots
    whole = np.rint(found)
    if not np.all(np.abs(found - whole) < _ROUNDING) or np.any(whole < 0) or whole.sum() != expected.shots:
        raise _fault(expected, f"the shots of circuit {place}", expected.shots, f"{found.sum():g} by its probabilities")
    return whole.astype(np.int64)


def _bits(shots: Any, place: int, expected: Expected) -> NDArray[np.int64]:
    """(shots, qubits), every one 0 or 1."""
    try:
        bits = np.array(shots)
    except ValueError:
        bits = np.zeros(0)
    if len(shots) != expected.shots:
        raise _fault(expected, f"the shots of circuit {place}", expected.shots, len(shots))
    if (
        bits.ndim != 2
        or bits.shape[1] != len(expected.read)
        or bits.dtype.kind != "i"
        or np.any((bits != 0) & (bits != 1))
    ):
        raise _fault(
            expected, f"the measurements of circuit {place}", f"{len(expected.read)} bits a shot", "something else"
        )
    return bits.astype(np.int64)


def _document(files: dict[str, bytes], name: str, schema: str, expected: Expected) -> dict[str, Any]:
    if name not in files:
        raise _fault(expected, f"the document {name}", "to be there", f"only {', '.join(sorted(files)) or 'nothing'}")
    found = documents.document(files[name])
    _same(expected, f"the schema of {name}", schema, documents.schema(found) or "no schema: the document is damaged")
    return found


def _list(content: Any, name: str, expected: Expected) -> Sequence[Any]:
    found = content.get(name) if isinstance(content, dict) else None
    if not isinstance(found, list):
        raise _fault(expected, name, "a list", found)
    return found


def _same(expected: Expected, what: str, wanted: object, found: object) -> None:
    if wanted != found:
        raise _fault(expected, what, wanted, found)


def _fault(expected: Expected, what: str, wanted: object, found: object) -> ResultFault:
    return ResultFault(f"{what}: expected {wanted}, found {str(found)[:200]}")
