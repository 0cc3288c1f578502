"""What the hardware stage would cost, how long it would wait, and what noise would do to the model."""

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from gates.forecast import ForecastEvidence, Spend
from qpilot.report.charts.marks import BEHIND, Row, extent, percents, rows, threshold
from qpilot.report.drawing import DEVICE, INK, LINE, MUTED, QUANTUM, STOP, Plot, draw
from qpilot.report.formats import number, percent, usd
from qpilot.report.record import RunRecord


def plots(run: RunRecord) -> Iterator[Plot]:
    """Spend, wait where there is a queue, and accuracy with and without the device's noise."""
    found = run.forecast
    if found is None:
        return
    if found.device_cost.worst > 0 or found.charged.worst > 0:
        yield _cost(found, run.pilot.budget.usd)
    if found.queues and math.isfinite(found.wait_p90_hours.value):
        yield _wait(found, run.pilot.budget.queue_hours)
    if math.isfinite(found.emulated_accuracy.value) and math.isfinite(found.simulated_accuracy.value):
        yield _accuracy(found)


def _cost(found: ForecastEvidence, budget: Decimal) -> Plot:
    lines = [("charged", found.charged, INK), (f"on {found.device} itself", found.device_cost, DEVICE)]
    top = max(float(found.charged.worst), float(found.device_cost.worst), float(budget))

    def paint(axes: Any) -> None:
        for place, (label, spend, colour) in enumerate(lines):
            _band(axes, spend, -place, colour)
            axes.text(0, 0.24 - place, label, va="bottom")
            told = "nothing" if spend.worst == 0 else f"{usd(spend.p50)} to {usd(spend.p90)}"
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


def _wait(found: ForecastEvidence, limit: float) -> Plot:
    waits = [
        ("half the time up to", found.wait_p50_hours.value),
        ("nine times in ten up to", found.wait_p90_hours.value),
    ]

    def paint(axes: Any) -> None:
        for place, (label, hours) in enumerate(waits):
            axes.text(0, 0.3 - place, f"{label} {number(hours)} h", va="bottom")
            axes.barh([-place], [hours if math.isfinite(hours) else 0], height=0.36, color=DEVICE)
        threshold(axes, limit, f"limit {number(limit)} h", STOP, "right")
        axes.set_ylim(-1.45, 0.85)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("hours of waiting")

    alt = (
        f"{'; '.join(f'{label} {number(hours)} hours' for label, hours in waits)}; the limit is {number(limit)} hours."
    )
    return draw("wait", "How long it would wait", f"{found.wait_p90_hours.method}.", alt, paint, 2.2)


def _accuracy(found: ForecastEvidence) -> Plot:
    simulated, emulated = found.simulated_accuracy, found.emulated_accuracy
    lines = [
        Row("simulator, exact", simulated, QUANTUM, percent(simulated.value)),
        Row(f"emulated {found.device}, {found.shots:,} shots", emulated, DEVICE, percent(emulated.value)),
    ]

    def paint(axes: Any) -> None:
        rows(axes, lines, extent([simulated, emulated]))
        percents(axes.xaxis)
        axes.set_xlabel("accuracy on development rows, %", color=MUTED)

    alt = "; ".join(f"{row.label}: {row.text}" for row in lines)
    return draw("emulated", "What the device's noise would cost", "Lines are 95 % intervals.", alt, paint, 2.0)
