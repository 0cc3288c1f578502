"""One network out of three parts: a classical encoder where there is one, the circuit, and a classical decoder."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from qpilot.circuits import Circuit
from qpilot.emulator.noise import Noise
from qpilot.emulator.noisy import NoisySimulator
from qpilot.models.compiled import noisy, simulator
from qpilot.models.dense import Angles, Dense
from qpilot.simulator import Simulator
from qpilot.simulator.gradients import GRADIENTS
from qpilot.training.network import Floats, States, Upstream
from qpilot.training.origin import Origin

SPREAD = 0.1  # standard deviation of starting angles, radians: near the identity gradients do not vanish with width


def starting_weights(circuit: Circuit, rng: np.random.Generator) -> Floats:
    """A circuit's weights where training begins, (weights,): angles near zero, input scalings one."""
    weights = rng.normal(0, SPREAD, circuit.weights)
    weights[circuit.scalings] = 1.0
    return weights


@dataclass(frozen=True)
class CircuitNetwork:
    """outputs = decoder(<words>(circuit(encoder(X)))), differentiated end to end through the circuit's inputs.

    Parameters are the encoder's, the circuit's weights, the decoder's. Without an encoder X is what the circuit encodes.
    words: Pauli words, as many as the decoder takes. gradient: one of `GRADIENTS`. shots: a circuit, wherever a random
    generator is given. noise: what `outputs` and `pull` suffer; `expectations` and `states` are always exact.
    """

    circuit: Circuit
    words: tuple[str, ...]
    encoder: Angles | None
    decoder: Dense
    gradient: Literal["adjoint", "parameter-shift", "finite-difference"] = "adjoint"
    shots: int | None = None
    noise: Noise | None = None

    @property
    def origin(self) -> Origin:
        """The simulator, or the emulated device with its calibration and median infidelities."""
        return Origin() if self.noise is None else Origin(self.noise.backend, self.noise.calibration, self.noise.rates)

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return self._ends[-1]

    @property
    def parts(self) -> Mapping[str, slice]:
        """Where each part has its parameters; "encoder" only where there is one."""
        encoder, circuit, head = self._ends
        classical = {} if self.encoder is None else {"encoder": slice(0, encoder)}
        return {**classical, "circuit": slice(encoder, circuit), "head": slice(circuit, head)}

    @property
    def layers(self) -> tuple[slice, ...]:
        """Where each layer of the ansatz has its angles."""
        first = self.parts["circuit"].start
        return tuple(slice(first + layer.start, first + layer.stop) for layer in self.circuit.layer_slices)

    @property
    def _ends(self) -> tuple[int, int, int]:
        encoder = 0 if self.encoder is None else self.encoder.size
        return encoder, encoder + self.circuit.weights, encoder + self.circuit.weights + self.decoder.size

    def start(self, rng: np.random.Generator) -> Floats:
        """Parameters to start from: (size,)."""
        encoder = np.zeros(0) if self.encoder is None else self.encoder.start(rng)
        return np.concatenate([encoder, starting_weights(self.circuit, rng), self.decoder.start(rng)])

    def inputs(self, X: Floats, parameters: Floats) -> Floats:
        """What the circuit's gates take, (n_rows, inputs), from X: (n_rows, n_features)."""
        return self.circuit.prepare(self._encoded(X, parameters))

    def expectations(self, X: Floats, parameters: Floats) -> Floats:
        """The words' exact expectations: (n_rows, n_words)."""
        return simulator(self.circuit).expectations(
            self.inputs(X, parameters), parameters[self.parts["circuit"]], self.words
        )

    def outputs(self, X: Floats, parameters: Floats, rng: np.random.Generator | None = None) -> Floats:
        """(n_rows, n_outputs) under the noise; with a random generator and finite shots as these estimate them."""
        inputs, weights = self.inputs(X, parameters), parameters[self.parts["circuit"]]
        if rng is None or self.shots is None:
            measured = self._simulator.expectations(inputs, weights, self.words)
        else:
            measured = self._simulator.sampled(inputs, weights, self.words, self.shots, rng)
        return self.decoder.values(measured, parameters[self.parts["head"]])

    def pull(
        self, X: Floats, parameters: Floats, upstream: Upstream, rng: np.random.Generator | None = None
    ) -> tuple[Floats, Floats]:
        """Outputs (n_rows, n_outputs) and the loss's gradient (size,)."""
        parts = self.parts
        head, weights = parameters[parts["head"]], parameters[parts["circuit"]]
        encoded, gradient = self._encoded(X, parameters), np.zeros(self.size)

        def back(expectations: Floats) -> Floats:
            slopes = upstream(self.decoder.values(expectations, head))
            pulled = self.decoder.pull(expectations, head, slopes)
            gradient[parts["head"]] = pulled.parameters
            return pulled.inputs

        measured, gradient[parts["circuit"]], by_input = GRADIENTS[self.gradient](
            self._simulator,
            self.circuit.prepare(encoded),
            weights,
            self.words,
            back,
            shots=None if rng is None else self.shots,
            rng=rng,
            inputs=self.encoder is not None,
        )
        if self.encoder is not None:
            slopes = self.circuit.pull(encoded, by_input)
            gradient[parts["encoder"]] = self.encoder.pull(X, parameters[parts["encoder"]], slopes).parameters
        return self.decoder.values(measured, head), gradient

    def states(self, X: Floats, parameters: Floats) -> States:
        """What the circuit leaves each row in, exactly: (n_rows, 2**qubits)."""
        return simulator(self.circuit).states(self.inputs(X, parameters), parameters[self.parts["circuit"]])

    def circuits(self, rows: int, gradient: bool) -> int:
        """How many circuits such a call executes; words of Z are all read from one setting."""
        if not gradient:
            return rows
        if self.gradient == "adjoint":
            return 3 * rows
        if self.gradient == "finite-difference":
            varied = self.circuit.weights + (0 if self.encoder is None else self.circuit.inputs)
            return rows * (1 + 2 * varied)
        trace = simulator(self.circuit).trace
        shifted = trace.trained | trace.scaled | (trace.varies & (self.encoder is not None))
        return rows * (1 + 2 * int(shifted.sum()))

    @property
    def _simulator(self) -> Simulator | NoisySimulator:
        return simulator(self.circuit) if self.noise is None else noisy(self.circuit, self.noise)

    def _encoded(self, X: Floats, parameters: Floats) -> Floats:
        return X if self.encoder is None else self.encoder.values(X, parameters[self.parts["encoder"]])
