"""A circuit compiled once, then run on batches: states, expectations, gradients, and the gate lists for a device."""

import logging
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from qpilot.errors import UsageError, unknown
from qpilot.program import Circuits, Gate
from qpilot.simulator.engine import Engine, Upstream
from qpilot.simulator.pauli import parse
from qpilot.simulator.reference import Reference
from qpilot.simulator.shots import sample
from qpilot.simulator.steps import Floats, States
from qpilot.simulator.trace import Quantum, Trace, UntraceableError, trace

_LOG = logging.getLogger(__name__)

Precision = Literal["double", "single"]

PRECISIONS: dict[Precision, np.dtype[Any]] = {"double": np.dtype(np.complex128), "single": np.dtype(np.complex64)}
"""Amplitudes of 16 or 8 bytes; single is about twice as fast from 8 qubits on, and right to 1e-5."""

_MEASURE = {"X": ("h",), "Y": ("sdg", "h"), "Z": (), "I": ()}
_INVERSE = {"s": "sdg", "sdg": "s"}


class Simulator:
    """A compiled circuit. X: (n_rows, inputs) and weights: (weights,), float64, radians; None where there are none.

    Agrees with default.qubit to 1e-10 (single precision: 1e-5), states up to a global phase. A circuit the engine does
    not know runs on default.qubit, with a line in the log. Raises UsageError on arrays of another shape and on NaN.
    """

    def __init__(self, circuit: Quantum, precision: Precision = "double") -> None:
        if precision not in PRECISIONS:
            raise UsageError(unknown("precision", precision, PRECISIONS))
        self.circuit = circuit
        self.precision: Precision = precision
        self.dtype = kind = PRECISIONS[precision]
        self._parse = lru_cache(maxsize=64)(lambda words: parse(words, circuit.qubits, kind))
        self._trace: Trace | UntraceableError
        self._engine: Engine | Reference
        try:
            self._trace = trace(circuit)
            self._engine = Engine(self._trace, kind)
        except UntraceableError as reason:
            _LOG.warning("%s runs on default.qubit, slowly: %s", circuit, reason)
            self._trace = reason
            self._engine = Reference(circuit, kind)

    def __reduce__(self) -> tuple[type["Simulator"], tuple[Quantum, Precision]]:
        return Simulator, (self.circuit, self.precision)  # another process compiles its own

    @property
    def trace(self) -> Trace:
        """Gates and what their angles are made of. Raises UsageError for a circuit that runs on default.qubit."""
        if isinstance(self._trace, UntraceableError):
            raise UsageError(f"{self.circuit} cannot be written as gates for a device: {self._trace}")
        return self._trace

    def states(self, X: Floats, weights: Floats | None = None) -> States:
        """(n_rows, 2**qubits), complex128 or, in single precision, complex64; wire 0 is the most significant bit."""
        return self._engine.states(*self._checked(X, weights))

    def expectations(
        self, X: Floats, weights: Floats | None, words: tuple[str, ...], shifts: Floats | None = None
    ) -> Floats:
        """<word> of every row, (n_rows, n_words), of Pauli words such as "ZIII", wire 0 first.

        shifts: (n_angles,), radians, added to the trace's angles in every row.
        """
        return self._engine.expectations(*self._checked(X, weights), self._parse(tuple(words)), shifts)

    def sampled(
        self,
        X: Floats,
        weights: Floats | None,
        words: tuple[str, ...],
        shots: int,
        rng: np.random.Generator,
        shifts: Floats | None = None,
    ) -> Floats:
        """`expectations` as `shots` shots a row and basis estimate them; words that agree share a basis."""
        words = self._parse(tuple(words)).names  # refuses what is no word
        return sample(self._engine.states(*self._checked(X, weights), shifts), words, shots, rng)

    def value_and_vjp(
        self, X: Floats, weights: Floats, words: tuple[str, ...], upstream: Upstream
    ) -> tuple[Floats, Floats]:
        """Expectations (n_rows, n_words) and dL/d weights (weights,), in one pass, by the adjoint method.

        upstream: dL/d expectations, or a function that answers it from the expectations, where the loss needs them.
        """
        return self._engine.differentiate(*self._checked(X, weights), self._parse(tuple(words)), upstream)[:2]

    def value_and_vjps(
        self, X: Floats, weights: Floats | None, words: tuple[str, ...], upstream: Upstream
    ) -> tuple[Floats, Floats, Floats]:
        """Expectations (n_rows, n_words), dL/d weights (weights,) and dL/d X (n_rows, inputs), in one pass."""
        return self._engine.differentiate(*self._checked(X, weights), self._parse(tuple(words)), upstream, inputs=True)

    def states_vjp(self, X: Floats, weights: Floats, upstream: States) -> Floats:
        """dL/d weights, (weights,). upstream: dL/d conj(states), (n_rows, 2**qubits), of a real L.

        As states are known up to a phase only, L may not depend on a row's phase (overlaps squared do not).
        """
        X, weights = self._checked(X, weights)
        if upstream.shape != (len(X), 2**self.circuit.qubits):
            raise UsageError(
                f"upstream must be {(len(X), 2**self.circuit.qubits)}, as the states, got {upstream.shape}"
            )
        return self._engine.pull_states(X, weights, upstream)

    def circuits(self, X: Floats, weights: Floats | None, basis: str) -> Circuits:
        """The gates for a device, one circuit a row, measured in a Pauli basis such as "XXXX"."""
        if len(basis) != self.circuit.qubits or set(basis) - set(_MEASURE):
            raise UsageError(f"basis {basis!r} is not {self.circuit.qubits} letters of X, Y, Z, I, one a qubit")
        gates, angles = self._program(X, weights)
        turned = tuple(Gate(name, (wire,)) for wire, letter in enumerate(basis) for name in _MEASURE[letter])
        return Circuits(self.circuit.qubits, gates + turned, angles)

    def fidelity_circuits(self, X: Floats, row: Floats, weights: Floats | None = None) -> Circuits:
        """U(row)^dagger U(x) for every x of X: the probability of all zeros is |<row|x>|^2. row: (inputs,)."""
        gates, angles = self._program(X, weights)
        _, other = self._program(np.atleast_2d(row), weights)
        own = angles.shape[1]
        inverse = tuple(
            Gate(_INVERSE.get(gate.name, gate.name), gate.wires, tuple(own + k for k in gate.angles))
            for gate in reversed(gates)
        )
        both = np.hstack([angles, np.repeat(-other, len(angles), axis=0)])
        return Circuits(self.circuit.qubits, gates + inverse, both)

    def _program(self, X: Floats, weights: Floats | None) -> tuple[tuple[Gate, ...], Floats]:
        return self.trace.gates, self.trace.angles(*self._checked(X, weights))

    def _checked(self, X: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
        X = np.ascontiguousarray(X, dtype=np.float64)
        weights = np.zeros(0) if weights is None else np.ascontiguousarray(weights, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != self.circuit.inputs:
            raise UsageError(f"the circuit takes rows of {self.circuit.inputs} inputs, got shape {X.shape}")
        if weights.shape != (self.circuit.weights,):
            raise UsageError(f"the circuit takes {self.circuit.weights} weights, got shape {weights.shape}")
        if not (np.isfinite(X).all() and np.isfinite(weights).all()):
            raise UsageError("inputs and weights must be finite, got NaN or infinity")
        return X, weights
