"""What several plots are made of: an interval with its value, and rows labelled above their line."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from gates.records import Measure
from gates.wording import MINUS
from qpilot.report.drawing import INK, LINE, MUTED, PANEL

BEHIND = {"facecolor": PANEL, "edgecolor": "none", "pad": 1.5}  # keeps lines off the words


MOST_TICKS = 7
ENDING = 14
LINE_LENGTH = 63  # characters of a plot of the page's width
LONGEST = 54  # characters beside a value on a plot of the page's width


class Row(NamedTuple):
    """One labelled line of a plot: its measure, its colour and what stands at its right end. `hollow`: a lesser"
    " reading."""

    label: str
    measure: Measure
    colour: str
    text: str
    hollow: bool = False


def brief(label: str, longest: int = LONGEST, ending: int = ENDING) -> str:
    """The label, cut where it would run into the value at its right; its end, which tells seeds apart, is kept."""
    return label if len(label) <= longest else f"{label[: longest - ending - 1]}…{label[-ending:]}"


def briefs(labels: Sequence[str], longest: Sequence[int]) -> list[str]:
    """Each label no longer than its limit, with ends just long enough that no two different ones become alike."""
    for ending in range(ENDING, min(longest, default=0) - ENDING):
        cut = [brief(label, most, ending) for label, most in zip(labels, longest, strict=True)]
        if len(set(cut)) == len(set(labels)):
            return cut
    return [brief(label, most) for label, most in zip(labels, longest, strict=True)]


def measured(found: Sequence[Row]) -> list[Row]:
    """The rows that have a value to draw."""
    return [row for row in found if math.isfinite(row.measure.value)]


def span(axes: Any, row: Row, at: float) -> None:
    """The interval of `row` as a line at height `at`, its value as a dot on it."""
    measure = row.measure
    if math.isfinite(measure.low) and math.isfinite(measure.high):
        axes.plot([measure.low, measure.high], [at, at], color=row.colour, lw=2.2, solid_capstyle="round", zorder=2)
    face = PANEL if row.hollow else row.colour
    axes.plot([measure.value], [at], "o", ms=7, mfc=face, mec=row.colour, mew=1.8, zorder=3)


def rows(axes: Any, found: Sequence[Row], limits: tuple[float, float]) -> None:
    """`found` from top to bottom, labels above their lines (so that long names need no margin), values at the right."""
    longest = [min(LONGEST, LINE_LENGTH - round(1.25 * len(row.text))) for row in found]  # what is bold is wider
    labels = briefs([row.label for row in found], longest)
    for place, (row, label) in enumerate(zip(found, labels, strict=True)):
        at = -place
        axes.axhline(at, color=LINE, lw=0.8, zorder=0)
        span(axes, row, at)
        left, right = limits
        axes.text(left, at + 0.2, label, ha="left", va="bottom", fontsize=11, color=INK, bbox=BEHIND)
        axes.text(
            right,
            at + 0.2,
            row.text,
            ha="right",
            va="bottom",
            fontsize=11,
            color=row.colour,
            fontweight="bold",
            bbox=BEHIND,
        )
    axes.set_xlim(*limits)
    axes.set_ylim(-len(found) + 0.6, 0.85)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def threshold(axes: Any, value: float, label: str, colour: str = MUTED, side: str = "center", dash: str = "--") -> None:
    """A vertical line at `value`, its label above the plot; `side`: how the label stands to the line."""
    axes.axvline(value, color=colour, lw=1.2, ls=dash, zorder=1)
    place = {"xycoords": ("data", "axes fraction"), "xytext": (0, 3), "textcoords": "offset points"}
    axes.annotate(label, (value, 1), ha=side, va="bottom", fontsize=10, color=colour, **place)


def percents(axis: Any, signed: bool = False) -> None:
    """Ticks of `axis` in hundredths: percentages, or signed points."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    def shown(value: float, _: int) -> str:
        rounded = round(100 * value, 6) + 0.0
        return f"{rounded:{'+' if signed and rounded else ''}.3g}".replace("-", MINUS)

    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(shown))


def rounded(low: float, high: float) -> list[float]:
    """Round ticks for a logarithmic axis from `low` to `high`, both above 0: powers of ten, with 3, or with 2 and 5 where there
    is room for them; even steps where the axis holds less than three of those.
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for parts in ((1,), (1, 3), (1, 2, 5)):
        found = [one for one in (float(f"{part}e{power}") for power in powers for part in parts) if low <= one <= high]
        if len(found) >= 3:
            return found[:: math.ceil(len(found) / MOST_TICKS)]
    power = math.floor(math.log10((high - low) / 2))
    step = next(float(f"{part}e{power}") for part in (5, 2, 1) if float(f"{part}e{power}") <= (high - low) / 2)
    return [round(k * step, 12) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def extent(measures: Sequence[Measure], *also: float) -> tuple[float, float]:
    """Limits that hold every finite end and `also`, with a twentieth of room on both sides. One of them is finite."""
    ends = [*also, *(end for one in measures for end in (one.low, one.value, one.high) if math.isfinite(end))]
    low, high = min(ends), max(ends)
    room = 0.05 * (high - low) or 0.05
    return low - room, high + room
