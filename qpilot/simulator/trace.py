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
_ROUNDING = 1e-12  # what probing leaves of a slope that is written with few digits; one with more keeps them


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
class Terms:
    """What weights add to angles: angle[t] gains slope[t] * weights[weight[t]] * monomial[t], (n_terms,) each."""

    angle: NDArray[np.intp]
    monomial: NDArray[np.intp]
    weight: NDArray[np.intp]
    slope: Floats


@dataclass(frozen=True)
class Trace:
    """Gates, and for every angle k: sum_m (coefficients[k, m] + what the weights add) * monomial_m(x).

    coefficients: (n_angles, n_monomials) over products of two inputs, `pairs`; input number `inputs` is 1, and
    the first monomial is the constant. Global phases are dropped.
    """

    qubits: int
    inputs: int
    weights: int
    gates: tuple[Gate, ...]
    pairs: NDArray[np.intp]
    coefficients: Floats
    terms: Terms

    @cached_property
    def varies(self) -> NDArray[np.bool_]:
        """Which angles have a part that a row decides, (n_angles,)."""
        varies = np.any(self.coefficients[:, 1:] != 0, axis=1)
        varies[self.terms.angle[self.terms.monomial > 0]] = True
        return np.asarray(varies)

    @cached_property
    def scaled(self) -> NDArray[np.bool_]:
        """Which angles have a weight times an input in them, (n_angles,)."""
        scaled = np.zeros(len(self.coefficients), dtype=bool)
        scaled[self.terms.angle[self.terms.monomial > 0]] = True
        return scaled

    @cached_property
    def trained(self) -> NDArray[np.bool_]:
        """Which angles have a weight in the part that all rows share, (n_angles,)."""
        trained = np.zeros(len(self.coefficients), dtype=bool)
        trained[self.terms.angle[self.terms.monomial == 0]] = True
        return trained

    @property
    def weights_used(self) -> set[int]:
        """The weights that some angle depends on."""
        return set(map(int, self.terms.weight))

    @property
    def inputs_used(self) -> set[int]:
        """The inputs that some angle depends on."""
        depends = np.any(self.coefficients != 0, axis=0)
        depends[self.terms.monomial] = True
        return set(map(int, self.pairs[depends].ravel())) - {self.inputs}

    def at(self, weights: Floats) -> Floats:
        """The coefficients with the weights in, (n_angles, n_monomials)."""
        out = self.coefficients.copy()
        np.add.at(out, (self.terms.angle, self.terms.monomial), self.terms.slope * weights[self.terms.weight])
        return out

    def monomials(self, X: Floats) -> Floats:
        """Values of the monomials, (n_monomials, n_rows)."""
        padded = np.vstack([X.T, np.ones(len(X))])
        return np.asarray(padded[self.pairs[:, 0]] * padded[self.pairs[:, 1]])

    def angles(self, X: Floats, weights: Floats) -> Floats:
        """Every angle of every row, (n_rows, n_angles)."""
        return (self.at(weights) @ self.monomials(X)).T

    def of_weights(self, x: Floats) -> "Trace":
        """The same circuit at inputs x, (inputs,), with the weights as its inputs."""
        monomials = self.monomials(x[None])[:, 0]
        coefficients = np.zeros((len(self.coefficients), 1 + self.weights))
        coefficients[:, 0] = self.coefficients @ monomials
        terms = self.terms
        np.add.at(coefficients, (terms.angle, 1 + terms.weight), terms.slope * monomials[terms.monomial])
        pairs = np.array([(self.weights, self.weights), *((weight, self.weights) for weight in range(self.weights))])
        none = np.zeros(0, dtype=np.intp)
        return Trace(
            self.qubits, self.weights, 0, self.gates, pairs, coefficients, Terms(none, none, none, np.zeros(0))
        )

    def pull_weights(self, by_monomial: Floats) -> Floats:
        """dL/d weights, (weights,), from dL/d coefficients, (n_angles, n_monomials)."""
        terms = self.terms
        slopes = terms.slope * by_monomial[terms.angle, terms.monomial]
        return np.bincount(terms.weight, slopes, minlength=self.weights).astype(np.float64)

    def pull_inputs(self, by_monomial: Floats, X: Floats) -> Floats:
        """dL/d X, (n_rows, inputs), from dL/d monomials, (n_monomials, n_rows)."""
        padded = np.vstack([X.T, np.ones(len(X))])
        out = np.zeros_like(padded)
        first, second = self.pairs.T
        linear = second == self.inputs  # one monomial an input, so that plain indexing adds them up
        out[first[linear]] = by_monomial[linear]
        first, second, by_product = first[~linear], second[~linear], by_monomial[~linear]
        np.add.at(out, first, by_product * padded[second])
        np.add.at(out, second, by_product * padded[first])
        return np.ascontiguousarray(out[:-1].T)


def trace(circuit: Quantum) -> Trace:
    """The circuit's gates and angles, found by probing. Raises UntraceableError with the reason."""
    rng = np.random.default_rng(0)  # probes; any values without accidental coincidences do
    probes = [rng.uniform(0.2, 1.2, circuit.weights) for _ in range(3)]
    check = rng.uniform(-2, 2, (4, circuit.inputs))
    expected = [_read(circuit, check, probe) for probe in probes]
    gates = expected[0][0]
    if any(other != gates for other, _ in expected):
        raise UntraceableError("its gates depend on the values of its inputs or weights")
    for pairwise in (False, True) if circuit.inputs > 1 else (False,):  # the pairs' rows are many: only where needed
        found = _fit(circuit, gates, probes, pairwise)
        misfits = [
            np.abs(found.angles(check, probe).T - angles) for probe, (_, angles) in zip(probes, expected, strict=True)
        ]
        if np.max(misfits, initial=0) < _TOLERANCE:
            return found
    raise UntraceableError("an angle is neither a quadratic in the inputs nor linear in the weights")


def _fit(circuit: Quantum, gates: tuple[Gate, ...], probes: list[Floats], pairwise: bool) -> Trace:
    """The trace that agrees with the circuit at the probes, if any does."""
    pairs, rows = _grid(circuit.inputs, pairwise)

    def coefficients(weights: Floats) -> Floats:
        return _quadratic(_read(circuit, rows, weights)[1], circuit.inputs, pairwise)

    fitted = [coefficients(probe) for probe in probes]
    moving = np.argwhere(np.abs(fitted[1] - fitted[0]) > _TOLERANCE).T
    slopes = _slopes(probes, [each[*moving] for each in fitted])
    if slopes is None:
        unit = np.eye(circuit.weights)
        slopes = np.array([coefficients(probes[0] + step)[*moving] - fitted[0][*moving] for step in unit]).T
    entries, weight = np.nonzero(np.abs(slopes) > _TOLERANCE)
    slope = slopes[entries, weight]
    slope = np.where(np.abs(slope - slope.round(9)) < _ROUNDING, slope.round(9), slope)
    fixed = fitted[0]
    np.add.at(fixed, tuple(moving[:, entries]), -slope * probes[0][weight])
    fixed[np.abs(fixed) < _TOLERANCE] = 0
    used = np.any(fixed != 0, axis=0)
    used[[0, *moving[1]]] = True
    place = np.cumsum(used) - 1
    terms = Terms(moving[0, entries], place[moving[1, entries]], weight, slope)
    return Trace(circuit.qubits, circuit.inputs, circuit.weights, gates, pairs[used], fixed[:, used], terms)


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


def _grid(inputs: int, pairwise: bool) -> tuple[NDArray[np.intp], Floats]:
    """Monomials (1, x_i, x_i^2, x_i x_j), and the rows 0, e_i, -e_i, e_i + e_j that tell their coefficients apart."""
    unit = np.eye(inputs)
    both = list(itertools.combinations(range(inputs), 2)) if pairwise else []
    pairs = [(inputs, inputs)]
    pairs += [(i, inputs) for i in range(inputs)]
    pairs += [(i, i) for i in range(inputs)]
    pairs += both
    rows = np.vstack([np.zeros((1, inputs)), unit, -unit, *(unit[[i]] + unit[[j]] for i, j in both)])
    return np.array(pairs), rows


def _quadratic(values: Floats, inputs: int, pairwise: bool) -> Floats:
    """Coefficients (n_angles, n_monomials) from values (n_angles, n_rows) on the grid, exact for a quadratic."""
    constant = values[:, :1]
    plus = values[:, 1 : 1 + inputs] - constant
    minus = values[:, 1 + inputs : 1 + 2 * inputs] - constant
    alone = [constant, (plus - minus) / 2, (plus + minus) / 2]
    if not pairwise:
        return np.hstack(alone)
    both = values[:, 1 + 2 * inputs :] - constant
    i, j = np.array(list(itertools.combinations(range(inputs), 2)), dtype=np.intp).reshape(-1, 2).T
    return np.hstack([*alone, both - plus[:, i] - plus[:, j]])


def _slopes(probes: list[Floats], values: list[Floats]) -> Floats | None:
    """Slopes (n_values, weights) of values that are each linear in a single weight; None if some are not."""
    first, second = values[1] - values[0], values[2] - values[0]
    out = np.zeros((len(first), len(probes[0])))
    if not out.size:
        return out
    slopes = first[:, None] / (probes[1] - probes[0])
    misfits = np.abs(slopes * (probes[2] - probes[0]) - second[:, None])
    weight = misfits.argmin(axis=1)
    each = np.arange(len(first))
    if np.max(misfits[each, weight]) > _TOLERANCE:
        return None
    out[each, weight] = slopes[each, weight]
    return out
