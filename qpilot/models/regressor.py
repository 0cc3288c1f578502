"""A quantum model whose answer is a quantity."""

import math
from abc import ABC
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array, check_is_fitted, column_or_1d

from qpilot.candidates.candidate import Candidate
from qpilot.emulator.noise import Noise
from qpilot.errors import RowsError
from qpilot.models.foundation import Source
from qpilot.models.kernels.gram import Lazy
from qpilot.models.kernels.heads import QUANTITY_HEADS, KernelHead
from qpilot.models.model import Answers, QuantumModel, State
from qpilot.models.scaling import Floats

LEAST_ROWS = 2


class QuantumRegressor(RegressorMixin, QuantumModel, ABC):  # type: ignore[misc]  # scikit-learn is untyped
    """Answers a value in the units of y. It learns y standardised, by squared error: the mean, where rows do not tell.

    Parameters as `QuantumModel` has them.
    """

    centre_: float
    """Mean of the training rows' y."""
    spread_: float
    """Their standard deviation, in y's units; 1 where they are all alike."""

    def __init__(
        self,
        candidate: Candidate,
        seed: int = 0,
        entangled: bool = True,
        qubits: Literal["candidate", "features"] = "candidate",
        backbone: Source | None = None,
        device_noise: Noise | None = None,
    ) -> None:
        self.candidate = candidate
        self.seed = seed
        self.entangled = entangled
        self.qubits = qubits
        self.backbone = backbone
        self.device_noise = device_noise

    def predict(self, X: Any) -> Floats:
        """The value of each row on the exact simulator, in y's units: (n_samples,)."""
        check_is_fitted(self)
        return self.answer(self.exact(X))

    @property
    def columns(self) -> int:
        """One: the value."""
        return 1

    def decide(self, features: Floats) -> Floats:
        """Values (n_samples, 1) from measured features, in y's units."""
        return np.asarray(self.centre_ + self.spread_ * self._said(features))

    def answer(self, features: Floats) -> Floats:
        """Values (n_samples,) from measured features, in y's units."""
        return np.ascontiguousarray(self.decide(features)[:, 0])

    def _taught(self, rows: int, y: Any) -> Floats:
        """y standardised: (n_samples,); centre and spread are set here."""
        if y is None:
            raise RowsError("fit requires y to be passed, but the target y is None: give one value a row")
        y = column_or_1d(y, warn=True)
        if len(y) != rows:
            raise RowsError(f"X has {rows} rows but y has {len(y)}: give one value a row")
        try:
            values = np.asarray(check_array(y, ensure_2d=False, dtype=np.float64, input_name="y"))
        except ValueError as error:
            raise RowsError(f"{error}: a quantity is a finite number in every row") from error
        if rows < LEAST_ROWS:
            raise RowsError(f"X has n_samples = {rows}: a quantity takes {LEAST_ROWS} training rows or more")
        with np.errstate(over="ignore", invalid="ignore"):
            self.centre_ = float(values.mean())
            apart = values - self.centre_
            spread = float(np.sqrt(np.mean(apart**2)))
        if not math.isfinite(spread):
            raise RowsError(f"y is too large: its spread is {spread}; give it in greater units")
        # What is left of equal values after rounding is no spread.
        alike = spread <= np.finfo(float).eps * abs(self.centre_) * len(values)
        self.spread_ = 1.0 if alike or spread == 0 else spread
        return np.asarray(apart / self.spread_)

    def _known(self) -> State:
        return {"quantity": True, "centre": self.centre_, "spread": self.spread_}

    def _know(self, state: Mapping[str, Any]) -> None:
        self.centre_, self.spread_ = float(state["centre"]), float(state["spread"])
        if not (math.isfinite(self.centre_) and math.isfinite(self.spread_) and self.spread_ > 0):
            raise ValueError(f"centre {self.centre_} and spread {self.spread_} are none of a quantity")

    @property
    def _loss(self) -> str:
        return "squared-error"

    @property
    def _outputs(self) -> int:
        return 1

    def _targets(self, y: Answers) -> Floats:
        """(n_samples, 1)."""
        return np.asarray(y[:, None], dtype=np.float64)

    def _linked(self, outputs: Floats) -> Floats:
        return outputs

    def _headed(self, grams: Sequence[Lazy], y: Answers) -> tuple[int, KernelHead]:
        return QUANTITY_HEADS[self.candidate.head].learn(grams, y, self.seed)

    def _recalled(self, learned: Mapping[str, Any]) -> KernelHead:
        return QUANTITY_HEADS[self.candidate.head].recall(learned)
