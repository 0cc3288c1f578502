"""The last question: what the device measured against the classical model it would replace."""

from collections.abc import Iterator

from gates.grading import FEATURELESS
from qpilot.report.charts.prototype import advantages
from qpilot.report.drawing import Plot
from qpilot.report.record import RunRecord


def plots(run: RunRecord) -> Iterator[Plot]:
    """The advantages on the device, with their intervals."""
    found = run.promotion
    if found is None or found.advantage.points == 0:
        return
    alpha = run.pilot.claim.alpha if run.hardware_policy is None else run.hardware_policy.alpha
    tested = {
        f"than {found.fallback or 'the classical model'}": found.advantage,
        f"than {FEATURELESS[run.pilot.claim.metric]}": found.majority,
    }
    yield advantages("promotion-advantage", "The model, as measured on the device", tested, run.pilot.claim, alpha)
