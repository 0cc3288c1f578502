"""The plots of each stage, drawn only from what its evidence holds."""

from qpilot.report.drawing import Plot
from qpilot.report.record import RunRecord, Stage


def of(stage: Stage, run: RunRecord) -> list[Plot]:
    """The plots of `stage`; none where nothing was kept to draw."""
    return []
