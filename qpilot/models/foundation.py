"""What a transfer model stands on: a trained encoder and circuit, and where they may come from."""

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qpilot.candidates.candidate import Candidate
from qpilot.circuits import Circuit
from qpilot.errors import UsageError
from qpilot.models.dense import Angles, Floats
from qpilot.models.network import CircuitNetwork


@dataclass(frozen=True)
class Foundation:
    """Trained parameters of an encoder (None: there is none) and of a circuit: (encoder.size,), (circuit.weights,).

    digest: the sha256 of what they come from, by which foundations are told apart.
    """

    digest: str
    circuit: Circuit
    encoder: Angles | None
    before: Floats = field(compare=False, repr=False)
    weights: Floats = field(compare=False, repr=False)

    def found(self, candidate: Candidate, circuit: Circuit, seed: int) -> "Foundation":
        """Itself. Raises UsageError where it is of another circuit; one with couplings may found its twin."""
        if replace(self.circuit, entangled=circuit.entangled) != circuit:
            raise UsageError(
                f"the backbone of candidate {candidate.name!r} is another circuit: {_told(self.circuit)}, where the"
                f" candidate asks for {_told(circuit)}; set encoding, ansatz, layers and qubits as the backbone has them"
            )
        return self

    def start(self, network: CircuitNetwork, frozen: bool) -> tuple[Floats, NDArray[np.bool_]]:
        """What is taken over, (size,), NaN elsewhere, and what is trained: (size,).

        The encoder is taken over where it is the network's own shape, and begins anew otherwise. A circuit that was
        trained with couplings its twin lacks is tuned even where it should be frozen: else the twin would be blinded.
        """
        given, free = np.full(network.size, np.nan), np.ones(network.size, dtype=np.bool_)
        parts = network.parts
        given[parts["circuit"]] = self.weights
        free[parts["circuit"]] = not frozen or self.circuit != network.circuit
        if "encoder" in parts and self.encoder == network.encoder:
            given[parts["encoder"]] = self.before
            free[parts["encoder"]] = free[parts["circuit"]].any()
        return given, free


class Source(Protocol):
    """Where a foundation comes from."""

    @property
    def digest(self) -> str:
        """sha256 (hex) of the content."""
        ...

    def found(self, candidate: Candidate, circuit: Circuit, seed: int) -> Foundation:
        """The foundation for this circuit."""
        ...


def of(model: Any, digest: str) -> Foundation:
    """The encoder and circuit of a fitted `TrainedModel`, whatever it answers."""
    network, parts = model.network, model.network.parts
    before = model.parameters_[parts["encoder"]] if "encoder" in parts else np.zeros(0)
    return Foundation(digest, network.circuit, network.encoder, before, model.parameters_[parts["circuit"]])


def _told(circuit: Circuit) -> str:
    return f"{circuit.encoding} + {circuit.ansatz} x{circuit.layers} on {circuit.qubits} qubits, {circuit.features} features"
