"""What every quantum model does: learn from angles, name its circuits, and decide from what they measure."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from qpilot.candidate import Candidate
from qpilot.circuits import Circuit
from qpilot.errors import QpilotError, UsageError
from qpilot.models.scaling import Floats, Scaling
from qpilot.program import Circuits, Probabilities
from qpilot.simulator import Plan

Labels = NDArray[np.int64]
Fitted = dict[str, Any]
"""What a model learned: arrays, and JSON scalars."""


@lru_cache(maxsize=32)
def plan(circuit: Circuit) -> Plan:
    """The compiled circuit; folds and seeds of one shape share it."""
    return Plan(circuit)


class QuantumClassifier(ClassifierMixin, BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn is untyped
    """A scikit-learn classifier whose features are measured on a circuit.

    Execution stands between two halves: `circuits` says what to run, `decide(features(...))` answers from what was
    measured. `predict_proba` fills the gap with the exact simulator; a device fills it with counts. Labels are class
    indices 0 .. classes - 1. `entangled=False` removes every entangling gate: the twin.
    """

    candidate: Candidate
    classes_: Labels
    scaling_: Scaling
    history_: tuple[tuple[int, float, float], ...]
    """The training curve: (steps so far, mean loss, Euclidean gradient norm); empty for a kernel."""

    def __init__(self, candidate: Candidate, seed: int, classes: int, entangled: bool = True) -> None:
        self.candidate = candidate
        self.seed = seed
        self.classes = classes
        self.entangled = entangled

    @property
    def circuit(self) -> Circuit:
        """The shape of the circuit that is run."""
        wanted = self.candidate
        return Circuit(wanted.encoding, wanted.ansatz, wanted.layers, wanted.qubits, self.entangled)

    @property
    @abstractmethod
    def parameters(self) -> int:
        """How many numbers were fitted."""

    @abstractmethod
    def circuits(self, X: Floats) -> tuple[Circuits, ...]:
        """The settings to measure, each with one circuit a row of X: (n_samples, n_features)."""

    @abstractmethod
    def features(self, probabilities: tuple[Probabilities, ...]) -> Floats:
        """(n_samples, n_measured) from each setting's probabilities, in the order of `circuits`.

        Probabilities: (n_samples, 2**qubits), wire 0 the most significant bit.
        """

    @abstractmethod
    def exact(self, X: Floats) -> Floats:
        """What `features` would answer without shots and noise: (n_samples, n_measured)."""

    @abstractmethod
    def decide(self, features: Floats) -> Floats:
        """Class probabilities (n_samples, n_classes) from measured features."""

    @abstractmethod
    def _learn(self, angles: Floats, y: Labels) -> None:
        """Fits everything behind the scaling. angles: (n_samples, qubits); y: (n_samples,)."""

    @abstractmethod
    def _learned(self) -> Fitted:
        """What `_learn` found."""

    @abstractmethod
    def _recall(self, learned: Mapping[str, Any]) -> None:
        """Takes up what `_learned` said."""

    def fit(self, X: Any, y: Any) -> Self:
        """Learns from X: (n_samples, n_features), finite, and y: (n_samples,), class indices."""
        X, y = self._rows(X), np.asarray(y)
        if y.shape != (len(X),):
            raise QpilotError(f"X has {len(X)} rows but y has shape {y.shape}: give one label a row")
        if not np.isin(y, np.arange(self.classes)).all():
            raise QpilotError(f"labels must be class indices 0 to {self.classes - 1}, got {np.unique(y)[:5].tolist()}")
        if len(np.unique(y)) < 2:
            raise QpilotError(f"all {len(y)} training rows are of class {y[0]}: a classifier needs two")
        self.classes_ = np.arange(self.classes)
        self.n_features_in_ = X.shape[1]
        self.history_ = ()
        self.scaling_ = Scaling.fit(self.candidate.scaling, X)
        self._learn(self.scaling_.angles(X), y.astype(np.int64))
        return self

    def predict_proba(self, X: Any) -> Floats:
        """Class probabilities (n_samples, n_classes) on the exact simulator."""
        return self.decide(self.exact(self._rows(X)))

    def predict(self, X: Any) -> Labels:
        """The most probable class index of each row: (n_samples,)."""
        return np.asarray(self.predict_proba(X).argmax(axis=1), dtype=np.int64)

    def state(self) -> Fitted:
        """All of the fitted model as JSON values and arrays; `qpilot.models.restore` reads it back."""
        return {
            "candidate": self.candidate.plain(),
            "seed": self.seed,
            "classes": self.classes,
            "entangled": self.entangled,
            "scaling_mean": self.scaling_.mean,
            "scaling_deviation": self.scaling_.deviation,
            "history": np.array(self.history_, dtype=float).reshape(-1, 3),
            **self._learned(),
        }

    def recall(self, state: Mapping[str, Any]) -> None:
        """Takes up a `state()`: predictions are equal bit for bit."""
        self.classes_ = np.arange(self.classes)
        self.n_features_in_ = self.candidate.qubits
        self.scaling_ = Scaling(self.candidate.scaling, state["scaling_mean"], state["scaling_deviation"])
        self.history_ = tuple((int(step), float(loss), float(norm)) for step, loss, norm in state["history"])
        self._recall(state)

    def _rows(self, X: Any) -> Floats:
        rows = np.asarray(X, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != self.circuit.features:
            raise UsageError(
                f"candidate {self.candidate.name!r} encodes {self.circuit.features} features, one a qubit, but X has "
                f"shape {rows.shape}: set its qubits to the number of features that reduce leaves"
            )
        if not np.isfinite(rows).all():
            raise QpilotError("X holds NaN or infinite values: fill or drop them before the model sees them")
        return rows
