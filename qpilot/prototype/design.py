"""What a try is allowed and needs, and in which form it is tested, before anything is computed. Light: lint asks it too."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gates.records import Measure
from gates.selection import Form, PrototypeEvidence
from gates.statistics import power, wallet
from qpilot import policies
from qpilot.data.split import folds
from qpilot.data.table import Dataset, Table
from qpilot.errors import QpilotError, UsageError
from qpilot.pilot import Pilot
from qpilot.record import openings
from qpilot.record.journal import Journal


def attempt(pilot: Pilot, journal: Journal, dataset: Dataset) -> int:
    """Which try of the wallet this pilot has on the rows; the second look of a top-up is the try of the first."""
    first = openings.announced(journal, pilot.digest) if dataset.added else None
    if first is not None:
        return first.attempt
    return openings.next_attempt(journal, dataset.fingerprint, pilot.digest, pilot.search.frozen)


def closed(pilot: Pilot, dataset: Dataset, attempt: int, code: str, opened: Form | None = None) -> PrototypeEvidence:
    """The stage's evidence while nothing was opened or fitted: form, sizes, alpha and rows needed.

    opened: the form, where an opening has fixed it. Raises UsageError where a nested form has folds that cannot be judged.
    """
    alpha = wallet.alpha(attempt, pilot.claim.alpha)
    kind = opened or form(pilot, dataset, alpha)
    if opened is None and kind == "nested":
        require_folds(pilot, dataset.development)
    return PrototypeEvidence(
        stage="prototype",
        pilot=pilot.digest,
        inputs={"data": dataset.fingerprint, "locked": dataset.locked_hash},
        code=code,
        finalist="",
        reference="",
        locked=len(dataset.locked),
        device_points=pilot.hardware.points(len(dataset.locked)),
        required=required(pilot, dataset, alpha, kind),
        attempt=attempt,
        alpha=alpha,
        contenders=(),
        advantage=None,
        twin=None,
        majority=None,
        resource_ratio=None,
        optimism=Measure.missing("nothing was opened", "accuracy difference"),
        importance={},
        failures={},
        form=kind,
        development=len(dataset.development),
        device_required=device_required(pilot, dataset, alpha),
        look=2 if dataset.added else 1,
        added=dataset.added,
        largest_class=math.nan if dataset.development.quantity else float(_shares(dataset).max()),
    )


def form(pilot: Pilot, dataset: Dataset, alpha: float) -> Form:
    """Nested cross-validation only where the candidates are frozen and the locked set is too small."""
    small = len(dataset.locked) < required(pilot, dataset, alpha, "locked")
    return "nested" if pilot.search.frozen and small else "locked"


def required(pilot: Pilot, dataset: Dataset, alpha: float, form: Form = "locked") -> int:
    """Rows on which the claim is shown with its power in one look of a try at `alpha`, in this form."""
    policy, shares = policies.prototype(pilot), _shares(dataset)
    if form == "nested":
        return power.required_nested(pilot.claim, alpha, policy.outer_folds, policy.outer_repeats, shares)
    return power.required_for(pilot.claim, wallet.look(alpha, policy.looks), shares)


def device_required(pilot: Pilot, dataset: Dataset, alpha: float) -> int:
    """Points on which promotion shows the claim with the power that is asked of the device, in its one look at `alpha`."""
    return power.required_for(policies.prototype(pilot).device_claim, alpha, _shares(dataset))


def _shares(dataset: Dataset) -> NDArray[np.float64]:
    """The classes as frequent as among development rows; none of a quantity."""
    if dataset.development.quantity:
        return np.zeros(0)
    return np.bincount(dataset.development.y) / len(dataset.development)


def tests(pilot: Pilot, dataset: Dataset, alpha: float, form: Form) -> Mapping[str, int]:
    """Every test of a try at `alpha`, with the rows it reads: locked ones, but the nested test, which reads the others."""
    locked = len(dataset.locked)
    points = pilot.hardware.points(locked)
    device = {"hardware": points, "promotion": min(points, device_required(pilot, dataset, alpha))}
    if form == "nested":
        return {"nested": len(dataset.development)} | device
    return dict.fromkeys(("advantage", "majority", "twin"), locked) | device


def require_folds(pilot: Pilot, rows: Table) -> None:
    """Raises UsageError where nested cross-validation of these development rows has a fold that cannot be judged.

    It is known before the try is entered, and paid for.
    """
    fault = _unfit(pilot, rows, pilot.search.outer_folds)
    if fault is None:
        return
    fewer = next((k for k in range(pilot.search.outer_folds - 1, 2, -1) if _unfit(pilot, rows, k) is None), None)
    remedy = (
        "no number of outer folds avoids it: give more rows" if fewer is None else f"set search.outer_folds to {fewer}"
    )
    raise UsageError(f"nested cross-validation: {fault}; {remedy}")


def _unfit(pilot: Pilot, rows: Table, outer: int) -> str | None:
    """Why the rows cannot be tested in so many outer folds; None where they can."""
    search = pilot.search
    try:
        parts = folds(rows.y, rows.groups, None, outer, search.outer_repeats, pilot.seed)
        for train, _ in parts:
            groups = None if rows.groups is None else rows.groups[train]
            folds(rows.y[train], groups, None, search.folds, search.repeats, pilot.seed)
    except QpilotError as error:
        return str(error)
    if pilot.claim.metric != "balanced_accuracy":
        return None
    lacking = sum(len(np.unique(rows.y[test])) < len(rows.classes) for _, test in parts)
    if lacking:
        return f"balanced accuracy needs every class in every test fold, and {lacking} of {len(parts)} lack one"
    return None
