"""Where on the device a circuit sits, and the swaps it takes where qubits that must meet are not neighbours."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import shortest_path

from qpilot.devices import Device
from qpilot.errors import QpilotError, UsageError
from qpilot.program import Circuits, Gate

Labels = tuple[int, ...]
Pair = tuple[int, int]
_BEAM = 2000
_SWAP = 3.0  # a swap is three two-qubit gates
_LOOKAHEAD = 0.5  # what the next pair counts against this one when a swap is chosen


def interactions(gates: tuple[Gate, ...]) -> Counter[Pair]:
    """How often each pair of wires meets in a two-qubit gate."""
    return Counter((min(gate.wires), max(gate.wires)) for gate in gates if len(gate.wires) == 2)


def placements(circuits: Circuits, device: Device, best: int = 32) -> tuple[Labels, ...]:
    """The physical label of each wire: the `best` placements by estimated log-fidelity, best first.

    A beam search puts wires on the device in the order they are joined, so that joined wires form one connected patch,
    and counts -log fidelity of readout, one- and two-qubit gates, and of swaps along the best path between pairs apart.
    """
    if circuits.qubits > len(device.qubits):
        raise UsageError(
            f"{circuits.qubits} qubits asked for; {device.name} has {len(device.qubits)}: "
            "take fewer qubits or another device"
        )
    labels = sorted(device.qubits)
    cost, distance, joined = _costs(device, labels)
    pairs = interactions(circuits.gates)
    single = Counter(gate.wires[0] for gate in circuits.gates if len(gate.wires) == 1)
    order = _order(circuits.qubits, pairs)

    placed = np.zeros((1, 0), dtype=np.intp)
    score = np.zeros(1)
    first = 0  # where the wires that are joined with this one, directly or over others, begin in `order`
    for step, wire in enumerate(order):
        partners = [k for k in range(step) if _pair(order[k], wire) in pairs]
        first = first if partners else step
        extra = np.repeat((cost[0] * (1 + single[wire]) + cost[1])[None], len(placed), axis=0)
        allowed = np.ones((len(placed), len(labels)), dtype=bool)
        if partners:
            allowed &= joined[placed[:, first:]].any(axis=1)
        np.put_along_axis(allowed, placed, False, axis=1)
        for k in partners:
            extra += pairs[_pair(order[k], wire)] * distance[placed[:, k]]
        total = np.where(allowed, score[:, None] + extra, np.inf)
        # Two placements that occupy the same labels in another order are both kept: swaps tell them apart later.
        kept = np.argsort(total, axis=None, kind="stable")[:_BEAM]
        kept = kept[np.isfinite(total.flat[kept])]
        if not len(kept):
            raise QpilotError(
                f"no connected place for {circuits.qubits} qubits on {device.name}, whose unusable couplings "
                "are left out: take fewer qubits or another device"
            )
        rows, columns = np.unravel_index(kept, total.shape)
        placed, score = np.column_stack([placed[rows], columns]), total[rows, columns]
    wires = np.argsort(order)
    return tuple(tuple(labels[p] for p in row[wires]) for row in placed[:best])


def _pair(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)


def _costs(
    device: Device, labels: list[int]
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64], NDArray[np.bool_]]:
    """-log fidelity of (gate, readout) by qubit, of a two-qubit gate by pair with its swaps, and who is joined."""
    index = {label: k for k, label in enumerate(labels)}
    gate = -np.log([device.qubits[label].gate for label in labels])
    readout = -np.log([device.qubits[label].readout for label in labels])
    direct = np.zeros((len(labels), len(labels)))
    for (a, b), fidelity in device.edges.items():
        # scipy reads 0 and what is within 1e-8 of it as "no edge"; a perfect coupling must stay one.
        direct[index[a], index[b]] = direct[index[b], index[a]] = max(-np.log(fidelity), 1e-7)
    joined = direct > 0
    apart = shortest_path(direct, directed=False)
    return (gate, readout), np.where(joined, direct, _SWAP * apart), joined


def _order(qubits: int, pairs: Counter[Pair]) -> list[int]:
    """Wires so that each follows one it is joined to wherever there is one, the most joined first."""
    weight = Counter[int]()
    for (a, b), times in pairs.items():
        weight[a] += times
        weight[b] += times
    order: list[int] = []
    while len(order) < qubits:
        rest = [wire for wire in range(qubits) if wire not in order]
        ties = {wire: sum(pairs[_pair(wire, done)] for done in order) for wire in rest}
        order.append(max(rest, key=lambda wire: (ties[wire] > 0, ties[wire], weight[wire], -wire)))
    return order


def route(
    gates: tuple[Gate, ...], edges: set[Pair], start: tuple[int, ...]
) -> tuple[tuple[Gate, ...], tuple[int, ...]]:
    """`gates` on slots, with swaps so that every two-qubit gate acts on an edge; and the slot each wire ends in.

    edges: joined slots, both directions. start: the slot of each wire. A swap is chosen to bring this pair, and with
    less weight the next ones, closer (the rule of Li, Ding, Xie 2019, arXiv 1809.02573, without its reverse pass).
    """
    size = len(start)
    joined = np.zeros((size, size))
    for a, b in edges:
        joined[a, b] = 1
    hops = shortest_path(joined, directed=False, unweighted=True)
    slot = list(start)
    routed: list[Gate] = []
    upcoming: list[tuple[int, ...]] = [gate.wires for gate in gates if len(gate.wires) == 2]
    for gate in gates:
        if len(gate.wires) == 2:
            while (slot[gate.wires[0]], slot[gate.wires[1]]) not in edges:
                a, b = _swap(gate.wires, upcoming[1:6], slot, edges, hops)
                routed += [Gate("cnot", (a, b)), Gate("cnot", (b, a)), Gate("cnot", (a, b))]
                slot = [b if s == a else a if s == b else s for s in slot]
            upcoming.pop(0)
        routed.append(gate._replace(wires=tuple(slot[wire] for wire in gate.wires)))
    return tuple(routed), tuple(slot)


def _swap(
    now: tuple[int, ...], following: list[tuple[int, ...]], slot: list[int], edges: set[Pair], hops: NDArray[np.float64]
) -> Pair:
    """The swap that brings the pair `now` a hop closer and helps the following pairs most."""
    distance = hops[slot[now[0]], slot[now[1]]]
    if not np.isfinite(distance):
        raise QpilotError(f"wires {now[0]} and {now[1]} sit on parts of the device that are not connected")

    def after(swap: Pair) -> tuple[float, float]:
        a, b = swap
        moved = [b if s == a else a if s == b else s for s in slot]
        return (
            hops[moved[now[0]], moved[now[1]]],
            sum(_LOOKAHEAD**k * hops[moved[p[0]], moved[p[1]]] for k, p in enumerate(following, 1)),
        )

    ends = {slot[now[0]], slot[now[1]]}
    return min((swap for swap in sorted(edges) if swap[0] in ends), key=after)
