"""Which pairs of wires a layer couples. Edges are (control, target), in the order their gates are applied."""

from functools import cache

from qpilot.devices.shipped import DEVICES, shipped
from qpilot.errors import UsageError, unknown

Edges = tuple[tuple[int, int], ...]


def linear(number: int, qubits: int) -> Edges:
    """(i, i + 1) along a line, in every layer."""
    return tuple((wire, wire + 1) for wire in range(qubits - 1))


def ring(number: int, qubits: int) -> Edges:
    """A line closed to a ring; two wires share one edge, a single wire has none."""
    return (*linear(number, qubits), (qubits - 1, 0)) if qubits > 2 else linear(number, qubits)


def full(number: int, qubits: int) -> Edges:
    """Every pair."""
    return tuple((i, j) for i in range(qubits) for j in range(i + 1, qubits))


def brickwork(number: int, qubits: int) -> Edges:
    """Neighbours in pairs, from wire 0 in even layers and from wire 1 in odd ones; two wires meet in every layer."""
    first = number % 2 if qubits > 2 else 0
    return tuple((wire, wire + 1) for wire in range(first, qubits - 1, 2))


def widening(number: int, qubits: int) -> Edges:
    """Every wire with the one `r` further on a ring, r = 1, 2, ..., qubits - 1, 1, ... from layer to layer."""
    if qubits == 1:
        return ()
    reach = number % (qubits - 1) + 1
    return tuple((wire, (wire + reach) % qubits) for wire in range(qubits))


PATTERNS = {"linear": linear, "ring": ring, "full": full, "brickwork": brickwork}
CONNECTIVITIES: tuple[str, ...] = (*PATTERNS, *DEVICES)
"""What `connectivity` may say: a pattern, or a shipped device whose own couplings are used."""


def edges(connectivity: str, number: int, qubits: int) -> Edges:
    """The pairs that layer `number` couples. Raises UsageError for unknown names and for too small a device."""
    if connectivity in PATTERNS:
        return PATTERNS[connectivity](number, qubits)
    if connectivity not in DEVICES:
        raise UsageError(unknown("connectivity", connectivity, CONNECTIVITIES))
    return native(connectivity, qubits)


@cache
def native(name: str, qubits: int) -> Edges:
    """The couplings among `qubits` connected qubits of a device, as edges of wires.

    From every qubit a patch grows by the neighbour with the most couplings into it; the patch with the most couplings
    wins, then the one with the better gates, then the lower labels. Wires are numbered in the order of growth.
    """
    device = shipped(name)
    assert device is not None
    fidelities = device.edges
    neighbours: dict[int, set[int]] = {label: set() for label in sorted(device.qubits)}
    for a, b in fidelities:
        neighbours[a].add(b)
        neighbours[b].add(a)
    patches = (_patch(start, neighbours, qubits) for start in neighbours)
    found = [
        (-len(inner), -sum(inner.values()), patch)
        for patch in patches
        if len(patch) == qubits
        for inner in [{pair: fidelity for pair, fidelity in fidelities.items() if set(pair) <= set(patch)}]
    ]
    if not found:
        raise UsageError(f"{name} has no {qubits} qubits that are connected: take fewer qubits or another connectivity")
    patch = min(found)[2]
    wires = {label: wire for wire, label in enumerate(patch)}
    pairs = (sorted((wires[a], wires[b])) for a, b in fidelities if a in wires and b in wires)
    return tuple(sorted((a, b) for a, b in pairs))


def _patch(start: int, neighbours: dict[int, set[int]], qubits: int) -> tuple[int, ...]:
    """Labels in the order of growth; fewer than `qubits` where the device ends."""
    patch = [start]
    while len(patch) < qubits:
        rim = sorted(set().union(*(neighbours[label] for label in patch)) - set(patch))
        if not rim:
            break
        patch.append(max(rim, key=lambda label: (len(neighbours[label] & set(patch)), -label)))
    return tuple(patch)
