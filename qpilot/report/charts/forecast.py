"""What the hardware stage would cost, how long it would wait, and what noise would do to the model."""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from gates.claim import Claim
from gates.forecast import ForecastEvidence
from gates.money import Spend
from gates.wording import sentence
from qpilot.report import worth
from qpilot.report.charts.marks import BEHIND, Row, extent, percents, rows, threshold
from qpilot.report.drawing import DEVICE, INK, LINE, MUTED, PANEL, QUANTUM, STOP, Plot, draw
from qpilot.report.formats import count, magnitude, number, usd
from qpilot.report.record import PastSpend, PastWait, RunRecord


def plots(run: RunRecord) -> Iterator[Plot]:
    """Spend, dollars against shots, wait where there is a queue, what noise costs, and how earlier forecasts turned out."""
    found = run.forecast
    if found is None:
        return
    if found.device_cost.worst > 0 or found.charged.worst > 0:
        yield _cost(found, run.pilot.budget.usd)
    if len(found.curve) > 1 and min(one.usd for one in found.curve) > 0:
        yield _shots(found, worth.noun(run.pilot.claim))
    if found.queues and math.isfinite(found.wait_p90_hours.value):
        yield _wait(found, run.pilot.budget.queue_hours)
    if math.isfinite(found.emulated_accuracy.value) and math.isfinite(found.simulated_accuracy.value):
        yield _accuracy(found, run.pilot.claim)
    if run.plots.waits:
        yield _past_waits(run.plots.waits)
    if run.plots.spends:
        yield _past_spends(run.plots.spends)


def _cost(found: ForecastEvidence, budget: Decimal) -> Plot:
    lines = [("charged", found.charged, INK), (f"on {found.device} itself", found.device_cost, DEVICE)]
    top = max(float(found.charged.worst), float(found.device_cost.worst), float(budget))

    def paint(axes: Any) -> None:
        for place, (label, spend, colour) in enumerate(lines):
            _band(axes, spend, -place, colour)
            axes.text(0, 0.24 - place, label, va="bottom")
            told = f"{usd(spend.p50)} to {usd(spend.p90)}" if spend.p50 < spend.p90 else usd(spend.p90)
            told = "nothing" if spend.worst == 0 else told
            axes.text(top, 0.24 - place, told, ha="right", va="bottom", color=colour, fontweight="bold", bbox=BEHIND)
        threshold(
            axes, float(budget), f"budget {usd(budget)}", STOP, "right" if float(budget) > 0.7 * top else "center"
        )
        axes.set_xlim(-0.02 * top, 1.02 * top)
        axes.set_ylim(-1.45, 0.85)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("US dollars")

    alt = "; ".join(
        f"{label}: half the time up to {usd(one.p50)}, nine times in ten {usd(one.p90)}, at worst {usd(one.worst)}"
        for label, one, _ in lines
    )
    caption = (
        "Thick: from half of all runs to nine in ten. Thin: to the worst case. Dot: the expected spend. The budget is"
        " held against what is charged."
    )
    return draw("cost", "What the hardware stage would cost", caption, f"{alt}.", paint, 2.2)


def _band(axes: Any, spend: Spend, at: float, colour: str) -> None:
    axes.plot([0, float(spend.worst)], [at, at], color=LINE, lw=2)
    axes.plot([float(spend.p90), float(spend.worst)], [at, at], color=colour, lw=1.4)
    axes.plot([float(spend.p50), float(spend.p90)], [at, at], color=colour, lw=7, solid_capstyle="butt", alpha=0.45)
    axes.plot([float(spend.expected)], [at], "o", color=colour, ms=7)


def _shots(found: ForecastEvidence, noun: str) -> Plot:
    """Dollars over shots, and the predicted loss below them on the same shots."""
    shots = [one.shots for one in found.curve]
    dollars, losses = [float(one.usd) for one in found.curve], [100 * one.loss for one in found.curve]
    limit = 100 * found.shots_loss_limit
    at = shots.index(found.shots)
    chosen = found.curve[at]

    def paint(both: Any) -> None:
        from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

        cost, loss = both
        for axes, values, colour in ((cost, dollars, DEVICE), (loss, losses, QUANTUM)):
            axes.plot(shots, values, "-", marker=".", color=colour, ms=7)
            axes.plot([shots[at]], [values[at]], "o", ms=9, mfc=colour, mec=INK, mew=1.5, zorder=4)
            axes.grid(axis="y")
            axes.axvline(shots[at], color=MUTED, lw=1, ls=":")
        cost.set_title("US dollars, nine runs in ten up to", loc="left", fontsize=11, color=MUTED, pad=4)
        cost.annotate(
            f"{count(shots[at])} shots, {usd(chosen.usd)}",
            (shots[at], dollars[at]),
            xytext=(-6, 6) if at > len(shots) / 3 else (8, -8),  # above the curve at its left, below it at its right
            textcoords="offset points",
            ha="right" if at > len(shots) / 3 else "left",
            va="bottom" if at > len(shots) / 3 else "top",
            fontweight="bold",
            color=DEVICE,
            bbox=BEHIND,
        )
        cost.set_yscale("log")
        cost.set_ylim(0.6 * min(dollars), 2.5 * max(dollars))
        cost.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        cost.yaxis.set_minor_locator(NullLocator())
        loss.set_title(f"predicted loss of {noun}, points", loc="left", fontsize=11, color=MUTED, pad=4)
        loss.axhline(limit, color=STOP, lw=1.2, ls="--")
        loss.text(
            shots[-1],
            limit,
            f"a fifth of the margin, {magnitude(found.shots_loss_limit)}",
            ha="right",
            va="bottom",
            color=STOP,
            fontsize=10,
            bbox=BEHIND,
        )
        floor, top = min(0.0, *losses), max(limit, *losses)
        loss.set_ylim(floor - 0.05 * (top - floor), top + 0.12 * (top - floor))
        loss.set_xscale("log")
        loss.xaxis.set_major_locator(FixedLocator([one for one in shots if f"{one}"[0] == "1" or one == shots[0]]))
        loss.xaxis.set_minor_locator(NullLocator())
        loss.xaxis.set_major_formatter(FuncFormatter(lambda value, _: count(int(value))))
        loss.set_xlabel("shots a circuit")

    rule = (
        "The fewest shots are taken whose predicted loss, and that of every larger number, stays below the dashed line."
    )
    alt = "; ".join(
        f"{count(one.shots)} shots: {usd(one.usd)}, {number(100 * one.loss, 2)} points lost" for one in found.curve
    )
    return draw(
        "shots", "What shots cost and what they save", rule, f"{alt}. Used: {count(found.shots)}.", paint, 4.2, 2
    )


def _wait(found: ForecastEvidence, limit: float) -> Plot:
    low, middle, high = (one.value for one in (found.wait_p10_hours, found.wait_p50_hours, found.wait_p90_hours))
    top = max(high, limit)

    def paint(axes: Any) -> None:
        axes.plot([0, top], [0, 0], color=LINE, lw=2)
        axes.plot([low, high], [0, 0], color=DEVICE, lw=9, solid_capstyle="butt", alpha=0.45)
        axes.plot([middle], [0], "o", color=DEVICE, ms=8)
        axes.text(0, 0.3, f"half the time up to {number(middle)} h", va="bottom")
        told = f"{number(low)} to {number(high)} h"
        axes.text(top, 0.3, told, ha="right", va="bottom", color=DEVICE, fontweight="bold", bbox=BEHIND)
        threshold(axes, limit, f"limit {number(limit)} h", STOP, "right" if limit > 0.7 * top else "center")
        axes.set_xlim(-0.02 * top, 1.02 * top)
        axes.set_ylim(-0.5, 0.9)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("hours until a task is done")

    alt = (
        f"8 in 10 tasks wait {number(low)} to {number(high)} hours, half of them up to {number(middle)}; the limit is"
        f" {number(limit)} hours."
    )
    caption = f"Bar: 8 tasks in 10. Dot: half of them. {sentence(found.wait_p90_hours.method)}."
    return draw("wait", "How long it would wait", caption, alt, paint, 1.7)


def _accuracy(found: ForecastEvidence, claim: Claim) -> Plot:
    simulated, emulated = found.simulated_accuracy, found.emulated_accuracy
    lines = [
        Row("simulator, exact", simulated, QUANTUM, worth.told(claim, simulated)),
        Row(f"emulated {found.device}, {found.shots:,} shots", emulated, DEVICE, worth.told(claim, emulated)),
    ]

    def paint(axes: Any) -> None:
        rows(axes, lines, extent([simulated, emulated]))
        percents(axes.xaxis)
        axes.set_xlabel(f"{worth.noun(claim)} on development rows, %", color=MUTED)

    alt = "; ".join(f"{row.label}: {row.text}" for row in lines)
    caption = f"Lines are 95 % intervals.{worth.bracketed(claim)}"
    return draw("emulated", "What the device's noise would cost", caption, alt, paint, 2.0)


def _past_waits(past: Sequence[PastWait]) -> Plot:
    """Each earlier task: its 80 % interval as a bar, what came as a dot."""
    inside = [one.low <= one.came <= one.high for one in past]
    places = range(1, len(past) + 1)

    def paint(axes: Any) -> None:
        for place, one in zip(places, past, strict=True):
            alpha = 0.5 if one.calibrated else 0.25
            axes.plot([place] * 2, [one.low, one.high], color=DEVICE, lw=5, alpha=alpha, solid_capstyle="butt")
        for wanted, marker, colour, label in ((True, "o", INK, "came, inside"), (False, "X", STOP, "came, outside")):
            shown = [(place, one.came) for place, one, held in zip(places, past, inside, strict=True) if held is wanted]
            if shown:
                axes.plot(*zip(*shown, strict=True), marker, color=colour, ms=5, ls="", label=label)
        axes.set_ylim(0, 1.15 * max(max(one.high, one.came) for one in past))
        axes.set_xlim(0, len(past) + 1)
        axes.set_xticks([])
        axes.set_xlabel("earlier tasks of this device, the latest at the right")
        axes.set_ylabel("hours")
        axes.grid(axis="y")
        axes.legend(loc="upper left", fontsize=10, ncols=2)

    held = f"{sum(inside)} of {len(past)} tasks came inside their 80 % interval."
    caption = f"Bars: what was forecast, pale while uncalibrated. {held}"
    return draw("past-waits", "How earlier waits were forecast", caption, held, paint, 2.6)


def _past_spends(past: Sequence[PastSpend]) -> Plot:
    """Each ended run: P50 to P90 as a bar, what came as a dot, all against its own P90."""
    scale = [float(one.p90) or 1.0 for one in past]

    def paint(axes: Any) -> None:
        for place, (one, unit) in enumerate(zip(past, scale, strict=True), start=1):
            axes.plot([place] * 2, [float(one.p50) / unit, 1], color=DEVICE, lw=7, alpha=0.45, solid_capstyle="butt")
            came = float(one.came) / unit
            colour = STOP if came > 1 else INK
            axes.plot([place], [came], "o", ms=6, color=colour, mfc=PANEL if one.emulated else colour)
        axes.axhline(1, color=MUTED, lw=1, ls="--")
        axes.set_xlim(0, len(past) + 1)
        axes.set_ylim(0, 1.15 * max(1.0, *(float(one.came) / unit for one, unit in zip(past, scale, strict=True))))
        axes.set_xticks([])
        axes.set_xlabel("runs that have ended, the latest at the right")
        axes.set_ylabel("share of P90, %")
        percents(axes.yaxis)
        axes.grid(axis="y")

    within = f"{sum(one.came <= one.p90 for one in past)} of {len(past)} runs cost no more than their P90."
    caption = f"Bars: P50 to P90 as forecast. Dots: what came; hollow: emulated, at the device's list price. {within}"
    return draw("past-spends", "How earlier spends were forecast", caption, within, paint, 2.4)
