"""A quantum model whose answer is a class."""

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from qpilot.candidates.candidate import Candidate
from qpilot.emulator.noise import Noise
from qpilot.errors import RowsError
from qpilot.models.foundation import Source
from qpilot.models.kernels.gram import Lazy
from qpilot.models.kernels.heads import HEADS, KernelHead
from qpilot.models.model import Answers, QuantumModel, State
from qpilot.models.scaling import Floats
from qpilot.models.softmax import probabilities

Labels = NDArray[np.int64]


class QuantumClassifier(ClassifierMixin, QuantumModel, ABC):  # type: ignore[misc]  # scikit-learn is untyped
    """Answers class probabilities, and the most probable class.

    classes: how many there are, and labels are their indices (a fold may lack one); None: the labels of y, whatever
    they are. The rest as `QuantumModel` has it.
    """

    classes_: NDArray[Any]

    def __init__(
        self,
        candidate: Candidate,
        seed: int = 0,
        classes: int | None = None,
        entangled: bool = True,
        qubits: Literal["candidate", "features"] = "candidate",
        backbone: Source | None = None,
        device_noise: Noise | None = None,
    ) -> None:
        self.candidate = candidate
        self.seed = seed
        self.classes = classes
        self.entangled = entangled
        self.qubits = qubits
        self.backbone = backbone
        self.device_noise = device_noise

    def predict_proba(self, X: Any) -> Floats:
        """Class probabilities (n_samples, n_classes) on the exact simulator."""
        check_is_fitted(self)
        return self.decide(self.exact(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of each row: (n_samples,)."""
        check_is_fitted(self)
        return np.asarray(self.classes_[self.answer(self.exact(X))])

    @property
    def columns(self) -> int:
        """One a class."""
        return len(self.classes_)

    def decide(self, features: Floats) -> Floats:
        """Class probabilities (n_samples, n_classes) from measured features."""
        return self._said(features)

    def answer(self, features: Floats) -> Labels:
        """The most probable class from measured features, by its index in `classes_`: (n_samples,)."""
        return np.asarray(self.decide(features).argmax(axis=1), dtype=np.int64)

    def _taught(self, rows: int, y: Any) -> Labels:
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

    def _known(self) -> State:
        return {"classes": self.classes_.tolist() if self.classes is None else self.classes}

    def _know(self, state: Mapping[str, Any]) -> None:
        self.classes_ = np.arange(self.classes) if self.classes is not None else np.array(state["classes"])

    @property
    def _loss(self) -> str:
        return "cross-entropy"

    @property
    def _outputs(self) -> int:
        """A logit a class; of two classes, that of the second against the first."""
        return 1 if self.columns == 2 else self.columns

    def _targets(self, y: Answers) -> Floats:
        """(n_samples, n_classes), one-hot."""
        return np.asarray(np.eye(self.columns)[y])

    def _linked(self, outputs: Floats) -> Floats:
        return probabilities(outputs)

    def _headed(self, grams: Sequence[Lazy], y: Answers) -> tuple[int, KernelHead]:
        return HEADS[self.candidate.head].learn(grams, y, self.columns, self.seed)

    def _recalled(self, learned: Mapping[str, Any]) -> KernelHead:
        return HEADS[self.candidate.head].recall(learned)
