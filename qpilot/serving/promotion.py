"""The promotion stage's evidence: the device's answers against the classical baseline's on the same locked points."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.comparison import Comparison
from gates.graded import Graded
from gates.grading import Grades, grades
from gates.pairing import paired
from gates.promotion import PromotionEvidence
from gates.records import Measure
from gates.statistics import intervals
from qpilot.hardware.stage import Points
from qpilot.job import Job
from qpilot.prototype.fitted import Fitted


@dataclass(frozen=True)
class Answers:
    """What the device answered at each measured point, (n_measured,) class indices or values in the order drawn.

    `majority`: what a model without features always answers. `planned`: points fixed for this test beforehand.
    """

    device: NDArray[Any]
    majority: float
    planned: int


def evidence(
    job: Job,
    points: Points,
    answers: Answers,
    fallback: Fitted,
    classes: tuple[str, ...],
    resource_ratio: Measure | None,
) -> PromotionEvidence:
    """Device against baseline on the first `planned` points drawn; fewer where the hardware stage stopped before."""
    measured, claim = min(answers.planned, len(answers.device)), job.pilot.claim
    truth = points.y[:measured]
    labels = () if claim.quantity else np.asarray(classes)[truth]
    named = fallback.predict(points.X[:measured])
    device, classical = grades(claim, answers.device[:measured], truth), grades(claim, named, truth)
    majority = grades(claim, np.full(measured, answers.majority), truth)

    def against(other: Grades) -> Comparison | Graded:
        found = paired(device[None], other[None], labels, classes, averaged=False)
        assert isinstance(found, Comparison | Graded), "one model with one seed has nothing to average"
        return found

    return PromotionEvidence(
        stage="promotion",
        pilot=job.pilot.digest,
        inputs={"data": job.data},
        code=job.code,
        planned=answers.planned,
        advantage=against(classical),
        majority=against(majority),
        device_accuracy=intervals.accuracy(device),
        classical_accuracy=intervals.accuracy(classical),
        resource_ratio=resource_ratio,
        fallback=fallback.name,
        fallback_answers=_answers(named, measured, len(classes)),
    )


def _answers(answers: NDArray[Any], measured: int, classes: int) -> bool:
    """Whether the fallback named a known class for every point, or, where there are none, a finite value."""
    known = np.isin(answers, np.arange(classes)) if classes else np.isfinite(answers)
    return bool(len(answers) == measured and known.all())
