"""A circuit as a network whose outputs are its states: what a kernel is trained through."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qpilot.circuits import Circuit
from qpilot.models.compiled import simulator
from qpilot.models.network import starting_weights
from qpilot.training.network import Floats, States, Upstream
from qpilot.training.origin import Origin


@dataclass(frozen=True)
class FeatureMap:
    """Parameters are the circuit's weights. outputs: (n_rows, 2 * 2**qubits), real and imaginary parts by turns.

    States are known up to a phase each, so that a loss may only depend on their overlaps. Answers are exact.
    """

    circuit: Circuit

    @property
    def size(self) -> int:
        """How many weights there are."""
        return self.circuit.weights

    @property
    def parts(self) -> Mapping[str, slice]:
        """All of them are the circuit's."""
        return {"circuit": slice(0, self.size)}

    @property
    def origin(self) -> Origin:
        """The simulator."""
        return Origin()

    @property
    def layers(self) -> tuple[slice, ...]:
        """Where each layer of the ansatz has its angles."""
        return self.circuit.layer_slices

    def start(self, rng: np.random.Generator) -> Floats:
        """Weights to start from: (size,)."""
        return starting_weights(self.circuit, rng)

    def outputs(self, X: Floats, parameters: Floats, rng: np.random.Generator | None = None) -> Floats:
        """The states as numbers: (n_rows, 2 * 2**qubits)."""
        return self.states(X, parameters).view(np.float64)

    def pull(
        self, X: Floats, parameters: Floats, upstream: Upstream, rng: np.random.Generator | None = None
    ) -> tuple[Floats, Floats]:
        """Outputs and the loss's gradient (size,)."""
        outputs = self.outputs(X, parameters)
        slopes = np.ascontiguousarray(upstream(outputs)).view(np.complex128)
        return outputs, simulator(self.circuit).states_vjp(self.circuit.prepare(X), parameters, slopes / 2)

    def states(self, X: Floats, parameters: Floats) -> States:
        """(n_rows, 2**qubits) from scaled features (n_rows, n_features)."""
        return simulator(self.circuit).states(self.circuit.prepare(X), parameters)

    def circuits(self, rows: int, gradient: bool) -> int:
        """Ways through the simulator; a device would take one circuit a pair of rows."""
        return 3 * rows if gradient else rows
