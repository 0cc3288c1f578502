"""Reads a circuit off its PennyLane tape: gates of `qpilot.program.GATES`, and what every angle is made of."""

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qpilot.program import GATES, Gate

Floats = NDArray[np.float64]

_NAMES = {
    "Hadamard": "h",
    "PauliX": "x",
    "PauliY": "y",
    "PauliZ": "z",
    "S": "s",
    "RX": "rx",
    "RY": "ry",
    "RZ": "rz",
    "CNOT": "cnot",
    "CZ": "cz",
}
_TOLERANCE = 1e-10  # radians; probes are evaluated in float64 at angles of order 10


class Quantum(Protocol):
    """What the simulator can run: `qpilot.circuits.Circuit`, or anything that queues PennyLane operations likewise."""

    @property
    def qubits(self) -> int: ...
    @property
    def inputs(self) -> int: ...
    @property
    def weights(self) -> int: ...
    def function(self, x: Any, weights: Any = None) -> None: ...


class UntraceableError(Exception):
    """The circuit has an operation or an angle outside what a `Trace` can say."""


@dataclass(frozen=True)
class Trace:
    """Gates, and for every angle k: polynomial_k(x) + slope_k * weights[weight_k].

    coefficients: (n_angles, n_monomials) over products of two inputs, `pairs`; input number `inputs` is 1, and
    the first monomial is the constant. weight: (n_angles,), -1 where no weight enters. Global phases are dropped.
    """

    qubits: int
    inputs: int
    weights: int
    gates: tuple[Gate, ...]
    pairs: NDArray[np.intp]
    coefficients: Floats
    weight: NDArray[np.intp]
    slope: Floats

    @cached_property
    def varies(self) -> NDArray[np.bool_]:
        """Which angles have a part that a row decides, (n_angles,)."""
        return np.asarray(np.any(self.coefficients[:, 1:] != 0, axis=1))

    @cached_property
    def _monomials(self) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
        return self.pairs[1:, 0], self.pairs[1:, 1], self.coefficients[self.varies, 1:]

    def fixed(self, weights: Floats) -> Floats:
        """The part of every angle that all rows share, (n_angles,)."""
        padded = np.append(weights, 0.0)  # weight -1 reads the zero
        return np.asarray(self.coefficients[:, 0] + self.slope * padded[self.weight])

    def varying(self, X: Floats) -> Floats:
        """The part a row decides, of the angles that have one: (n_varying, n_rows)."""
        padded = np.vstack([X.T, np.ones(len(X))])
        first, second, coefficients = self._monomials
        return np.asarray(coefficients @ (padded[first] * padded[second]))

    def angles(self, X: Floats, weights: Floats) -> Floats:
        """Every angle of every row, (n_rows, n_angles)."""
        out = np.repeat(self.fixed(weights)[None], len(X), axis=0)
        out[:, self.varies] += self.varying(X).T
        return out


def trace(circuit: Quantum) -> Trace:
    """The circuit's gates and angles, found by probing. Raises UntraceableError with the reason."""
    rng = np.random.default_rng(0)  # probes; any values without accidental coincidences do
    inputs, weights = circuit.inputs, circuit.weights
    probes = [rng.uniform(0.2, 1.2, weights) for _ in range(3)]
    check = rng.uniform(-2, 2, (4, inputs))
    pairs, rows = _grid(inputs)
    gates, at_grid = _read(circuit, rows, probes[0])
    moved = [_read(circuit, check, probe) for probe in probes]
    if any(other != gates for other, _ in moved):
        raise UntraceableError("its gates depend on the values of its inputs or weights")
    coefficients = _quadratic(at_grid, inputs)
    weight, slope = _weights(probes, [angles[:, 0] for _, angles in moved])
    padded = np.append(probes[0], 0.0)
    coefficients[:, 0] -= slope * padded[weight]
    coefficients[np.abs(coefficients) < _TOLERANCE] = 0
    used = np.any(coefficients != 0, axis=0)
    used[0] = True
    found = Trace(circuit.qubits, inputs, weights, gates, pairs[used], coefficients[:, used], weight, slope)
    for probe, (_, angles) in zip(probes, moved, strict=True):
        if not np.allclose(found.angles(check, probe).T, angles, rtol=0, atol=_TOLERANCE):
            raise UntraceableError("an angle is neither a quadratic in the inputs nor linear in a single weight")
    return found


def _read(circuit: Quantum, X: Floats, weights: Floats) -> tuple[tuple[Gate, ...], Floats]:
    """Gates and angles (n_angles, n_rows) at these inputs and weights."""
    import pennylane as qml

    tape = qml.tape.make_qscript(circuit.function)(X, weights)
    (tape,), _ = qml.transforms.decompose(tape, gate_set={*_NAMES, "GlobalPhase"})
    gates: list[Gate] = []
    angles: list[Floats] = []
    for operation in tape.operations:
        if operation.name == "GlobalPhase":
            continue
        if operation.name not in _NAMES:
            raise UntraceableError(f"operation {operation.name} does not decompose into {', '.join(GATES)}")
        columns = tuple(range(len(angles), len(angles) + len(operation.data)))
        gates.append(Gate(_NAMES[operation.name], tuple(operation.wires.tolist()), columns))
        angles.extend(np.broadcast_to(np.asarray(angle, dtype=float), len(X)) for angle in operation.data)
    return tuple(gates), np.array(angles).reshape(-1, len(X))


def _grid(inputs: int) -> tuple[NDArray[np.intp], Floats]:
    """Monomials (1, x_i, x_i x_j), and the rows 0, e_i, -e_i, e_i + e_j that tell a quadratic's coefficients apart."""
    unit = np.eye(inputs)
    both = list(itertools.combinations(range(inputs), 2))
    pairs = [(inputs, inputs)]
    pairs += [(i, inputs) for i in range(inputs)]
    pairs += [(i, i) for i in range(inputs)]
    pairs += both
    rows = np.vstack([np.zeros((1, inputs)), unit, -unit, *(unit[[i]] + unit[[j]] for i, j in both)])
    return np.array(pairs), rows


def _quadratic(values: Floats, inputs: int) -> Floats:
    """Coefficients (n_angles, n_monomials) from values (n_angles, n_rows) on the grid, exact for a quadratic."""
    constant = values[:, :1]
    plus = values[:, 1 : 1 + inputs] - constant
    minus = values[:, 1 + inputs : 1 + 2 * inputs] - constant
    both = values[:, 1 + 2 * inputs :] - constant
    i, j = np.array(list(itertools.combinations(range(inputs), 2)), dtype=np.intp).reshape(-1, 2).T
    return np.hstack([constant, (plus - minus) / 2, (plus + minus) / 2, both - plus[:, i] - plus[:, j]])


def _weights(probes: list[Floats], angles: list[Floats]) -> tuple[NDArray[np.intp], Floats]:
    """Which single weight every angle is linear in (-1: none) and its slope, from three probes."""
    first, second = angles[1] - angles[0], angles[2] - angles[0]
    weight = np.full(len(first), -1, dtype=np.intp)
    slope = np.zeros(len(first))
    moving = np.flatnonzero(np.abs(first) > _TOLERANCE)
    if not len(probes[0]) or not len(moving):
        return weight, slope
    slopes = first[moving, None] / (probes[1] - probes[0])
    misfit = np.abs(slopes * (probes[2] - probes[0]) - second[moving, None])
    weight[moving] = misfit.argmin(axis=1)
    exact = slopes[np.arange(len(moving)), weight[moving]]
    slope[moving] = np.where(np.abs(exact - exact.round(9)) < _TOLERANCE, exact.round(9), exact)
    return weight, slope
