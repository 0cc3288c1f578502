"""The plots of each stage, drawn only from what its evidence and the kept plot data hold."""

from qpilot.report.charts import forecast, hardware, promotion, prototype, reduction
from qpilot.report.drawing import Plot
from qpilot.report.record import RunRecord, Stage

CHARTS = {
    "reduction": reduction.plots,
    "prototype": prototype.plots,
    "forecast": forecast.plots,
    "hardware": hardware.plots,
    "promotion": promotion.plots,
}


def of(stage: Stage, run: RunRecord) -> list[Plot]:
    """The plots of `stage`; none where nothing was measured to draw."""
    return list(CHARTS[stage](run)) if stage in CHARTS else []
