"""The data stage: rows read, split and hashed, held to their expectations; a dataset and the evidence on it."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from gates.claim import Claim
from gates.data import DataEvidence
from gates.expectation import Expectation
from gates.grading import featureless, grades
from gates.records import Measure
from gates.statistics.intervals import accuracy, proportion
from qpilot.data.growth import Before
from qpilot.data.own_suite import read_suite
from qpilot.data.preparing import Prepared, prepare
from qpilot.data.spread import spread
from qpilot.data.suite import SPLIT, Expected, generated
from qpilot.data.table import Dataset
from qpilot.errors import UsageError
from qpilot.pilot import Pilot


def validate(
    pilot: Pilot, folder: Path, pilot_digest: str, code: str, before: Before | None = None
) -> tuple[Dataset, DataEvidence]:
    """The pilot's dataset, and what was found of the generated suite and the user's own. Paths count from `folder`.

    before: as in `prepare`.
    Raises QpilotError where the rows cannot be used at all, UsageError where the pilot or suite file names what is
    not there; a failed expectation is evidence and no exception.
    """
    own: tuple[Expected, ...] = ()
    inputs: dict[str, str] = {}
    if pilot.data.suite is not None:
        path = folder / pilot.data.suite
        own = read_suite(path)
        inputs["suite"] = hashlib.sha256(path.read_bytes()).hexdigest()
    prepared = prepare(pilot.data, folder, pilot.seed, before, pilot.claim.quantity)
    expectations = examine(prepared, pilot, own)
    dataset = prepared.dataset
    inputs |= {"data": dataset.fingerprint, "locked": dataset.locked_hash}
    evidence = DataEvidence(
        stage="data",
        pilot=pilot_digest,
        inputs=inputs,
        code=code,
        rows=len(prepared.frame),
        dropped=prepared.dropped,
        notes=prepared.notes,
        expectations=expectations,
        **counted(dataset, pilot.claim),
    )
    return dataset, evidence


def counted(dataset: Dataset, claim: Claim) -> dict[str, Any]:
    """The fields of the evidence that the split dataset says."""
    sizes = {
        "features": len(dataset.preparation.features),
        "development": len(dataset.development),
        "locked": len(dataset.locked),
    }
    if dataset.development.quantity:
        y = np.concatenate([dataset.development.y, dataset.locked.y])
        return {**sizes, "classes": {}, "target": spread(y), "majority": unlearned(dataset, claim)}
    counts = np.bincount(dataset.development.y, minlength=len(dataset.development.classes))
    counts += np.bincount(dataset.locked.y, minlength=len(counts))
    return {
        **sizes,
        "classes": {name: int(count) for name, count in zip(dataset.development.classes, counts, strict=True)},
        "majority": proportion(int(counts.max()), int(counts.sum())),
    }


def unlearned(dataset: Dataset, claim: Claim) -> Measure:
    """The score of the answer that looks at no feature, of a quantity over all rows."""
    y = np.concatenate([dataset.development.y, dataset.locked.y])
    return accuracy(grades(claim, np.full(len(y), featureless(claim, dataset.development.y)), y))


def examine(prepared: Prepared, pilot: Pilot, own: tuple[Expected, ...]) -> tuple[Expectation, ...]:
    """Every expectation's result: the generated suite's on the split rows, then the user's on the rows alone."""
    from qpilot.data import expectations

    frame, columns = prepared.frame, prepared.columns
    if SPLIT in frame:
        raise UsageError(f"the column name {SPLIT!r} is taken by qpilot; rename that column")
    expectations.require_sound(own, list(frame.columns))
    locked = np.zeros(len(frame), dtype=bool)
    locked[prepared.dataset.locked_rows] = True
    marked = frame.assign(**{SPLIT: ~locked})
    found = expectations.run(marked, generated(marked, columns, pilot.gates.data, ~locked, pilot.claim.quantity))
    return found + (expectations.run(frame, own) if own else ())
