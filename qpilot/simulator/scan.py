"""One circuit at many weight vectors, as barren plateaus and expressibility ask for: the weights are the batch."""

import numpy as np

from qpilot.simulator.engine import Engine
from qpilot.simulator.pauli import parse
from qpilot.simulator.simulator import Simulator
from qpilot.simulator.steps import Floats, States


class Scan:
    """A simulator's circuit at one row of inputs, with the weights free. x: (inputs,), radians.

    Raises UsageError for a circuit that is known to default.qubit alone.
    """

    def __init__(self, simulator: Simulator, x: Floats) -> None:
        self._qubits = simulator.circuit.qubits
        self._engine = Engine(simulator.trace.of_weights(np.asarray(x, dtype=np.float64)), simulator.dtype)

    def states(self, weights: Floats) -> States:
        """(n_points, 2**qubits), a state for every row of weights, (n_points, weights)."""
        return self._engine.states(np.asarray(weights, dtype=np.float64), _NONE)

    def gradients(
        self, weights: Floats, words: tuple[str, ...], upstream: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """Expectations (n_points, n_words) and the gradient of their weighted sum at every point, (n_points, weights).

        weights: (n_points, weights), radians. upstream: (n_words,), the sum's weights; the mean of all words if None.
        """
        weights = np.asarray(weights, dtype=np.float64)
        share = np.full(len(words), 1 / len(words)) if upstream is None else upstream
        pull = np.repeat(share[None], len(weights), axis=0)
        parsed = parse(words, self._qubits, self._engine.precision)
        values, _, gradients = self._engine.differentiate(weights, _NONE, parsed, pull, inputs=True)
        return values, gradients


_NONE = np.zeros(0)
