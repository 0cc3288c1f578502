"""Who was compared, what the locked set said, and how the models came to it."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from gates.claim import Claim
from gates.contender import Contender
from gates.grading import FEATURELESS
from gates.nested import Paired
from gates.records import Measure
from gates.selection import PrototypeEvidence
from qpilot.report import worth
from qpilot.report.charts.answers import answers
from qpilot.report.charts.marks import Row, extent, measured, percents, rows, threshold
from qpilot.report.charts.models import kernel
from qpilot.report.charts.training import plots as training
from qpilot.report.drawing import CLASSICAL, MUTED, QUANTUM, Plot, draw
from qpilot.report.formats import count, percent, points
from qpilot.report.record import RunRecord
from qpilot.report.wording import finalist

SHOWN_FEATURES = 12
SHOWN_MODELS = 20


def plots(run: RunRecord) -> Iterator[Plot]:
    """The locked test, accuracies, training, kernel and importance, each where it was measured."""
    found = run.prototype
    if found is None:
        return
    claim = run.pilot.claim
    compared = {
        f"than {found.reference}": found.advantage,
        "than its twin without entanglement": found.twin,
        f"than {FEATURELESS[claim.metric]}": found.majority,
    }
    tested = {name: one for name, one in compared.items() if one is not None}
    if tested:
        nested = found.form == "nested"
        title = "The whole procedure, in outer folds" if nested else f"{finalist(run)} on the locked set"
        rate = found.alpha / (1 if nested or run.pilot.data.top_up is None else 2)
        yield advantages("locked", title, tested, claim, rate)
    if any(math.isfinite(one.cv_accuracy.value) for one in found.contenders):
        yield _accuracies(found, claim)
    yield from training(run.plots.training)
    if run.plots.kernel is not None:
        yield kernel(run.plots.kernel)
    if run.plots.answers is not None:
        yield answers(run.plots.answers, claim, run.pilot.data.target)
    if any(math.isfinite(measure.value) for measure in found.importance.values()):
        yield _importance(found, worth.counted(claim, *found.importance.values()))


def advantages(name: str, title: str, tested: Mapping[str, Paired], claim: Claim, alpha: float) -> Plot:
    """How much better the model is than each of `tested`, with the interval the one-sided test at `alpha` inverts."""
    found = []
    for other, comparison in tested.items():
        low, high = comparison.interval(claim.metric, 1 - 2 * alpha)
        measure = Measure(value=comparison.advantage(claim.metric), low=low, high=high, n=comparison.points)
        colour = QUANTUM if measure.low > claim.null else MUTED
        found.append(Row(other, measure, colour, points(measure.value)))
    found = measured(found)
    limits = extent([row.measure for row in found], claim.null, claim.target, 0.0)

    def paint(axes: Any) -> None:
        rows(axes, found, limits)
        threshold(axes, claim.null, "no gain" if claim.null == 0 else "margin")
        if claim.kind == "superiority" and (claim.target - claim.null) > 0.16 * (limits[1] - limits[0]):
            threshold(axes, claim.target, "worth having", side="left", dash=":")
        percents(axes.xaxis, signed=True)
        axes.set_xlabel(f"{worth.unit(claim)} better")

    alt = "Better " + "; ".join(
        f"{row.label}: {row.text}, {points(row.measure.low)} to {points(row.measure.high)}" for row in found
    )
    caption = (
        f"Lines are {percent(1 - 2 * alpha)} intervals: the claim is shown where one lies right of the dashed line."
    )
    return draw(name, title, caption, alt, paint, 1.1 + 0.52 * max(len(found), 1))


def _accuracies(found: PrototypeEvidence, claim: Claim) -> Plot:
    ranked = sorted((one for one in found.contenders if _shown(one) >= 0), key=lambda one: -_shown(one))
    ordered = [
        one for place, one in enumerate(ranked) if place < SHOWN_MODELS or one.role not in ("candidate", "baseline")
    ]
    lines = [_line(one, claim) for one in ordered]
    heading, known = worth.heading(claim, *(one.cv_accuracy for one in ordered))
    noun = heading.lower()
    measures = [measure for one in ordered for measure in (one.cv_accuracy, one.locked_accuracy)]
    limits = extent(measures)

    def paint(axes: Any) -> None:
        rows(axes, lines, limits)
        for place, one in enumerate(ordered):
            if math.isfinite(one.locked_accuracy.value):
                solid = _line(one, claim)._replace(measure=one.locked_accuracy, hollow=False)
                axes.plot([solid.measure.low, solid.measure.high], [-place - 0.22] * 2, color=solid.colour, lw=2.2)
                axes.plot([solid.measure.value], [-place - 0.22], "o", ms=7, color=solid.colour, zorder=3)
        axes.set_ylim(-len(lines) + 0.5, 0.75)
        percents(axes.xaxis)
        axes.set_xlabel(f"{noun}, %")

    alt = "; ".join(f"{one.name}: {percent(one.cv_accuracy.value)} in cross-validation" for one in ordered)
    caption = (
        "Rings: cross-validation, from which the finalist was chosen. Dots and their figures: the locked set, where"
        f" it was read. Lines are 95 % intervals.{worth.bracketed(claim)}"
    )
    if claim.metric == "balanced_accuracy" and known:
        caption += f" This is {noun}, {known}."
    if len(ordered) < len(ranked):
        caption += f" {count(len(ranked) - len(ordered))} models with less are in the table above."
    return draw("accuracy", f"{heading} of every model tried", caption, alt, paint, 0.8 + 0.55 * len(lines))


def _line(one: Contender, claim: Claim) -> Row:
    colour = CLASSICAL if one.family == "classical" else QUANTUM
    read = one.locked_accuracy if math.isfinite(one.locked_accuracy.value) else one.cv_accuracy
    return Row(_label(one), one.cv_accuracy, colour, worth.told(claim, read), hollow=True)


def _label(one: Contender) -> str:
    return "the finalist without entanglement" if one.role == "twin" else one.name


def _shown(one: Contender) -> float:
    """The accuracy, or score, a contender is ranked by: on the locked set where it was read, else in cross-validation."""
    locked, cv = one.locked_accuracy.value, one.cv_accuracy.value
    return locked if math.isfinite(locked) else _known(cv)


def _known(value: float) -> float:
    return value if math.isfinite(value) else -1.0


def _importance(found: PrototypeEvidence, noun: str) -> Plot:
    ranked = sorted(found.importance.items(), key=lambda item: -_known(item[1].value))
    lines = measured([Row(name, one, QUANTUM, points(one.value)) for name, one in ranked[:SHOWN_FEATURES]])
    limits = extent([row.measure for row in lines], 0.0)

    def paint(axes: Any) -> None:
        rows(axes, lines, limits)
        axes.axvline(0, color=MUTED, lw=1.2)
        percents(axes.xaxis)
        axes.set_xlabel(f"{noun} lost when the feature is shuffled, points")

    alt = "; ".join(f"{row.label}: {row.text}" for row in lines)
    left = len(ranked) - len(lines)
    more = f" {count(left)} features with less are not shown." if left else ""
    method = lines[0].measure.method
    return draw(
        "importance",
        "What the finalist looks at",
        f"{method[:1].upper()}{method[1:]}.{more}",
        alt,
        paint,
        0.8 + 0.5 * len(lines),
    )
