"""What the best of each family need and endure: learning curves, calibration, and accuracy, or score, when things get worse."""

import math
from collections.abc import Iterator, Sequence
from itertools import count as count_up
from typing import Any

from gates.contender import Contender, Stress
from qpilot.report import worth
from qpilot.report.charts.cost import costs
from qpilot.report.charts.marks import Row, brief, extent, measured, percents, rows
from qpilot.report.charts.strokes import STROKES
from qpilot.report.drawing import CLASSICAL, MUTED, QUANTUM, Plot, draw
from qpilot.report.formats import count, number, points
from qpilot.report.record import RunRecord
from qpilot.report.tables import best

WORSENED = {
    "feature noise": ("Noise on the features", "noise, in standard deviations of each feature", "none"),
    "device noise": ("Noise of the device", "times the device's gate and readout noise, unmitigated", "none"),
    "bits": ("Rounded parameters", "bits a parameter", "full"),
}


def plots(run: RunRecord) -> Iterator[Plot]:
    """Each where it was measured."""
    if run.prototype is None:
        return
    found = [one for one in best(run.prototype) if one.learning or one.stresses][: len(STROKES)]
    learned = [at.accuracy for one in found for at in one.learning]
    noun = worth.counted(run.pilot.claim, *learned, *(stress.accuracy for one in found for stress in one.stresses))
    yield from costs(found)
    if any(one.learning for one in found):
        yield _learning(found, noun)
    if any(math.isfinite(one.calibration.value) for one in found):
        yield _calibration(found)
    for kind in WORSENED:
        if any(_levels(one, kind) for one in found):
            yield _worsened(found, kind, noun)


def called(one: Contender) -> str:
    """The contender's name, and what it stands for where that is more than its name says."""
    return "the finalist without entanglement" if one.role == "twin" else one.name


def _learning(found: Sequence[Contender], noun: str) -> Plot:
    def paint(axes: Any) -> None:
        for one, (colour, dash) in zip(found, _strokes(found), strict=True):
            if not one.learning:
                continue
            sizes = [learned.rows for learned in one.learning]
            values, bars = _bars([learned.accuracy for learned in one.learning])
            axes.errorbar(sizes, values, bars, fmt="o", ms=4, lw=1, color=colour, alpha=0.75)
            axes.plot(sizes, values, color=colour, ls=dash, label=brief(called(one)))
            axes.axvline(one.rows_needed.value, color=colour, lw=0.8, ls=":")
        axes.set_xlabel("training rows")
        _axis(axes, noun)

    alt = "; ".join(f"{called(one)}: {number(one.rows_needed.value)} rows are enough" for one in found if one.learning)
    caption = (
        f"{noun.capitalize()} on held-out development rows. Dotted: the fewest rows of those tried within one standard error of"
        f" the {noun} with all. Bars are 95 % intervals."
    )
    return draw("learning", "Rows each model needs", caption, alt, paint, 3.0 + 0.2 * len(found))


def _calibration(found: Sequence[Contender]) -> Plot:
    colours = [CLASSICAL if one.family == "classical" else QUANTUM for one in found]
    lines = [
        Row(called(one), one.calibration, colour, points(one.calibration.value).lstrip("+"))
        for one, colour in zip(found, colours, strict=True)
    ]
    lines = measured(lines)
    limits = extent([row.measure for row in lines], 0.0)

    def paint(axes: Any) -> None:
        rows(axes, lines, limits)
        percents(axes.xaxis)
        axes.set_xlabel("calibration error, points")

    caption = (
        "How far a model's confidence is from how often it is right, on held-out rows; ten bins of equal size, bootstrap"
        " 95 %. Few rows alone show some points."
    )
    alt = "; ".join(f"{row.label}: {row.text}" for row in lines)
    return draw("calibration", "How far confidence can be believed", caption, alt, paint, 0.8 + 0.5 * len(lines))


def _worsened(found: Sequence[Contender], kind: str, noun: str) -> Plot:
    title, axis, before = WORSENED[kind]
    shown = [(one, _levels(one, kind)) for one in found]
    levels = list(dict.fromkeys(stress.level for _, stresses in shown for stress in stresses))

    def paint(axes: Any) -> None:
        step = 0.012 * (len(levels) + 1)
        beside = (step * (place - (len(shown) - 1) / 2) for place in count_up())
        for (one, stresses), (colour, dash), shift in zip(shown, _strokes(found), beside, strict=False):
            if not stresses:
                continue
            at = [1 + levels.index(stress.level) + shift for stress in stresses]
            values, bars = _bars([stress.accuracy for stress in stresses])
            clean = stresses[0].accuracy.value - stresses[0].change.value
            axes.errorbar(at, values, bars, fmt="o", ms=4, lw=1, color=colour, alpha=0.75)
            axes.plot([shift, *at], [clean, *values], color=colour, ls=dash, label=brief(called(one)))
        axes.set_xticks(range(len(levels) + 1), [before, *(number(level) for level in levels)])
        axes.set_xlabel(axis)
        _axis(axes, noun)

    worst = [(one, stresses[-1]) for one, stresses in shown if stresses]
    alt = "; ".join(f"{called(one)}: {points(last.change.value)} at {number(last.level)}" for one, last in worst)
    few = min(last.accuracy.n for _, last in worst)
    rows = f"{count(few)} or more development rows the model was not fitted on"
    caption = f"{noun.capitalize()} on {rows}. Bars are 95 % intervals."
    return draw(kind.replace(" ", ""), title, caption, alt, paint, 3.0 + 0.2 * len(worst))


def _strokes(found: Sequence[Contender]) -> list[tuple[str, object]]:
    """Classical models in the colour they have on every plot, the others in what is left."""
    others, dashes = (colour for colour, _ in STROKES if colour != CLASSICAL), (dash for _, dash in STROKES)
    return [(CLASSICAL if one.family == "classical" else next(others, MUTED), next(dashes)) for one in found]


def _levels(one: Contender, kind: str) -> list[Stress]:
    return [stress for stress in one.stresses if stress.kind == kind and math.isfinite(stress.accuracy.value)]


def _bars(measures: Sequence[Any]) -> tuple[list[float], list[list[float]]]:
    values = [one.value for one in measures]
    return values, [[one.value - one.low for one in measures], [one.high - one.value for one in measures]]


def _axis(axes: Any, noun: str) -> None:
    percents(axes.yaxis)
    axes.set_ylabel(f"{noun}, %")
    axes.grid(axis="y")
    axes.figure.legend(loc="outside upper left", fontsize=10, handlelength=2.2, borderaxespad=0)
