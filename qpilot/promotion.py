"""The promotion stage's evidence: the device's answers against the classical baseline's on the same locked points."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gates.comparison import Comparison
from gates.promotion import PromotionEvidence
from gates.records import Measure
from gates.statistics import intervals
from qpilot.hardware.stage import Points
from qpilot.job import Job
from qpilot.prototype.fitted import Fitted


@dataclass(frozen=True)
class Answers:
    """What the device named at each measured point, (n_measured,) class indices in the order drawn.

    `majority`: the class a model without features always names. `planned`: points fixed for this test beforehand.
    """

    device: NDArray[np.int64]
    majority: int
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
    measured = min(answers.planned, len(answers.device))
    truth = points.y[:measured]
    device = answers.device[:measured] == truth
    labels = np.asarray(classes)[truth]
    classical = fallback.predict(points.X[:measured])
    return PromotionEvidence(
        stage="promotion",
        pilot=job.pilot.digest,
        inputs={"data": job.data},
        code=job.code,
        planned=answers.planned,
        advantage=Comparison.of(device, classical == truth, labels, classes),
        majority=Comparison.of(device, truth == answers.majority, labels, classes),
        device_accuracy=intervals.accuracy(device),
        classical_accuracy=intervals.accuracy(classical == truth),
        resource_ratio=resource_ratio,
        fallback=fallback.name,
        fallback_answers=_answers(classical, measured, len(classes)),
    )


def _answers(answers: NDArray[np.int64], measured: int, classes: int) -> bool:
    """Whether the fallback named a known class for every point."""
    return bool(len(answers) == measured and np.isin(answers, np.arange(classes)).all())
