"""Circuits of the shapes the models send to a device, without the models."""

import numpy as np

from qpilot.program import GATES, Circuits, Gate


def entangling(qubits: int, layers: int, rows: int, seed: int) -> Circuits:
    """Angle encoding, then layers of shared rotations and CNOTs of growing range, as strongly entangling layers do."""
    rng = np.random.default_rng(seed)
    gates = [Gate("ry", (wire,), (wire,)) for wire in range(qubits)]
    column = qubits
    for layer in range(layers):
        for wire in range(qubits):
            for name in ("rz", "ry", "rz"):
                gates.append(Gate(name, (wire,), (column,)))
                column += 1
        if qubits > 1:
            reach = layer % (qubits - 1) + 1
            gates += [Gate("cnot", (wire, (wire + reach) % qubits)) for wire in range(qubits)]
    angles = np.repeat(rng.uniform(0, 2 * np.pi, (1, column)), rows, axis=0)
    angles[:, :qubits] = rng.uniform(0, np.pi, (rows, qubits))
    return Circuits(qubits, tuple(gates), angles)


def ring(qubits: int, layers: int, rows: int, seed: int) -> Circuits:
    """The ZZ feature map on a ring: H, RZ, and CNOT RZ CNOT along the edges."""
    gates: list[Gate] = []
    for _ in range(layers):
        for wire in range(qubits):
            gates += [Gate("h", (wire,)), Gate("rz", (wire,), (wire,))]
        for wire in range(qubits):
            other = (wire + 1) % qubits
            gates += [
                Gate("cnot", (wire, other)),
                Gate("rz", (other,), (qubits + wire,)),
                Gate("cnot", (wire, other)),
            ]
    return Circuits(qubits, tuple(gates), np.random.default_rng(seed).uniform(0, 6, (rows, 2 * qubits)))


def scrambled(qubits: int, length: int, rows: int, seed: int) -> Circuits:
    """Random gates of every known name; some angles shared by the rows, some special."""
    rng = np.random.default_rng(seed)
    names = [name for name in GATES if qubits > 1 or name not in ("cnot", "cz")]
    gates, columns = [], []
    for _ in range(length):
        name = names[rng.integers(len(names))]
        if name in ("cnot", "cz"):
            gates.append(Gate(name, tuple(int(w) for w in rng.permutation(qubits)[:2])))
            continue
        angles: tuple[int, ...] = ()
        if GATES[name]:
            angles = (len(columns),)
            kind = rng.integers(3)
            varied = rng.uniform(-7, 7, rows)
            columns.append(
                varied if kind == 0 else np.full(rows, varied[0] if kind == 1 else rng.integers(5) * np.pi / 2)
            )
        gates.append(Gate(name, (int(rng.integers(qubits)),), angles))
    return Circuits(qubits, tuple(gates), np.column_stack(columns) if columns else np.zeros((rows, 0)))
