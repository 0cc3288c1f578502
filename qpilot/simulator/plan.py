"""A circuit compiled once, then run on batches: states, expectations, gradients, and the gate list for a device."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from qpilot.errors import UsageError
from qpilot.program import Circuits, Gate
from qpilot.simulator.pauli import Words, parse
from qpilot.simulator.schedule import schedule
from qpilot.simulator.steps import Floats, States
from qpilot.simulator.trace import Quantum, trace

_AMPLITUDES = 2**15  # a chunk of rows holds about this many: 512 kB, so that it stays in a core's cache

Upstream = Floats | Callable[[Floats], Floats]
"""dL/d expectations, (n_rows, n_words), or a function that answers it from the expectations."""

_MEASURE = {"X": ("h",), "Y": ("sdg", "h"), "Z": (), "I": ()}
_INVERSE = {"s": "sdg", "sdg": "s"}


class Plan:
    """A compiled circuit. X: (n_rows, features), weights: (weights,), both float64 in radians; None where there are none.

    States are equal to PennyLane's up to a global phase. Agreement with default.qubit: 1e-10.
    """

    def __init__(self, circuit: Quantum) -> None:
        self.circuit = circuit
        self._trace = trace(circuit)
        self._schedule = schedule(self._trace)
        self._words = lru_cache(maxsize=64)(lambda words: parse(words, circuit.qubits))

    def states(self, X: Floats, weights: Floats | None = None) -> States:
        """(n_rows, 2**qubits), complex128; wire 0 is the most significant bit."""
        X, weights = self._checked(X, weights)
        out = np.empty((len(X), 2**self.circuit.qubits), dtype=complex)
        run = _Run(self, weights)
        for rows in self._chunks(len(X)):
            out[rows] = run.forward(X[rows]).T
        return out

    def expectations(self, X: Floats, weights: Floats | None, words: tuple[str, ...]) -> Floats:
        """<word> of every row, (n_rows, n_words)."""
        X, weights = self._checked(X, weights)
        parsed = self._words(tuple(words))
        out = np.empty((len(X), len(words)))
        run = _Run(self, weights)
        for rows in self._chunks(len(X)):
            out[rows] = parsed.expectations(run.forward(X[rows]))
        return out

    def vjp(self, X: Floats, weights: Floats, words: tuple[str, ...], upstream: Floats) -> Floats:
        """dL/d weights, (weights,), by the adjoint method. upstream: dL/d expectations, (n_rows, n_words)."""
        return self.value_and_vjp(X, weights, words, upstream)[1]

    def value_and_vjp(
        self, X: Floats, weights: Floats, words: tuple[str, ...], upstream: Upstream
    ) -> tuple[Floats, Floats]:
        """Expectations (n_rows, n_words) and dL/d weights (weights,) in one pass."""
        X, weights = self._checked(X, weights)
        parsed = self._words(tuple(words))
        run = _Run(self, weights)
        kept = [(rows, *run.kept(X[rows])) for rows in self._chunks(len(X))]
        values = np.empty((len(X), len(words)))
        for rows, states, _ in kept:
            values[rows] = parsed.expectations(states[-1])
        slopes = upstream(values) if callable(upstream) else upstream
        for rows, states, varying in kept:
            run.backward(states, varying, parsed.weighted(states[-1], slopes[rows]))
        return values, run.gradient()

    def circuits(self, X: Floats, weights: Floats | None, basis: str) -> Circuits:
        """The gates for a device, one circuit a row, measured in a Pauli basis such as "XXXX"."""
        X, weights = self._checked(X, weights)
        if len(basis) != self.circuit.qubits or set(basis) - set(_MEASURE):
            raise UsageError(f"basis {basis!r} is not {self.circuit.qubits} letters of X, Y, Z, I (one a qubit)")
        turned = tuple(Gate(name, (wire,)) for wire, letter in enumerate(basis) for name in _MEASURE[letter])
        return Circuits(self.circuit.qubits, self._trace.gates + turned, self._angles(X, weights))

    def fidelity_circuits(self, X: Floats, row: Floats, weights: Floats | None = None) -> Circuits:
        """U(row)^dagger U(x) for every x of X: the probability of all zeros is |<row|x>|^2."""
        X, weights = self._checked(X, weights)
        angles = self._angles(X, weights)
        other, _ = self._checked(row[None], weights)
        back = np.broadcast_to(-self._angles(other, weights), angles.shape)
        inverse = tuple(
            Gate(_INVERSE.get(gate.name, gate.name), gate.wires, tuple(k + angles.shape[1] for k in gate.angles))
            for gate in reversed(self._trace.gates)
        )
        return Circuits(self.circuit.qubits, self._trace.gates + inverse, np.hstack([angles, back]))

    def _angles(self, X: Floats, weights: Floats) -> Floats:
        return np.ascontiguousarray((self._trace.varying(X) + self._trace.fixed(weights)[:, None]).T)

    def _chunks(self, rows: int) -> list[slice]:
        step = max(1, _AMPLITUDES >> self.circuit.qubits)
        return [slice(start, start + step) for start in range(0, rows, step)]

    def _checked(self, X: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
        """Contiguous float64. Raises UsageError on a shape the circuit does not take, or on NaN."""
        X = np.ascontiguousarray(X, dtype=np.float64)
        weights = np.zeros(0) if weights is None else np.ascontiguousarray(weights, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != self.circuit.features:
            raise UsageError(
                f"the circuit takes rows of {self.circuit.features} features, got an array of shape {X.shape}"
            )
        if weights.shape != (self.circuit.weights,):
            raise UsageError(f"the circuit takes {self.circuit.weights} weights, got an array of shape {weights.shape}")
        if not (np.isfinite(X).all() and np.isfinite(weights).all()):
            raise UsageError("features and weights must be finite, got NaN or infinity")
        return X, weights


class _Run:
    """One call of a plan: the operands all rows share, and the gradient as it adds up."""

    def __init__(self, plan: Plan, weights: Floats) -> None:
        self._trace = plan._trace
        self._steps = plan._schedule.steps
        self._angles = np.append(self._trace.fixed(weights), plan._schedule.offsets)
        self._operands = [(phases.operand(self._angles), turns.operand(self._angles)) for phases, turns in self._steps]
        self._gradient = np.zeros(len(self._angles))

    def kept(self, X: Floats) -> tuple[list[States], Floats]:
        """The states after every half step, in order, and the angles by row."""
        varying = np.vstack([self._trace.varying(X), np.zeros((2, len(X)))])
        (phases, turns), (shared, matrices) = self._steps[0], self._operands[0]
        zero = np.zeros((2**self._trace.qubits, len(X)), dtype=complex)
        zero[0] = 1
        kept = [phases.apply(zero, shared, varying)]
        kept.append(self._first_turns(turns, kept[0], matrices, varying))
        for (phases, turns), (shared, matrices) in zip(self._steps[1:], self._operands[1:], strict=True):
            kept.append(phases.apply(kept[-1], shared, varying))
            kept.append(turns.apply(kept[-1], matrices, self._angles, varying))
        return kept, varying

    def _first_turns(self, turns, states: States, matrices, varying: Floats) -> States:
        place = int(np.argmax(np.abs(states[:, 0])))
        bits = (place >> np.arange(self._trace.qubits - 1, -1, -1)) & 1
        return turns.start(bits, matrices, self._angles, varying) * states[place]

    def forward(self, X: Floats) -> States:
        return self.kept(X)[0][-1]

    def backward(self, kept: list[States], varying: Floats, bra: States) -> None:
        for level in reversed(range(len(self._steps))):
            (phases, turns), (shared, matrices) = self._steps[level], self._operands[level]
            turns.gradient(kept[2 * level + 1], bra, self._gradient)
            bra = turns.undo(bra, matrices, self._angles, varying)
            phases.gradient(kept[2 * level], bra, self._gradient)
            bra = phases.undo(bra, shared, varying)

    def gradient(self) -> Floats:
        weight, slope = self._trace.weight, self._trace.slope
        taken = weight >= 0
        return np.bincount(
            weight[taken], (slope * self._gradient[: len(slope)])[taken], minlength=self._trace.weights
        ).astype(np.float64)


def overlaps(a: States, b: States) -> Floats:
    """|<a_i|b_j>|^2, (n_a, n_b), from states (n, 2**qubits)."""
    inner = a.conj() @ b.T
    return np.asarray(inner.real**2 + inner.imag**2)
