"""Finds what the backbones of a pilot's candidates stand for, and refuses those that would spoil its test."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gates.wording import plural
from qpilot.candidates.backbone import Backbone, sha256
from qpilot.candidates.candidate import Candidate
from qpilot.data.preparing import prepare
from qpilot.data.repeated import repeated
from qpilot.data.table import Dataset
from qpilot.errors import QpilotError, UsageError
from qpilot.pilot import Data, Pilot
from qpilot.record import openings
from qpilot.record.home import Home
from qpilot.record.registry import Registry
from qpilot.record.version import Content, Version
from qpilot.reduction import REDUCERS

if TYPE_CHECKING:  # a pilot file is checked without any estimator
    from qpilot.models.foundation import Source

LOCKED = 0.1
"""Pre-training reads all of the other data; preparing it splits off no less."""


def require(pilot: Pilot, folder: Path, home: Home | None, dataset: Dataset) -> None:
    """Raises UsageError saying which backbone cannot be used and why; imports no estimator. home None: none registered."""
    for backbone in _named(pilot):
        if backbone.model is None:
            _elsewhere(backbone, pilot, folder, dataset)
        else:
            version = _registered(backbone, home, dataset)
            _require_shape(backbone, version, pilot)


def sources(pilot: Pilot, folder: Path, home: Home | None, dataset: Dataset) -> "Mapping[Backbone, Source]":
    """What each backbone of the pilot's candidates stands for. Raises UsageError where one cannot be used."""
    return {
        backbone: _rows(backbone, pilot, folder, dataset)
        if backbone.model is None
        else _model(backbone, _registered(backbone, home, dataset))
        for backbone in _named(pilot)
    }


def _named(pilot: Pilot) -> tuple[Backbone, ...]:
    found = (candidate.backbone for candidate in pilot.candidates)
    return tuple(dict.fromkeys(backbone for backbone in found if backbone is not None))


def _elsewhere(
    backbone: Backbone, pilot: Pilot, folder: Path, dataset: Dataset
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Rows of the other data set, and class indices, or values where the pilot asks for a quantity.

    The pilot's own rows among them would be read before the test.
    """
    assert backbone.path is not None
    assert backbone.target is not None
    content = sha256(folder / backbone.path)
    if backbone.sha256 not in (None, content):
        raise UsageError(
            f"backbone {backbone.path} has sha256 {content[:12]}..., but the pilot was read with {str(backbone.sha256)[:12]}...;"
            " run the pilot file again, which is another try"
        )
    data = Data(path=backbone.path, target=backbone.target, header=backbone.header, locked=LOCKED)
    try:
        prepared = prepare(data, folder, pilot.seed, quantity=pilot.claim.quantity)
    except QpilotError as error:
        raise UsageError(
            f"backbone {backbone.path}: {error} (it is read as the pilot's own kind, {pilot.kind!r})"
        ) from error
    other = prepared.dataset
    if other.fingerprint == dataset.fingerprint:
        raise UsageError(
            f"backbone {backbone.path} is the pilot's own data; take another data set, or a pilot without it"
        )
    found = _own(dataset, prepared.frame)
    if found:
        raise UsageError(
            f"{plural(found, 'row')} of backbone {backbone.path} stand among the pilot's own: a model that was trained on"
            " locked rows is not tested by them; leave them out there"
        )
    X = np.concatenate([other.development.X, other.locked.X])
    y = np.concatenate([other.development.y, other.locked.y])
    return X, y


def _own(dataset: Dataset, frame: pd.DataFrame) -> int:
    """How many of the pilot's rows stand in `frame`."""
    X = np.concatenate([dataset.development.X, dataset.locked.X])
    return int(repeated(X, dataset.preparation, frame).sum())


def _rows(backbone: Backbone, pilot: Pilot, folder: Path, dataset: Dataset) -> "Source":
    from qpilot.models.pretraining import Rows

    X, y = _elsewhere(backbone, pilot, folder, dataset)
    reducer = REDUCERS[pilot.reduce.method].build(pilot.reduce.components, pilot.seed)
    try:
        reduced = np.asarray(reducer.fit(X, y).transform(X), dtype=np.float64)
    except ValueError as error:
        raise UsageError(f"backbone {backbone.path} cannot be reduced as the pilot's rows are ({error})") from error
    return Rows(sha256(folder / str(backbone.path)), reduced, y)


def _registered(backbone: Backbone, home: Home | None, dataset: Dataset) -> Version:
    if home is None:
        raise UsageError(f"backbone {backbone.model} is a registered model, which needs QPILOT_HOME")
    try:
        version = Registry(home).resolve(str(backbone.model))
    except QpilotError as error:
        raise UsageError(f"backbone {backbone.model}: {error}") from error
    if "parameters" not in _state(version):
        raise UsageError(
            f"backbone {backbone.model} is no trained circuit but {version.metadata.get('finalist')!r}; name another"
        )
    before = {opening.pilot for opening in openings.standing(home.journal, dataset.fingerprint)}
    if version.metadata.get("pilot") in before:
        raise UsageError(
            f"backbone {backbone.model} was selected and tested on these very rows: it says nothing new about them; take one"
            " of other data"
        )
    _require_other_rows(version, home, dataset)
    return version


def _require_other_rows(version: Version, home: Home, dataset: Dataset) -> None:
    """The version was trained on none of the pilot's rows, whatever file they stood in."""
    rows = version.metadata.get("rows")
    if rows is None:
        raise UsageError(
            f"backbone {version} does not say which rows it was trained on; run its pilot again, or name another"
        )
    if Candidate.model_validate(_state(version)["candidate"]).backbone is not None:
        raise UsageError(
            f"backbone {version} began from a backbone itself, whose rows it does not keep; take one that began anew"
        )
    try:
        trained = Dataset.from_bytes(home.artifacts.get(str(rows))).development
    except QpilotError as error:
        raise UsageError(f"backbone {version}: {error}") from error
    found = _own(dataset, pd.DataFrame(trained.X, columns=list(trained.features)))
    if found:
        raise UsageError(
            f"backbone {version} was trained on {plural(found, 'row')} of this pilot: a model that has seen locked rows is"
            " not tested by them; take one of other data"
        )


def _require_shape(backbone: Backbone, version: Version, pilot: Pilot) -> None:
    """The registered circuit is that of every candidate that names it; the number of features shows as they are fitted."""
    before = Candidate.model_validate(_state(version)["candidate"])
    for candidate in pilot.candidates:
        if candidate.backbone == backbone and candidate.circuit() != before.circuit():
            raise UsageError(
                f"backbone {backbone.model} is {before.name!r} on {before.qubits} qubits, another circuit than candidate"
                f" {candidate.name!r} on {candidate.qubits}: set encoding, ansatz, connectivity, layers and qubits alike"
            )


def _state(version: Version) -> dict[str, Any]:
    """What the version keeps of its finalist; empty for a classical one."""
    kept: dict[str, Any] = json.loads(version.files.get("finalist.json", b"{}")).get("state", {})
    return kept


def _model(backbone: Backbone, version: Version) -> "Source":
    from qpilot.bundle import fitted
    from qpilot.models.foundation import of

    return of(fitted("finalist", version.files).estimator, Content(version.files, version.metadata).sha256)
