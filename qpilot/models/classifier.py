"""What every quantum model does: learn from scaled rows, name its circuits, and decide from what they measure."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from qpilot.candidate import Candidate
from qpilot.circuits import Circuit
from qpilot.errors import RowsError, UsageError
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
    measured. `predict_proba` fills the gap with the exact simulator; a device fills it with counts.

    classes: how many there are, and labels are their indices (a fold may lack one); None: the labels of y, whatever
    they are. entangled=False removes every entangling gate: the twin. qubits: "candidate", or "features" for as many as
    rows have features, whatever the candidate says.
    """

    candidate: Candidate
    classes_: NDArray[Any]
    n_features_in_: int
    scaling_: Scaling
    history_: tuple[tuple[int, float, float], ...]
    """The training curve: (steps so far, mean loss, Euclidean gradient norm); empty for a kernel."""

    def __init__(
        self,
        candidate: Candidate,
        seed: int = 0,
        classes: int | None = None,
        entangled: bool = True,
        qubits: Literal["candidate", "features"] = "candidate",
    ) -> None:
        self.candidate = candidate
        self.seed = seed
        self.classes = classes
        self.entangled = entangled
        self.qubits = qubits

    @property
    def circuit(self) -> Circuit:
        """The shape of the circuit that is run."""
        wanted = self.candidate
        qubits = wanted.qubits if self.qubits == "candidate" else self.n_features_in_
        return Circuit(wanted.encoding, wanted.ansatz, wanted.layers, qubits, self.entangled)

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
    def _learn(self, inputs: Floats, y: Labels) -> None:
        """Fits everything behind `inputs`. y: (n_samples,), places in `classes_`."""

    @abstractmethod
    def _learned(self) -> Fitted:
        """What `_learn` found."""

    @abstractmethod
    def _recall(self, learned: Mapping[str, Any]) -> None:
        """Takes up what `_learned` said."""

    def fit(self, X: Any, y: Any) -> Self:
        """Learns from X: (n_samples, n_features), finite, and y: (n_samples,)."""
        X = self._rows(X, first=True)
        y = self._labels(len(X), y)
        self.history_ = ()
        self.scaling_ = Scaling.fit(self.candidate.scaling, X, self.candidate.bandwidth)
        self._learn(self.inputs(X), y)
        return self

    def inputs(self, X: Floats) -> Floats:
        """What the circuit's gates take, (n_samples, inputs), from X: (n_samples, n_features)."""
        return self.scaling_.angles(self._rows(X))

    def predict_proba(self, X: Any) -> Floats:
        """Class probabilities (n_samples, n_classes) on the exact simulator."""
        check_is_fitted(self)
        return self.decide(self.exact(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of each row: (n_samples,)."""
        places = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[places])

    def state(self) -> Fitted:
        """All of the fitted model as JSON values and arrays; `qpilot.models.state.restore` reads it back."""
        return {
            "candidate": self.candidate.plain(),
            "seed": self.seed,
            "classes": self.classes_.tolist() if self.classes is None else self.classes,
            "entangled": self.entangled,
            "qubits": self.qubits,
            "scaling_mean": self.scaling_.mean,
            "scaling_deviation": self.scaling_.deviation,
            "bandwidth": self.scaling_.bandwidth,
            "history": np.array(self.history_, dtype=float).reshape(-1, 3),
            **self._learned(),
        }

    def recall(self, state: Mapping[str, Any]) -> None:
        """Takes up a `state()`: predictions are equal bit for bit."""
        self.classes_ = np.arange(self.classes) if self.classes is not None else np.array(state["classes"])
        self.n_features_in_ = len(state["scaling_mean"])
        self.scaling_ = Scaling(
            self.candidate.scaling, state["scaling_mean"], state["scaling_deviation"], state["bandwidth"]
        )
        self.history_ = tuple((int(step), float(loss), float(norm)) for step, loss, norm in state["history"])
        self._recall(state)

    def _rows(self, X: Any, first: bool = False) -> Floats:
        """X as finite numbers, (n_samples, n_features); `first`: these rows say how many features there are."""
        try:
            rows = validate_data(self, X, reset=first, dtype=np.float64, ensure_all_finite=False)
        except ValueError as error:
            raise RowsError(str(error)) from error
        if not np.isfinite(rows).all():
            raise RowsError("X holds NaN or infinite values: fill or drop them before the model sees them")
        if rows.shape[1] != self.circuit.features:
            raise UsageError(
                f"candidate {self.candidate.name!r} encodes {self.circuit.features} features, one a qubit, but X has "
                f"shape {rows.shape}: set its qubits to the number of features that reduce leaves"
            )
        return np.asarray(rows, dtype=np.float64)

    def _labels(self, rows: int, y: Any) -> Labels:
        """Each row's place in `classes_`, which is set here."""
        if y is None:
            raise RowsError("fit requires y to be passed, but the target y is None: give one label a row")
        y = column_or_1d(y, warn=True)
        if len(y) != rows:
            raise RowsError(f"X has {rows} rows but y has {len(y)}: give one label a row")
        check_classification_targets(y)
        found, places = np.unique(y, return_inverse=True)
        if len(found) < 2:
            raise RowsError(f"all {len(y)} training rows are of one class, {found[0]}: a classifier needs two")
        self.classes_ = found if self.classes is None else np.arange(self.classes)
        if self.classes is None:
            return places.astype(np.int64)
        if not np.isin(found, self.classes_).all():
            raise RowsError(f"labels must be class indices 0 to {self.classes - 1}, got {found[:5].tolist()}")
        return np.asarray(y, dtype=np.int64)
