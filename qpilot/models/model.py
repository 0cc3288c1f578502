"""What every quantum model does: learn from scaled rows, name its circuits, and decide from what they measure."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from qpilot.candidates.candidate import Candidate
from qpilot.circuits import Circuit
from qpilot.emulator.noise import Noise
from qpilot.errors import RowsError
from qpilot.models.foundation import Source
from qpilot.models.kernels.gram import Lazy
from qpilot.models.kernels.heads import KernelHead
from qpilot.models.scaling import Floats, Scaling
from qpilot.program import Circuits, Probabilities
from qpilot.training.telemetry import Telemetry
from qpilot.training.watch import Each

Answers = NDArray[Any]
"""One a row: (n_samples,), int64 where it is a class, float64 where it is a quantity."""
State = dict[str, Any]
"""What a model learned: arrays, and JSON scalars."""


class QuantumModel(BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn is untyped
    """A scikit-learn estimator whose features are measured on a circuit.

    Execution stands between two halves: `circuits` says what to run, `answer(features(...))` answers from what was
    measured. `predict` fills the gap with the exact simulator; a device fills it with counts.

    Two things are left open, each by its own abstract class: how it learns (`TrainedModel`, `FidelityKernel`,
    `ProjectedKernel`) and what an answer is (`QuantumClassifier`, `QuantumRegressor`). A final class is one of each.

    entangled=False removes every entangling gate: the twin. qubits: "candidate", or "features" for as many as rows have
    features, whatever the candidate says. backbone: what a transfer model begins with. device_noise: for a
    candidate that is trained under it.
    """

    candidate: Candidate
    seed: int
    entangled: bool
    qubits: Literal["candidate", "features"]
    backbone: Source | None
    device_noise: Noise | None
    n_features_in_: int
    scaling_: Scaling
    telemetry_: Telemetry
    """What was seen while training; empty where nothing is trained in steps."""
    clock_: Floats
    """(n_epochs, 2), wall and CPU seconds since training began; not kept."""

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
    def _learn(self, X: Floats, y: Answers, groups: Sequence[Any] | None, each: Each | None) -> None:
        """Fits everything behind the scaling. X: (n_samples, n_features), scaled; y: (n_samples,), as `_taught` says."""

    @abstractmethod
    def _learned(self) -> State:
        """What `_learn` found."""

    @abstractmethod
    def _recall(self, learned: Mapping[str, Any]) -> None:
        """Takes up what `_learned` said."""

    @abstractmethod
    def _said(self, features: Floats) -> Floats:
        """What was learned says of measured features: class probabilities, or (n_samples, 1) standardised values."""

    @property
    @abstractmethod
    def columns(self) -> int:
        """How many columns `decide` answers."""

    @abstractmethod
    def decide(self, features: Floats) -> Floats:
        """From measured features: class probabilities (n_samples, n_classes), or values (n_samples, 1), in y's units."""

    @abstractmethod
    def answer(self, features: Floats) -> Answers:
        """From measured features, one a row: the class's index in `classes_`, or the value in y's units."""

    @abstractmethod
    def _taught(self, rows: int, y: Any) -> Answers:
        """y, checked, as `_learn` takes it: places in `classes_`, or standardised values. What that takes is kept."""

    @abstractmethod
    def _known(self) -> State:
        """What `_taught` kept, and what was asked of this kind of answer."""

    @abstractmethod
    def _know(self, state: Mapping[str, Any]) -> None:
        """Takes up what `_known` said."""

    @property
    @abstractmethod
    def _loss(self) -> str:
        """The loss that networks are trained by: one of `LOSSES`."""

    @property
    @abstractmethod
    def _outputs(self) -> int:
        """How many outputs a network has for such an answer."""

    @abstractmethod
    def _targets(self, y: Answers) -> Floats:
        """What networks are trained towards: (n_samples, n_targets)."""

    @abstractmethod
    def _linked(self, outputs: Floats) -> Floats:
        """What a network's outputs (n_samples, n_outputs) say, as `_said` answers it."""

    @abstractmethod
    def _headed(self, grams: Sequence[Lazy], y: Answers) -> tuple[int, KernelHead]:
        """The place of the kernel that the candidate's head chose, and the head fitted on it."""

    @abstractmethod
    def _recalled(self, learned: Mapping[str, Any]) -> KernelHead:
        """The head as it was kept."""

    def fit(self, X: Any, y: Any, groups: Sequence[Any] | None = None, each: Each | None = None) -> Self:
        """Learns from X: (n_samples, n_features), finite, and y: (n_samples,).

        groups: one a row; rows of a group are never both trained and validated on. each: called once an epoch.
        """
        X = self._rows(X, first=True)
        taught = self._taught(len(X), y)
        self.telemetry_, self.clock_ = Telemetry(), np.zeros((0, 2))
        self.scaling_ = Scaling.fit(self._scaling, X, self.candidate.bandwidth)
        self._learn(self.scaled(X), taught, groups, each)
        return self

    def scaled(self, X: Any) -> Floats:
        """X: (n_samples, n_features), checked and scaled as the fitted rows were."""
        check_is_fitted(self, "scaling_")
        return self.scaling_.angles(self._rows(X))

    def inputs(self, X: Any) -> Floats:
        """What the circuit's gates take without a classical encoder: (n_samples, inputs)."""
        return self.circuit.prepare(self.scaled(X))

    def state(self) -> State:
        """All of the fitted model as JSON values and arrays; `qpilot.models.state.restore` reads it back."""
        return {
            "candidate": self.candidate.plain(),
            "seed": self.seed,
            **self._known(),
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
        self._know(state)
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
