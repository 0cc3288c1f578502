"""What a try on a locked set is allowed and needs, before anything is computed. Light: lint asks it too."""

from collections.abc import Mapping

import numpy as np

from gates.prototype import PrototypeEvidence
from gates.records import Measure
from gates.statistics import power, wallet
from qpilot.data.table import Dataset
from qpilot.pilot import Pilot


def closed(pilot: Pilot, dataset: Dataset, attempt: int, code: str) -> PrototypeEvidence:
    """The stage's evidence while the locked set is closed and nothing was fitted: sizes, alpha and points needed."""
    alpha = wallet.alpha(attempt, pilot.claim.alpha)
    return PrototypeEvidence(
        stage="prototype",
        pilot=pilot.digest,
        inputs={"data": dataset.fingerprint, "locked": dataset.locked_hash},
        code=code,
        finalist="",
        reference="",
        locked=len(dataset.locked),
        device_points=pilot.hardware.points(len(dataset.locked)),
        required=required(pilot, dataset, alpha),
        attempt=attempt,
        alpha=alpha,
        contenders=(),
        advantage=None,
        twin=None,
        majority=None,
        resource_ratio=None,
        optimism=Measure.missing("the locked set was not read", "accuracy difference"),
        importance={},
        failures={},
    )


def required(pilot: Pilot, dataset: Dataset, alpha: float) -> int:
    """Points on which the claim is shown with its power at `alpha`, the classes as frequent as among development rows."""
    shares = np.bincount(dataset.development.y) / len(dataset.development)
    return power.required_for(pilot.claim, alpha, shares)


def tests(pilot: Pilot, dataset: Dataset, alpha: float) -> Mapping[str, int]:
    """Every test that will read the locked set at `alpha`, with the number of rows it reads."""
    locked = len(dataset.locked)
    points = pilot.hardware.points(locked)
    whole = ("advantage", "majority", "twin")
    device = {"hardware": points, "promotion": min(points, required(pilot, dataset, alpha))}
    return dict.fromkeys(whole, locked) | device
