"""How much of the features' information the components keep."""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from qpilot.report.charts.marks import percents
from qpilot.report.drawing import CLASSICAL, INK, Plot, draw
from qpilot.report.formats import percent
from qpilot.report.record import RunRecord


def plots(run: RunRecord) -> Iterator[Plot]:
    """Explained variance, where the method has a spectrum."""
    if run.reduction is not None and run.reduction.spectrum:
        yield _explained(run.reduction.spectrum)


def _explained(spectrum: tuple[float, ...]) -> Plot:
    total = list(accumulate(spectrum))
    components = range(1, len(spectrum) + 1)

    def paint(axes: Any) -> None:
        axes.bar(components, spectrum, color=CLASSICAL, width=0.7)
        axes.plot(components, total, "o-", color=INK, ms=4.5)
        axes.annotate(
            f"{percent(total[-1])} in all",
            (len(total), total[-1]),
            xytext=(0, 7),
            textcoords="offset points",
            ha="right",
        )
        axes.set_ylim(0, 1.08)
        axes.set_xticks(list(components))
        axes.set_xlabel("component")
        axes.set_ylabel("variance explained, %")
        axes.grid(axis="y")
        percents(axes.yaxis)

    alt = (
        f"{len(spectrum)} components explain {percent(total[-1])} of the variance; the first alone"
        f" {percent(spectrum[0])}."
    )
    caption = "Bars: each component by itself. Line: all up to it."
    return draw("explained", "Explained variance", caption, alt, paint, 2.8)
