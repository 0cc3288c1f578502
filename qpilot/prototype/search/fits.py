"""The work of a sweep, as it is done wherever a runner takes it: reductions of folds, and fits of one entrant."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qpilot.data.strata import is_quantity
from qpilot.prototype.search.entrants import ClassicalEntrant, Entrant, QuantumEntrant
from qpilot.prototype.search.underway import Teller
from qpilot.training.watch import Each

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class Material:
    """What every piece of a sweep reads, handed to a worker once.

    X: (n_rows, n_features); y: (n_rows,), class indices or values. reduced: X as each fold's reduction shows it, in the order of
    `folds`; empty until they are computed. groups: (n_rows,), where rows have any. board: the folder that tells how far fits are.
    """

    X: NDArray[np.float64]
    y: NDArray[Any]
    folds: tuple[Fold, ...]
    reduced: tuple[NDArray[np.float64], ...] = ()
    groups: NDArray[np.int64] | None = None
    board: Path | None = None

    @property
    def stamp(self) -> str:
        """sha256 (hex) over rows, answers, folds and groups."""
        total = hashlib.sha256()
        groups = () if self.groups is None else (self.groups,)
        for array in (self.X, self.y, *(part for fold in self.folds for part in fold), *groups):
            total.update(f"{array.dtype.str} {array.shape}\n".encode())
            total.update(np.ascontiguousarray(array).tobytes())
        return total.hexdigest()


@dataclass(frozen=True)
class Piece:
    """One entrant on some folds, by their places in the material. number: the piece's own in its sweep."""

    entrant: Entrant
    folds: tuple[int, ...]
    number: int = 0


@dataclass(frozen=True)
class Answer:
    """Predictions for the test rows of each fold, in order; none where `failure` says why. Seconds of a clock, and of CPU."""

    predicted: tuple[NDArray[Any], ...]
    seconds: float
    cpu_seconds: float
    failure: str | None = None


def count(y: NDArray[Any]) -> int:
    """How many classes y, (n_rows,), holds at least, by its largest index; 0 of a quantity."""
    return 0 if is_quantity(y) else int(y.max()) + 1


def reduce(reducer: Callable[[], Any], material: Material, fold: int) -> NDArray[np.float64]:
    """All rows through a reduction that was fitted on the training rows of one fold: (n_rows, n_components)."""
    train, _ = material.folds[fold]
    fitted = reducer().fit(material.X[train], material.y[train])
    return np.ascontiguousarray(fitted.transform(material.X), dtype=np.float64)


def estimated(
    entrant: Entrant,
    classes: int,
    X: NDArray[np.float64],
    y: NDArray[Any],
    groups: NDArray[np.int64] | None,
    each: Each | None = None,
) -> Any:
    """The entrant's estimator fitted on what it sees; a quantum one keeps groups together where it validates while training.

    X: (n_rows, n_features), raw or reduced as the entrant takes them; y: (n_rows,), class indices or values; groups: (n_rows,).
    each: called once an epoch of a quantum one.
    """
    estimator = entrant.build(classes)
    given: dict[str, Any] = {}
    if groups is not None and not isinstance(entrant, ClassicalEntrant):
        given["groups"] = groups
    if each is not None and isinstance(entrant, QuantumEntrant):
        given["each"] = each
    return estimator.fit(X, y, **given)


def fit(material: Material, piece: Piece) -> Answer:
    """The piece's answer. An entrant that cannot be fitted answers why: it must not stop the others."""
    clock, cpu = time.perf_counter(), time.thread_time()
    classes = count(material.y)
    predicted: list[NDArray[Any]] = []
    failure = None
    told = Teller(material.board, piece.number, piece.entrant.name, len(material.folds))
    try:
        for before, fold in enumerate(piece.folds):
            train, test = material.folds[fold]
            rows = material.X if piece.entrant.features == "raw" else material.reduced[fold]
            groups = None if material.groups is None else material.groups[train]
            each = told.each(fold, before)
            model = estimated(piece.entrant, classes, rows[train], material.y[train], groups, each)
            predicted.append(np.asarray(model.predict(rows[test]), dtype=material.y.dtype))
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    return Answer(() if failure else tuple(predicted), time.perf_counter() - clock, time.thread_time() - cpu, failure)
