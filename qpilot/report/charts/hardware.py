"""The sequential test as it went, what the device measured against what the simulator computes, and why they differ."""

import math
from collections.abc import Iterator
from typing import Any

from gates.claim import Claim
from gates.hardware import HardwareEvidence, HardwarePolicy
from qpilot.report import worth
from qpilot.report.charts.gap import drift, waterfall
from qpilot.report.charts.marks import Row, extent, measured, percents, rows
from qpilot.report.drawing import DEVICE, GO, MUTED, QUANTUM, STOP, Plot, draw
from qpilot.report.formats import count, magnitude, number, percent
from qpilot.report.record import Distribution, RunRecord
from qpilot.report.wording import measurer

SHOWN_OUTCOMES = 16
CEILING = 6.0  # decades of evidence above which a path is drawn along the upper edge: nobody needs to tell more apart
FLOOR = -3.0  # decades of evidence below which a path is drawn along the plot's lower edge


def plots(run: RunRecord) -> Iterator[Plot]:
    """The test's path with its boundaries, accuracies, the gap by cause and by batch, and the kept distributions."""
    if run.hardware is not None:
        if run.hardware.path and run.hardware_policy is not None:
            yield _path(run.hardware, run.hardware_policy)
        yield from _accuracy(run.hardware, run.pilot.claim)
        split = run.hardware.split
        if split is not None and split.simulated_signal.value > 0:
            yield waterfall(split, run.pilot.claim)
            if run.hardware.recalibrations and len(split.batches) > 1:
                yield drift(split, run.hardware)
    for place, one in enumerate(run.plots.distributions):
        yield _distribution(f"distribution{place}", one)


def _path(found: HardwareEvidence, policy: HardwarePolicy) -> Plot:
    boundary = -math.log10(policy.alpha)
    after = [step[0] for step in found.path]
    finite = [value for step in found.path for value in step[1:] if math.isfinite(value)]
    top = min(max([boundary, *finite]) * 1.15, max(CEILING, 1.15 * boundary))
    sides = (
        (f"evidence that it loses less than {magnitude(policy.margin)}", GO, [step[1] for step in found.path]),
        (
            f"evidence that it loses more than {magnitude(policy.margin)}",
            STOP,
            [step[2] for step in found.path],
        ),
    )

    def paint(both: Any) -> None:
        for axes, (label, colour, decades) in zip(both, sides, strict=True):
            drawn = [min(max(value, FLOOR), top) for value in decades]
            axes.plot([0, *after], [0, *drawn], "-", marker=".", color=colour, ms=7)
            axes.axhline(boundary, color=colour, ls=(0, (4, 3)), lw=1.2)
            axes.text(
                found.population,
                boundary,
                f"certain: {_odds(boundary)}",
                ha="right",
                va="bottom",
                color=colour,
                fontsize=10,
            )
            axes.set_ylim(min([0, *drawn]) - 0.25, top + 0.35)
            axes.set_xlim(0, found.population)
            axes.set_title(label, loc="left", fontsize=11, color=MUTED, pad=4)
            ticks = list(range(math.ceil(axes.get_ylim()[0]), math.floor(top) + 1))
            ticks = ticks[:: max(1, math.ceil(len(ticks) / 5))]
            axes.set_yticks(ticks, [_odds(tick) for tick in ticks])
            axes.grid(axis="y")
            axes.axvline(found.planned, color=MUTED, lw=1, ls=":")
        both[-1].set_xlabel("points measured")

    last = found.path[-1]
    alt = (
        f"After {count(last[0])} points: {sides[0][0]} {_odds(last[1])}, {sides[1][0]} {_odds(last[2])};"
        f" {_odds(boundary)} decides."
    )
    caption = (
        "Betting odds for each answer after each batch; a dashed boundary crossed is certain enough (alpha"
        f" {percent(policy.alpha)}), whenever"
        f" one looks. Dotted: the {count(found.planned)} points fixed for the promotion test."
    )
    return draw("path", "The sequential test", caption, alt, paint, 4.2, rows=2)


def _odds(decades: float) -> str:
    """10^decades as odds: "25 to 1", "1 to 100"."""
    if math.isinf(decades):
        return "certain" if decades > 0 else "none"
    if decades >= 6:
        return "over a million to 1"
    return f"{number(10**decades, 2)} to 1" if decades >= 0 else f"1 to {number(10**-decades, 2)}"


def _accuracy(found: HardwareEvidence, claim: Claim) -> Iterator[Plot]:
    simulator, device = found.simulator_accuracy, found.device_accuracy
    lines = measured(
        [
            Row("simulator", simulator, QUANTUM, worth.told(claim, simulator)),
            Row(measurer(found), device, DEVICE, worth.told(claim, device)),
        ]
    )
    if not lines:
        return
    limits = extent([row.measure for row in lines])

    def paint(axes: Any) -> None:
        rows(axes, lines, limits)
        percents(axes.xaxis)
        axes.set_xlabel(f"{worth.noun(claim)} on the same points, %")

    alt = "; ".join(f"{row.label}: {row.text}" for row in lines)
    caption = f"Lines are 95 % intervals of each by itself.{worth.bracketed(claim)}"
    yield draw("device-accuracy", "Simulator against device", caption, alt, paint, 2.0)


def _distribution(name: str, found: Distribution) -> Plot:
    order = sorted(range(len(found.outcomes)), key=lambda k: (-found.simulator[k], k))[:SHOWN_OUTCOMES]
    series = [("simulator", found.simulator, QUANTUM), (f"device, {count(found.shots)} shots", found.device, DEVICE)]
    if found.corrected is not None:
        series.append(("corrected for readout", found.corrected, GO))
    width = 0.8 / len(series)

    def paint(axes: Any) -> None:
        for place, (label, values, colour) in enumerate(series):
            at = [k + (place - (len(series) - 1) / 2) * width for k in range(len(order))]
            axes.bar(at, [values[k] for k in order], width=width, color=colour, label=label)
        axes.set_xticks(
            range(len(order)), [found.outcomes[k] for k in order], rotation=90, fontsize=10, family="monospace"
        )
        axes.set_ylabel("probability, %")
        axes.grid(axis="y")
        percents(axes.yaxis)
        axes.legend(loc="upper right", fontsize=10)

    distance = sum(abs(a - b) for a, b in zip(found.simulator, found.device, strict=True)) / 2
    left = len(found.outcomes) - len(order)
    more = f" The {count(left)} less likely outcomes are not shown." if left else ""
    caption = f"{found.point}: total variation distance {number(distance)} (0: the same, 1: nothing in common).{more}"
    alt = (
        f"Outcome probabilities of {found.point}, simulator against device: total variation distance"
        f" {number(distance)}."
    )
    return draw(name, "What was measured", caption, alt, paint, 3.0)
