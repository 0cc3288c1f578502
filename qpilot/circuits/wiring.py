"""Which pairs of wires a layer couples."""


def ring(qubits: int) -> tuple[tuple[int, int], ...]:
    """Edges (i, i + 1) closed to a ring; two wires share one edge, a single wire has none."""
    if qubits < 3:
        return ((0, 1),) if qubits == 2 else ()
    return tuple((wire, (wire + 1) % qubits) for wire in range(qubits))
