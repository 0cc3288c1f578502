"""What the best of each family cost, in multiples of the classical model."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gates.contender import Contender
from qpilot.report.charts.marks import BEHIND, brief
from qpilot.report.charts.strokes import STROKES
from qpilot.report.drawing import CLASSICAL, LINE, Plot, draw
from qpilot.report.formats import number

COSTS: dict[str, Callable[[Contender], float]] = {
    "parameters": lambda one: float("nan") if one.parameters is None else float(one.parameters),
    "rows needed": lambda one: one.rows_needed.value,
    "training, seconds here": lambda one: one.training_seconds,
    "a prediction, seconds here": lambda one: one.inference_seconds,
    "a prediction, list price at least": lambda one: one.inference_usd.value,
}
MARKERS = "osD^vP"


def costs(found: Sequence[Contender]) -> Iterator[Plot]:
    """One plot, where there is a classical model and something it can be held against."""
    classical = next((one for one in found if one.family == "classical"), None)
    others = [one for one in found if one.family != "classical"]
    if classical is None:
        return
    times = {name: [_ratio(cost(one), cost(classical)) for one in others] for name, cost in COSTS.items()}
    times = {name: ratios for name, ratios in times.items() if any(ratio > 0 for ratio in ratios)}
    if times:
        yield _drawn(classical, others, times)


def _ratio(value: float, other: float) -> float:
    """NaN where either is unknown or nothing."""
    return value / other if value > 0 and other > 0 else float("nan")


def _drawn(classical: Contender, others: Sequence[Contender], times: dict[str, list[float]]) -> Plot:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    colours = [colour for colour, _ in STROKES if colour != CLASSICAL]

    def paint(axes: Any) -> None:
        for place, name in enumerate(times):
            axes.axhline(-place, color=LINE, lw=0.8, zorder=0)
            where = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
            axes.annotate(name, (0, -place), (0, 7), bbox=BEHIND, **where)
        for at, (one, colour, marker) in enumerate(zip(others, colours, MARKERS, strict=False)):
            seen = [(ratios[at], -place) for place, ratios in enumerate(times.values()) if ratios[at] > 0]
            x, y = [ratio for ratio, _ in seen], [place for _, place in seen]
            axes.plot(x, y, marker, ms=7, color=colour, alpha=0.85, zorder=5, label=brief(_called(one)))
        axes.axvline(1, color=CLASSICAL, lw=1.2, ls="--", zorder=1)
        axes.set_xscale("log")
        low, high = axes.get_xlim()
        axes.set_xlim(min(low, 0.5), max(high, 2))
        axes.xaxis.set_major_locator(LogLocator(numticks=6))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 2)))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(-len(times) + 0.6, 0.8)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("times what the classical model takes")
        axes.figure.legend(loc="outside upper left", fontsize=10, handlelength=2.2, borderaxespad=0)

    alt = "; ".join(
        f"{_called(one)}: "
        + ", ".join(f"{name} {number(ratios[at], 2)} times" for name, ratios in times.items() if ratios[at] > 0)
        for at, one in enumerate(others)
    )
    caption = f"Dashed: {classical.name}. Left of it a model takes less. Price: the device's against one vCPU's."
    height = 1.2 + 0.45 * len(times) + 0.2 * len(others)
    return draw("costs", "What each model costs", caption, alt, paint, height)


def _called(one: Contender) -> str:
    return "the finalist without entanglement" if one.role == "twin" else one.name
