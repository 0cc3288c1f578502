"""The models whose circuit is trained, with the classical layers around it, as one network."""

from abc import ABC
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from qpilot.devices import Device
from qpilot.emulator.noise import Noise
from qpilot.errors import UsageError
from qpilot.models import autoencoder
from qpilot.models.classifier import QuantumClassifier
from qpilot.models.compiled import simulator
from qpilot.models.dense import Angles, Dense, Linear, Perceptron
from qpilot.models.foundation import Foundation
from qpilot.models.model import Answers, QuantumModel, State
from qpilot.models.network import CircuitNetwork
from qpilot.models.readout import OBSERVABLES, parities
from qpilot.models.regressor import QuantumRegressor
from qpilot.models.scaling import Floats
from qpilot.program import Circuits, Probabilities
from qpilot.training.recipe import Recipe
from qpilot.training.train import train
from qpilot.training.watch import Each


class TrainedModel(QuantumModel, ABC):
    """Encoder, circuit and decoder, trained end to end; one setting a row, measured in the computational basis.

    | candidate.model | encoder                          | decoder                                          |
    |-----------------|----------------------------------|--------------------------------------------------|
    | variational     | none                             | linear: the answer is a weighted sum of words    |
    | hybrid          | none, or the candidate's         | MLP of one hidden layer, or the candidate's      |
    | dressed         | linear, then pi / 2 (1 + tanh)   | linear (Mari et al. 2020, arXiv 1912.08278)      |
    | transfer        | its backbone's, or linear        | linear, or the candidate's, begun anew           |
    """

    parameters_: Floats
    """The network's parameters: (size,)."""
    foundation_: Foundation
    """What a transfer model began with."""

    @property
    def words(self) -> tuple[str, ...]:
        """The Pauli words whose expectations the decoder takes."""
        circuit = self.circuit
        return OBSERVABLES[self.candidate.observable](circuit.reads, circuit.qubits)

    @property
    def network(self) -> CircuitNetwork:
        """What is trained; known once the rows are."""
        words, training = self.words, self.candidate.training
        decoder: Dense = Linear(len(words), self._outputs)
        if self.candidate.around[1] == "mlp":
            decoder = Perceptron(len(words), self.candidate.hidden, self._outputs)
        noise = None
        if training.noise != "none" and self.device_noise is not None:
            noise = replace(self.device_noise, readout=training.noise == "device")
        return CircuitNetwork(self.circuit, words, self._encoder(), decoder, training.gradient, training.shots, noise)

    @property
    def parameters(self) -> int:
        """The circuit's weights and the classical layers' parameters."""
        return self.network.size

    def circuits(self, X: Floats) -> tuple[Circuits, ...]:
        """One setting: the trained circuit, measured in the computational basis."""
        network, circuit = self.network, self.circuit
        inputs = network.inputs(self.scaled(X), self.parameters_)
        weights = self.parameters_[network.parts["circuit"]]
        return (simulator(circuit).circuits(inputs, weights, "Z" * circuit.qubits),)

    def features(self, probabilities: tuple[Probabilities, ...]) -> Floats:
        """(n_samples, n_words): the words' expectations."""
        (measured,) = probabilities
        return parities(measured, self.words)

    def exact(self, X: Floats) -> Floats:
        """The same expectations without shots and noise."""
        return self.network.expectations(self.scaled(X), self.parameters_)

    def _said(self, features: Floats) -> Floats:
        network = self.network
        return self._linked(network.decoder.values(features, self.parameters_[network.parts["head"]]))

    def _encoder(self) -> Angles | None:
        inputs, outputs, encoder = self.n_features_in_, self.circuit.features, self.candidate.around[0]
        if encoder == "none":
            return None
        if encoder == "linear":
            return Angles(Linear(inputs, outputs))
        hidden = autoencoder.hidden(outputs) if encoder == "autoencoder" else self.candidate.hidden
        return Angles(Perceptron(inputs, hidden, outputs))

    def _learn(self, X: Floats, y: Answers, groups: Sequence[Any] | None, each: Each | None) -> None:
        wanted, network = self.candidate, self.network
        if wanted.training.noise != "none" and self.device_noise is None:
            raise UsageError("training.noise needs a device, and was given none: build the model with its noise")
        targets = self._targets(y)
        recipe = Recipe(
            wanted.optimizer, wanted.steps, wanted.batch, wanted.learning_rate, wanted.training, loss=self._loss
        )
        start, free = np.full(network.size, np.nan), None
        if wanted.model == "transfer":
            self.foundation_ = self._founded()
            start, free = self.foundation_.start(network, wanted.frozen)
        elif wanted.around[0] == "autoencoder":
            start[network.parts["encoder"]] = autoencoder.pretrained(network.circuit.features, X, self.seed)
        found = train(network, X, targets, recipe, self.seed, groups=groups, start=start, free=free, each=each)
        self.parameters_, self.telemetry_, self.clock_ = found.parameters, found.telemetry, found.clock

    def _founded(self) -> Foundation:
        if self.backbone is None:
            raise UsageError(
                "model 'transfer' begins with a backbone, and was given none: build it with one of qpilot.models.foundation"
            )
        return self.backbone.found(self.candidate, self.circuit, self.seed)

    def _learned(self) -> State:
        found: State = {"parameters": self.parameters_}
        if self.network.noise is not None:
            found["noise"] = self.network.noise.device.plain()
        if self.candidate.model == "transfer":
            kept = self.foundation_
            found["foundation_digest"] = kept.digest
            found["foundation_entangled"] = kept.circuit.entangled
            found["foundation_encoder"] = kept.before if kept.encoder == self.network.encoder else np.zeros(0)
            found["foundation_weights"] = kept.weights
        return found

    def _recall(self, learned: Mapping[str, Any]) -> None:
        network = self.network
        if self.candidate.training.noise != "none":  # so that it can be fitted anew
            self.device_noise = Noise.of(Device.model_validate(learned["noise"]))
        _require_shape("parameters", learned["parameters"], network.size)
        self.parameters_ = learned["parameters"]
        if self.candidate.model != "transfer":
            return
        before, weights = learned["foundation_encoder"], learned["foundation_weights"]
        _require_shape("foundation_weights", weights, network.circuit.weights)
        if len(before):
            assert network.encoder is not None
            _require_shape("foundation_encoder", before, network.encoder.size)
        circuit = replace(network.circuit, entangled=bool(learned["foundation_entangled"]))
        encoder = network.encoder if len(before) else None
        # So that it can be fitted anew, on fewer rows, without the data its backbone came from.
        self.backbone = self.foundation_ = Foundation(
            str(learned["foundation_digest"]), circuit, encoder, before, weights
        )


class TrainedClassifier(QuantumClassifier, TrainedModel):
    """Its outputs are logits."""


class TrainedRegressor(QuantumRegressor, TrainedModel):
    """Its one output is the standardised value."""


def _require_shape(name: str, array: Any, size: int) -> None:
    if np.shape(array) != (size,):
        raise ValueError(f"{name} has shape {np.shape(array)}, where the network takes {size}")
