"""A pilot's fitted models as files without pickle: skops for scikit-learn's parts, JSON and npz for quantum ones.

preparation.json   finalist.json + finalist.npz   reference.json + reference.skops   FINALIST's and REFERENCE's reducer.skops
"""

import contextlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zipfile import BadZipFile

import numpy as np

from gates.records import canonical
from qpilot.arrays import arrays
from qpilot.data.preparation import Preparation
from qpilot.errors import QpilotError
from qpilot.packing import unpacked
from qpilot.prototype.fitted import Fitted

TRUSTED = (
    "qpilot.baselines.waves",
    "qpilot.reduction.autoencoder.Autoencoder",
    "qpilot.reduction.selection.Selection",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
)
"""Types, beyond skops' own defaults, that a model file of ours may hold. Never widened by what a file asks for."""

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Bundle:
    """The finalist, the classical model that replaces it when it cannot answer, and how rows become features."""

    finalist: Fitted
    reference: Fitted
    preparation: Preparation

    def to_files(self) -> dict[str, bytes]:
        """File name -> content."""
        files = {"preparation.json": canonical(self.preparation.plain())}
        for role, model in (("finalist", self.finalist), ("reference", self.reference)):
            files |= described(role, model)
        return files

    @classmethod
    def from_files(cls, files: Files) -> "Bundle":
        """The bundle `to_files` wrote. Raises QpilotError where a file is missing, damaged or holds foreign types."""
        with _said():
            return cls(
                finalist=_fitted("finalist", files),
                reference=_fitted("reference", files),
                preparation=Preparation.model_validate_json(files["preparation.json"]),
            )


def described(role: str, model: Fitted) -> dict[str, bytes]:
    """File name -> content of one model and its reducer, every name beginning with `role`."""
    content: dict[str, Any] = {"name": model.name, "family": model.family, "seconds": model.seconds}
    reducer = {} if model.reducer is None else {f"{role}-reducer.skops": _dumped(model.reducer)}
    if model.family == "classical":
        return reducer | {f"{role}.json": canonical(content), f"{role}.skops": _dumped(model.estimator)}
    held: dict[str, Any] = {}
    content["state"] = _split(model.estimator.state(), "", held)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **held)
    return reducer | {f"{role}.json": canonical(content), f"{role}.npz": buffer.getvalue()}


def fitted(role: str, files: Files) -> Fitted:
    """The model `described` wrote as `role`. Raises QpilotError where a file is missing, damaged or holds foreign types."""
    with _said():
        return _fitted(role, files)


@contextlib.contextmanager
def _said() -> Iterator[None]:
    """What goes wrong with files inside leaves as a QpilotError."""
    try:
        yield
    except KeyError as error:
        raise QpilotError(f"the model lacks {error}; it is not a model of qpilot, or a damaged one") from error
    except (OSError, ValueError, EOFError, TypeError, BadZipFile) as error:
        raise QpilotError(
            f"the model cannot be read ({error}); it is not a model of qpilot, or a damaged one"
        ) from error


def _fitted(role: str, files: Files) -> Fitted:
    content = json.loads(files[f"{role}.json"])
    reducer = _loaded(files[f"{role}-reducer.skops"]) if f"{role}-reducer.skops" in files else None
    if content["family"] == "classical":
        estimator = _loaded(files[f"{role}.skops"])
    else:
        from qpilot.models.state import restore

        estimator = restore(_joined(content["state"], arrays(files[f"{role}.npz"])))
    return Fitted(content["name"], content["family"], reducer, estimator, content["seconds"])


def _split(value: Any, place: str, held: dict[str, Any]) -> Any:
    """`value` with every array replaced by the name it has in `held`."""
    if isinstance(value, np.ndarray):
        held[place] = value
        return {"array": place}
    if isinstance(value, Mapping):
        return {key: _split(item, f"{place}.{key}" if place else str(key), held) for key, item in value.items()}
    return value


def _joined(value: Any, held: Any) -> Any:
    if isinstance(value, Mapping):
        if value.keys() == {"array"}:
            return held[value["array"]]
        return {key: _joined(item, held) for key, item in value.items()}
    return value


def _dumped(estimator: Any) -> bytes:
    from skops.io import dumps

    return bytes(dumps(estimator))


def _loaded(content: bytes) -> Any:
    from skops.io import loads
    from skops.io.exceptions import UntrustedTypesFoundException

    unpacked(content)  # skops trusts the sizes a zip states
    try:
        return loads(content, trusted=list(TRUSTED))
    except UntrustedTypesFoundException as error:
        raise QpilotError(
            f"the model holds types qpilot does not trust ({error}); it was not written by qpilot"
        ) from error
    except (BadZipFile, KeyError) as error:
        raise QpilotError(
            f"the model file is damaged ({error}); take it from a backup, or run its pilot again"
        ) from error
