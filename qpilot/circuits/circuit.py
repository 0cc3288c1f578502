"""A circuit by the names of its parts: what it takes, what it is trained by, what is read, and its gates."""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from qpilot.circuits.consistency import faults, misfit, require_known
from qpilot.circuits.registry import ANSAETZE, ENCODINGS, Floats, Layered
from qpilot.errors import UsageError


@dataclass(frozen=True)
class Circuit:
    """An encoding, followed by an ansatz or alone.

    layers: the ansatz's, or the encoding's repetitions where there is no ansatz (with one, the encoding comes once).
    entangled: False is the entanglement-free twin, with the same weights. features: how many a row has; 0 for as many as
    the encoding usually holds. connectivity: what "hardware-efficient" couples ("linear" where nobody says).
    interleaved: the encoding comes after every layer, not once before all. mirrored: of every four layers the last
    two undo the second and the first, with weights of their own, so that equal weights make the identity (Grant et al.
    2019, arXiv 1903.05076); of pairs the couplings would cancel whatever the weights.
    Raises UsageError for unknown names and for parts that do not go together.
    """

    encoding: str
    ansatz: str | None
    layers: int
    qubits: int
    entangled: bool = True
    features: int = 0
    connectivity: str | None = None
    interleaved: bool = False
    mirrored: bool = False

    def __post_init__(self) -> None:
        require_known(self)
        if not self.features:
            object.__setattr__(self, "features", ENCODINGS[self.encoding].usual(self.qubits))
        for fault in faults(self):
            raise UsageError(fault)

    def fits(self, features: int) -> str | None:
        """None, or the sentence saying why rows of so many features cannot be encoded and what to set."""
        return misfit(self.encoding, self.qubits, features)

    @property
    def inputs(self) -> int:
        """How many values of a row its gates take."""
        preparation = ENCODINGS[self.encoding].preparation
        return self.features if preparation is None else preparation.inputs(self.qubits)

    def prepare(self, X: Floats) -> Floats:
        """Scaled features (n_rows, features) -> what its gates take, (n_rows, inputs), radians."""
        preparation = ENCODINGS[self.encoding].preparation
        return X if preparation is None else preparation.prepare(X, self.qubits)

    def pull(self, X: Floats, upstream: Floats) -> Floats:
        """dL/d features, (n_rows, features), from dL/d inputs, (n_rows, inputs): the chain rule through `prepare`."""
        preparation = ENCODINGS[self.encoding].preparation
        return upstream if preparation is None else preparation.pull(X, upstream, self.qubits)

    @property
    def weights(self) -> int:
        """How many trainable numbers there are, 0 without an ansatz: input scalings first, then the ansatz's angles."""
        return self.layer_slices[-1].stop if self.ansatz is not None else 0

    @property
    def scalings(self) -> slice:
        """Which weights multiply features, (layers, features): 1 leaves a feature as it is. Empty without any."""
        return slice(0, self.layers * self.features if ENCODINGS[self.encoding].scaled else 0)

    @property
    def layer_slices(self) -> tuple[slice, ...]:
        """Which weights are the angles of each of the ansatz's layers; empty without an ansatz."""
        if self.ansatz is None:
            return ()
        sizes = ANSAETZE[self.ansatz].sizes(self.layers, self.qubits)
        return tuple(slice(*ends) for ends in pairwise(accumulate(sizes, initial=self.scalings.stop)))

    @property
    def reads(self) -> tuple[int, ...]:
        """The wires to read: all, or those that the ansatz leaves. The twin is read on all, else it would be blind."""
        everything = tuple(range(self.qubits))
        if self.ansatz is None or not self.entangled:
            return everything
        ansatz = ANSAETZE[self.ansatz]
        if not isinstance(ansatz, Layered):
            return ansatz.reads(self.qubits)
        return everything if ansatz.reads is None else ansatz.reads(self._number(self.layers - 1), self.qubits)

    def function(self, x: Any, weights: Any = None) -> None:
        """Queues the circuit's PennyLane operations. x: (inputs,) or (n, inputs); weights: (weights,), radians."""
        encoding = ENCODINGS[self.encoding]

        def encode(values: Any, repetitions: int) -> None:
            encoding.function(values, repetitions, self.qubits, self.entangled)

        if self.ansatz is None:
            encode(x, self.layers)
            return
        ansatz = ANSAETZE[self.ansatz]
        own = [weights[layer] for layer in self.layer_slices]
        if not isinstance(ansatz, Layered):
            encode(x, 1)
            ansatz.function(own, self.qubits, self.entangled)
            return
        scalings = weights[self.scalings].reshape(self.layers, -1) if encoding.scaled else None
        if scalings is None and not self.interleaved:
            encode(x, 1)
        for number in range(self.layers):
            if scalings is not None:
                encode(x * scalings[number], 1)
            self._layer(ansatz, number, own[number].reshape(self.qubits, -1))
            if scalings is None and self.interleaved:
                encode(x, 1)

    def _layer(self, ansatz: Layered, number: int, weights: Any) -> None:
        import pennylane as qml

        coupled = ansatz.wired(self.connectivity, self._number(number), self.qubits) if self.entangled else ()
        undone = self.mirrored and number % 4 > 1
        function = qml.adjoint(ansatz.function, lazy=False) if undone else ansatz.function
        function(weights, self.qubits, coupled)

    def _number(self, layer: int) -> int:
        """A layer and the one that undoes it are wired alike."""
        return 2 * (layer // 4) + min(layer % 4, 3 - layer % 4) if self.mirrored else layer
