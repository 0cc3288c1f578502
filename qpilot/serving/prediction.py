"""Answers new rows with the promoted model, or with its classical fallback and the reason."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gates.records import digest
from qpilot.backend import Outcomes
from qpilot.backends import backend
from qpilot.bundle import Bundle
from qpilot.errors import QpilotError
from qpilot.hardware.answers import construct, probabilities
from qpilot.hardware.submission import Kept
from qpilot.mitigation import MITIGATIONS, Mitigation
from qpilot.mitigation.spread import answered, spread
from qpilot.prototype.fitted import Fitted
from qpilot.record.version import Version

ROWS_AT_ONCE = 200
"""Points a batch: bounds memory, and what a failure costs."""
MOST_DRAWS, LEAST_DRAWS = 100, 25
"""How often shots are drawn anew for a standard error, which is then right to 7 to 15 %."""
CELLS = 40_000_000
"""Outcomes drawn for the standard errors of a batch: a few seconds on one core."""
SEED = 0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Prediction:
    """One row a point: the class named and its probability, or the value and its standard error; what answered
    ("emulator:iqm-garnet" or "fallback"), and why.

    classes: none of a quantity. answers: (n_rows,), class indices, or values in the target's units. sure: (n_rows,), the
    probabilities, or the standard errors of the values: what finite shots alone let them stray, NaN from the fallback.
    `reason` is empty where the champion answered.
    """

    classes: tuple[str, ...]
    answers: NDArray[Any]
    sure: Floats
    served_by: str
    reason: str

    def frame(self) -> pd.DataFrame:
        """The answers as a table: prediction, probability (of a quantity standard_error), served_by, reason."""
        if self.classes:
            names = [self.classes[label] for label in self.answers]
            table = {"prediction": names, "probability": self.sure.round(6)}
        else:
            # More digits would be none of the device's: the error itself is right to a tenth.
            values, errors = (
                [float(f"{one:.{digits}g}") for one in row] for row, digits in ((self.answers, 6), (self.sure, 3))
            )
            table = {"prediction": values, "standard_error": errors}
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
        answers, sure = _on_device(version, bundle, X, pulled)
        served, reason = f"{version.metadata['backend']}:{version.metadata['device']}", ""
    except Exception as error:  # whatever keeps the quantum side from answering, the fallback answers and says it
        said = str(error) if isinstance(error, QpilotError) else f"{type(error).__name__}: {error}"
        (answers, sure), served, reason = _classical(bundle.reference, X, len(classes)), "fallback", said
    return Prediction(classes, answers, sure, served, reason)


def _on_device(version: Version, bundle: Bundle, X: Floats, pulled: Path | None) -> tuple[NDArray[Any], Floats]:
    """Answers (n_rows,) from counts, and how sure they are; the same rows have the same counts on an emulator."""
    told: Any = version.metadata
    device = backend(str(told["backend"]), str(told["device"]), pulled=pulled)
    mitigation = MITIGATIONS[str(told["mitigation"])]
    parts: list[tuple[NDArray[Any], Floats]] = []
    for start in range(0, len(X), ROWS_AT_ONCE):
        rows = X[start : start + ROWS_AT_ONCE]
        batch = construct(bundle.finalist, rows, mitigation, int(told["shots"]))
        key = f"{version}/{digest([rows.tobytes().hex()])}"
        outcomes = device.collect(device.submit(batch, key))
        if bundle.preparation.classes:
            parts.append(_likeliest(probabilities(bundle.finalist, Kept(outcomes, ""), mitigation)))
        else:
            parts.append(_valued(bundle.finalist.estimator, mitigation, outcomes))
    answers, sure = zip(*parts, strict=True)
    return np.concatenate(answers), np.concatenate(sure)


def _likeliest(shares: Floats) -> tuple[NDArray[np.int64], Floats]:
    """The class of the highest probability and that probability, from (n_rows, n_classes)."""
    return shares.argmax(axis=1).astype(np.int64), shares.max(axis=1)


def _valued(estimator: Any, mitigation: Mitigation, outcomes: Outcomes) -> tuple[Floats, Floats]:
    """Values (n_rows,) and their standard errors, by drawing the shots anew."""
    cells = sum(counts.size for counts in outcomes.settings)
    draws = max(LEAST_DRAWS, min(MOST_DRAWS, CELLS // cells))
    found = spread(mitigation, outcomes.settings, outcomes.calibration, answered(estimator), SEED, draws)
    return found.value, found.error


def _classical(model: Fitted, X: Floats, classes: int) -> tuple[NDArray[Any], Floats]:
    """Answers (n_rows,) and how sure they are; a machine without probabilities is certain of what it names.

    Raises QpilotError where a value is not finite: then nothing answers.
    """
    if not classes:
        values = np.asarray(model.predict(X), dtype=np.float64)
        if not np.isfinite(values).all():
            raise QpilotError(
                f"the fallback {model.name} answers {int((~np.isfinite(values)).sum())} rows with no number"
            )
        return values, np.full(len(X), np.nan)
    if hasattr(model.estimator, "predict_proba"):
        return _likeliest(np.asarray(model.estimator.predict_proba(model.view(X)), dtype=np.float64))
    return _likeliest(np.asarray(np.eye(classes)[model.predict(X)], dtype=np.float64))
