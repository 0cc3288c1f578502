"""Answers new rows with the promoted model, or with its classical fallback and the reason."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gates.records import digest
from qpilot.backends import backend
from qpilot.bundle import Bundle
from qpilot.errors import QpilotError
from qpilot.hardware.stage import construct, probabilities
from qpilot.hardware.submission import Kept
from qpilot.mitigation import MITIGATIONS
from qpilot.prototype.fitted import Fitted
from qpilot.record.version import Version

ROWS_AT_ONCE = 200
"""Points a batch: bounds memory, and what a failure costs."""


@dataclass(frozen=True)
class Prediction:
    """One row a point: the class named, its probability, what answered ("emulator:iqm-garnet" or "fallback"), and why.

    `reason` is empty where the champion answered.
    """

    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    probability: NDArray[np.float64]
    served_by: str
    reason: str

    def frame(self) -> pd.DataFrame:
        """The answers as a table: prediction, probability, served_by, reason."""
        names = [self.classes[label] for label in self.labels]
        table = {"prediction": names, "probability": self.probability.round(6)}
        return pd.DataFrame(table | {"served_by": self.served_by, "reason": self.reason})


def predict(version: Version, frame: pd.DataFrame, pulled: Path | None = None) -> Prediction:
    """Answers every row of `frame`: on the device and with the shots the model was promoted on, else by the fallback.

    pulled: the folder of profiles pulled into the home, as in `device`. Raises QpilotError where the rows are not the
    model's, or the model's files cannot be read: no model can answer then.
    """
    bundle = Bundle.from_files(version.files)
    X = bundle.preparation.transform(frame)
    classes = bundle.preparation.classes
    try:
        shares = _on_device(version, bundle, X, pulled)
        served, reason = f"{version.metadata['backend']}:{version.metadata['device']}", ""
    except Exception as error:  # whatever keeps the quantum side from answering, the fallback answers and says it
        said = str(error) if isinstance(error, QpilotError) else f"{type(error).__name__}: {error}"
        shares, served, reason = _classical(bundle.reference, X, len(classes)), "fallback", said
    labels = shares.argmax(axis=1).astype(np.int64)
    return Prediction(classes, labels, shares.max(axis=1), served, reason)


def _on_device(version: Version, bundle: Bundle, X: NDArray[np.float64], pulled: Path | None) -> NDArray[np.float64]:
    """Class probabilities (n_rows, n_classes) from counts; the same rows have the same counts on an emulator."""
    told: Any = version.metadata
    device = backend(str(told["backend"]), str(told["device"]), pulled=pulled)
    mitigation = MITIGATIONS[str(told["mitigation"])]
    parts = []
    for start in range(0, len(X), ROWS_AT_ONCE):
        rows = X[start : start + ROWS_AT_ONCE]
        batch = construct(bundle.finalist, rows, mitigation, int(told["shots"]))
        key = f"{version}/{digest([rows.tobytes().hex()])}"
        parts.append(probabilities(bundle.finalist, Kept(device.collect(device.submit(batch, key)), ""), mitigation))
    return np.concatenate(parts)


def _classical(model: Fitted, X: NDArray[np.float64], classes: int) -> NDArray[np.float64]:
    """Class probabilities where the model has them; a machine without them is certain of what it names."""
    if hasattr(model.estimator, "predict_proba"):
        return np.asarray(model.estimator.predict_proba(model.view(X)), dtype=np.float64)
    return np.asarray(np.eye(classes)[model.predict(X)], dtype=np.float64)
