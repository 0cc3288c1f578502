"""PennyLane's default.qubit, row by row: for circuits the engine does not know, and for checking those it does."""

from typing import Any

import numpy as np

from qpilot.errors import UsageError
from qpilot.simulator.engine import Upstream
from qpilot.simulator.pauli import Words
from qpilot.simulator.steps import Floats, Precision, States
from qpilot.simulator.trace import Quantum


class Reference:
    """The same methods as `Engine`, slow and general; only shifts of single angles need the engine."""

    def __init__(self, circuit: Quantum, precision: Precision) -> None:
        self.precision = precision
        self._circuit = circuit

    def states(self, X: Floats, weights: Floats, shifts: Floats | None = None) -> States:
        """(n_rows, 2**qubits)."""
        import pennylane as qml

        if shifts is not None:
            raise UsageError(f"{self._circuit} runs on default.qubit, where single angles cannot be shifted")

        def state(x: Floats) -> Any:
            self._circuit.function(x, weights)
            return qml.state()

        node = qml.QNode(state, self._device(), interface="numpy")
        return np.array([node(x) for x in X], dtype=self.precision).reshape(len(X), 2**self._circuit.qubits)

    def expectations(self, X: Floats, weights: Floats, words: Words, shifts: Floats | None = None) -> Floats:
        """(n_rows, n_words)."""
        states = np.ascontiguousarray(self.states(X, weights, shifts).T)
        return words.expectations(states, np.empty_like(states))

    def differentiate(
        self, X: Floats, weights: Floats, words: Words, upstream: Upstream, inputs: bool = False
    ) -> tuple[Floats, Floats, Floats]:
        """Expectations (n_rows, n_words), dL/d weights (weights,) and, with `inputs`, dL/d X, by backpropagation."""
        import pennylane as qml

        values = self.expectations(X, weights, words)
        slopes = upstream(values) if callable(upstream) else upstream
        observables = [qml.pauli.string_to_pauli_word(word) for word in words.names]

        def weighted(x: Any, free: Any, slope: Floats) -> Any:
            self._circuit.function(x, free)
            return qml.expval(qml.dot(slope, observables))

        node = qml.QNode(weighted, self._device(), interface="autograd", diff_method="backprop")
        by_row = self._pulled(node, X, weights, slopes)
        return values, by_row[:, : len(weights)].sum(axis=0), by_row[:, len(weights) :] if inputs else X[:, :0]

    def pull_states(self, X: Floats, weights: Floats, upstream: States) -> Floats:
        """dL/d weights, (weights,), from dL/d conj(states), (n_rows, 2**qubits)."""
        import pennylane as qml

        def state(x: Any, free: Any) -> Any:
            self._circuit.function(x, free)
            return qml.state()

        node = qml.QNode(state, self._device(), interface="autograd", diff_method="backprop")

        def weighted(x: Any, free: Any, slope: States) -> Any:
            return 2 * qml.math.real(qml.math.sum(np.conj(slope) * node(x, free)))

        return np.asarray(self._pulled(weighted, X, weights, upstream)[:, : len(weights)].sum(axis=0))

    def _pulled(self, weighted: Any, X: Floats, weights: Floats, slopes: Floats | States) -> Floats:
        """d/d weights and inputs of weighted(x, weights, slope), row by row: (n_rows, weights + inputs)."""
        import pennylane as qml

        free = qml.numpy.array(weights, requires_grad=True)
        gradient = qml.grad(weighted, argnums=(0, 1))
        out = np.zeros((len(X), len(weights) + X.shape[1]))
        for row, (x, slope) in enumerate(zip(X, slopes, strict=True)):
            by_input, by_weight = gradient(qml.numpy.array(x, requires_grad=True), free, slope)
            out[row] = np.concatenate([by_weight, by_input])
        return out

    def _device(self) -> Any:
        import pennylane as qml

        return qml.device("default.qubit", wires=self._circuit.qubits)
