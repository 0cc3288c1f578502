"""What every quantum model does: learn from scaled rows, name its circuits, and decide from what they measure."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from qpilot.candidates.candidate import Candidate
from qpilot.circuits import Circuit
from qpilot.errors import RowsError
from qpilot.models.foundation import Source
from qpilot.models.scaling import Floats, Scaling
from qpilot.program import Circuits, Probabilities
from qpilot.training.telemetry import Telemetry
from qpilot.training.watch import Each

Labels = NDArray[np.int64]
Fitted = dict[str, Any]
"""What a model learned: arrays, and JSON scalars."""


class QuantumClassifier(ClassifierMixin, BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn is untyped
    """A scikit-learn classifier whose features are measured on a circuit.

    Execution stands between two halves: `circuits` says what to run, `decide(features(...))` answers from what was
    measured. `predict_proba` fills the gap with the exact simulator; a device fills it with counts.

    classes: how many there are, and labels are their indices (a fold may lack one); None: the labels of y, whatever
    they are. entangled=False removes every entangling gate: the twin. qubits: "candidate", or "features" for as many as
    rows have features, whatever the candidate says. backbone: what a transfer model begins with.
    """

    candidate: Candidate
    classes_: NDArray[Any]
    n_features_in_: int
    scaling_: Scaling
    telemetry_: Telemetry
    """What was seen while training; empty where nothing is trained in steps."""
    clock_: Floats
    """(n_epochs, 2), wall and CPU seconds since training began; not kept."""

    def __init__(
        self,
        candidate: Candidate,
        seed: int = 0,
        classes: int | None = None,
        entangled: bool = True,
        qubits: Literal["candidate", "features"] = "candidate",
        backbone: Source | None = None,
    ) -> None:
        self.candidate = candidate
        self.seed = seed
        self.classes = classes
        self.entangled = entangled
        self.qubits = qubits
        self.backbone = backbone

    @property
    def circuit(self) -> Circuit:
        """The shape of the circuit that is run."""
        wanted = self.candidate
        if self.qubits == "features":
            wanted = wanted.model_copy(update={"qubits": self.n_features_in_})
        known = getattr(self, "n_features_in_", None)
        return wanted.circuit(None if wanted.around[0] != "none" else known, self.entangled)

    @property
    def _scaling(self) -> Literal["angle", "standard", "none"]:
        """An encoder chooses angles itself: it takes standardised features where a circuit would take angles."""
        encoded = self.candidate.around[0] != "none"
        return "standard" if encoded and self.candidate.scaling == "angle" else self.candidate.scaling

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
    def _learn(self, X: Floats, y: Labels, groups: Sequence[Any] | None, each: Each | None) -> None:
        """Fits everything behind the scaling. X: (n_samples, n_features), scaled; y: (n_samples,), places in `classes_`."""

    @abstractmethod
    def _learned(self) -> Fitted:
        """What `_learn` found."""

    @abstractmethod
    def _recall(self, learned: Mapping[str, Any]) -> None:
        """Takes up what `_learned` said."""

    def fit(self, X: Any, y: Any, groups: Sequence[Any] | None = None, each: Each | None = None) -> Self:
        """Learns from X: (n_samples, n_features), finite, and y: (n_samples,).

        groups: one a row; rows of a group are never both trained and validated on. each: called once an epoch.
        """
        X = self._rows(X, first=True)
        y = self._labels(len(X), y)
        self.telemetry_, self.clock_ = Telemetry(), np.zeros((0, 2))
        self.scaling_ = Scaling.fit(self._scaling, X, self.candidate.bandwidth)
        self._learn(self.scaled(X), y, groups, each)
        return self

    def scaled(self, X: Any) -> Floats:
        """X: (n_samples, n_features), checked and scaled as the fitted rows were."""
        check_is_fitted(self, "scaling_")
        return self.scaling_.angles(self._rows(X))

    def inputs(self, X: Any) -> Floats:
        """What the circuit's gates take without a classical encoder: (n_samples, inputs)."""
        return self.circuit.prepare(self.scaled(X))

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
            **self.telemetry_.plain(),
            **self._learned(),
        }

    def recall(self, state: Mapping[str, Any]) -> None:
        """Takes up a `state()`: predictions are equal bit for bit."""
        self.classes_ = np.arange(self.classes) if self.classes is not None else np.array(state["classes"])
        self.n_features_in_ = len(state["scaling_mean"])
        self.scaling_ = Scaling(self._scaling, state["scaling_mean"], state["scaling_deviation"], state["bandwidth"])
        self.telemetry_, self.clock_ = Telemetry.of(state), np.zeros((0, 2))
        self._recall(state)

    def _rows(self, X: Any, first: bool = False) -> Floats:
        """X as finite numbers, (n_samples, n_features); `first`: these rows say how many features there are."""
        try:
            rows = validate_data(self, X, reset=first, dtype=np.float64, ensure_all_finite=False)
        except ValueError as error:
            raise RowsError(str(error)) from error
        if not np.isfinite(rows).all():
            raise RowsError("X holds NaN or infinite values: fill or drop them before the model sees them")
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
