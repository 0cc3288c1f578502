"""The plots of each stage, drawn only from what its evidence and the kept plot data hold."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from qpilot.report.charts import data, endurance, forecast, hardware, promotion, prototype, reduction, trainability
from qpilot.report.drawing import Plot
from qpilot.report.record import RunRecord, Stage

CHARTS: Mapping[Stage, Sequence[Callable[[RunRecord], Iterable[Plot]]]] = {
    "data": (data.plots,),
    "reduction": (reduction.plots,),
    "trainability": (trainability.plots,),
    "prototype": (prototype.plots, endurance.plots),
    "forecast": (forecast.plots,),
    "hardware": (hardware.plots,),
    "promotion": (promotion.plots,),
}


def of(stage: Stage, run: RunRecord) -> list[Plot]:
    """The plots of `stage`; none where nothing was measured to draw."""
    return [plot for made in CHARTS.get(stage, ()) for plot in made(run)]
