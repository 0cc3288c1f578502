"""PennyLane's default.qubit, row by row: for circuits the engine does not know, and for checking those it does."""

from typing import Any

import numpy as np

from qpilot.simulator.engine import Upstream
from qpilot.simulator.pauli import Words
from qpilot.simulator.steps import Floats, States
from qpilot.simulator.trace import Quantum


class Reference:
    """The same methods as `Engine`, slow and general."""

    def __init__(self, circuit: Quantum) -> None:
        self._circuit = circuit

    def states(self, X: Floats, weights: Floats) -> States:
        """(n_rows, 2**qubits), complex128."""
        import pennylane as qml

        def state(x: Floats) -> Any:
            self._circuit.function(x, weights)
            return qml.state()

        node = qml.QNode(state, self._device(), interface="numpy")
        return np.array([node(x) for x in X], dtype=np.complex128).reshape(len(X), -1)

    def expectations(self, X: Floats, weights: Floats, words: Words) -> Floats:
        """(n_rows, n_words)."""
        states = np.ascontiguousarray(self.states(X, weights).T)
        return words.expectations(states, np.empty_like(states))

    def differentiate(self, X: Floats, weights: Floats, words: Words, upstream: Upstream) -> tuple[Floats, Floats]:
        """Expectations (n_rows, n_words) and dL/d weights (weights,), by backpropagation."""
        import pennylane as qml

        values = self.expectations(X, weights, words)
        slopes = upstream(values) if callable(upstream) else upstream
        observables = [qml.pauli.string_to_pauli_word(word) for word in words.names]

        def weighted(free: Any, x: Floats, slope: Floats) -> Any:
            self._circuit.function(x, free)
            return qml.expval(qml.dot(slope, observables))

        node = qml.QNode(weighted, self._device(), interface="autograd", diff_method="backprop")
        free = qml.numpy.array(weights, requires_grad=True)
        slope_of = qml.grad(node, argnums=0)
        gradients = [slope_of(free, x, slope) for x, slope in zip(X, slopes, strict=True)]
        return values, np.sum(gradients, axis=0, dtype=np.float64).reshape(len(weights))

    def _device(self) -> Any:
        import pennylane as qml

        return qml.device("default.qubit", wires=self._circuit.qubits)
