"""Which parts of a circuit go together, and what to set where they do not."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from qpilot.circuits.registry import ANSAETZE, ENCODINGS, Layered
from qpilot.circuits.wiring import CONNECTIVITIES
from qpilot.errors import UsageError, unknown

if TYPE_CHECKING:
    from qpilot.circuits.circuit import Circuit

MOST_QUBITS = 16
_START = 'start = "identity-block"'
_LAYERED = ", ".join(sorted(name for name, ansatz in ANSAETZE.items() if isinstance(ansatz, Layered)))


def require_known(circuit: "Circuit") -> None:
    """Raises UsageError for a name that no registry has, and for no layers or no qubits."""
    if circuit.encoding not in ENCODINGS:
        raise UsageError(unknown("encoding", circuit.encoding, ENCODINGS))
    if circuit.ansatz is not None and circuit.ansatz not in ANSAETZE:
        raise UsageError(unknown("ansatz", circuit.ansatz, ANSAETZE))
    if circuit.connectivity is not None and circuit.connectivity not in CONNECTIVITIES:
        raise UsageError(unknown("connectivity", circuit.connectivity, CONNECTIVITIES))
    if circuit.layers < 1 or circuit.qubits < 1:
        raise UsageError(f"a circuit needs at least 1 layer and 1 qubit, got {circuit.layers} and {circuit.qubits}")


def misfit(encoding: str, qubits: int, features: int) -> str | None:
    """None, or why so many features cannot be encoded on so many qubits, and what to set."""
    how = ENCODINGS[encoding]
    holds = how.holds(qubits)
    if features in holds:
        return None
    fitting = [width for width in range(1, MOST_QUBITS + 1) if features in how.holds(width)]
    fix = f"qubits to {_span(fitting)} or " if fitting else ""
    return (
        f"qubits = {qubits}, but {features} components are to be encoded, {how.density}; set {fix}"
        f"reduce.components to {_span(holds)}"
    )


def faults(circuit: "Circuit") -> Iterator[str]:
    """What does not go together in a circuit of known names, sentence by sentence."""
    encoding = ENCODINGS[circuit.encoding]
    ansatz = None if circuit.ansatz is None else ANSAETZE[circuit.ansatz]
    unfit = misfit(circuit.encoding, circuit.qubits, circuit.features)
    if unfit is not None:
        yield unfit
    if circuit.connectivity is not None and not (isinstance(ansatz, Layered) and ansatz.edges is None):
        yield f"connectivity is what ansatz 'hardware-efficient' couples, not {circuit.ansatz!r}: leave it out"
    if isinstance(ansatz, Layered):
        ansatz.wired(circuit.connectivity, 0, circuit.qubits)  # raises where a device is too small
    if ansatz is None and encoding.scaled:
        yield (
            f"encoding {circuit.encoding!r} comes before every layer of an ansatz, and there is none: take another"
            " encoding, or a model with an ansatz"
        )
    if ansatz is None and circuit.layers > 1 and not encoding.repeats:
        yield f"encoding {circuit.encoding!r} prepares a state once: without an ansatz set layers to 1"
    yield from _repeated(circuit)


def _repeated(circuit: "Circuit") -> Iterator[str]:
    """What keeps data from coming again between layers, and layers from being mirrored."""
    encoding = ENCODINGS[circuit.encoding]
    layered = circuit.ansatz is not None and isinstance(ANSAETZE[circuit.ansatz], Layered)
    again = encoding.scaled or circuit.interleaved
    if again and circuit.ansatz is not None and not layered:
        yield f"data cannot come again between layers of ansatz {circuit.ansatz!r}, which narrows: take one of {_LAYERED}"
    if circuit.interleaved and not encoding.repeats:
        yield f"encoding {circuit.encoding!r} prepares a state once and cannot come after every layer: take another"
    if circuit.interleaved and (circuit.ansatz is None or encoding.scaled):
        yield "interleaved places an encoding between layers of an ansatz; 'reuploading' is placed there already"
    if circuit.mirrored and not layered:
        yield f"only an ansatz of layers over all wires can be mirrored ({_START}): take one of {_LAYERED}"
    if circuit.mirrored and again:
        yield f"mirrored layers ({_START}) undo each other only with no data between them: take another encoding or start"
    elif circuit.mirrored and circuit.layers % 4:
        yield f"mirrored layers ({_START}) come in fours: set layers to a multiple of 4, not {circuit.layers}"


def _span(numbers: list[int] | range) -> str:
    return f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
