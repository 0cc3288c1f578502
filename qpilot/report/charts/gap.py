"""Why device and simulator differ: the loss of signal by cause, and batch by batch."""

from typing import Any

from gates.claim import Claim
from gates.hardware import HardwareEvidence, Split
from qpilot.report.charts.marks import BEHIND, percents, threshold
from qpilot.report.drawing import DEVICE, GO, INK, LINE, MUTED, PANEL, Plot, draw
from qpilot.report.formats import count, interval, percent
from qpilot.report.gap import NAMES, meaning, share, shown


def waterfall(split: Split, claim: Claim) -> Plot:
    """A waterfall: each bar begins where the one before ended, and the last is their sum."""
    parts = [(NAMES[part.cause], share(split, part.signal)) for part in shown(split)]
    whole = share(split, split.signal)
    starts = [0.0]
    for _, measure in parts[:-1]:
        starts.append(starts[-1] + measure.value)
    lines = [*zip(starts, parts, strict=True), (0.0, ("altogether", whole))]
    ends = [end + start for start, (_, one) in lines for end in (0.0, one.low, one.value, one.high)]
    room = 0.06 * (max(ends) - min(ends)) or 0.01
    left, right = min(ends) - room, max(ends) + room

    def paint(axes: Any) -> None:
        for place, (start, (label, one)) in enumerate(lines):
            colour = INK if place == len(parts) else GO if one.value < 0 else DEVICE
            axes.axhline(-place, color=LINE, lw=0.8, zorder=0)
            axes.barh([-place], [one.value], left=start, height=0.26, color=colour, alpha=0.45, zorder=1)
            axes.plot([start + one.low, start + one.high], [-place] * 2, color=colour, lw=2.2, zorder=2)
            axes.plot([start + one.value], [-place], "o", ms=6, color=colour, zorder=3)
            if place < len(parts) - 1:
                axes.plot([start + one.value] * 2, [-place, -place - 1], color=MUTED, lw=0.8, ls=":", zorder=1)
            axes.text(left, 0.2 - place, label, va="bottom", bbox=BEHIND)
            told = percent(one.value)
            axes.text(right, 0.2 - place, told, ha="right", va="bottom", color=colour, fontweight="bold", bbox=BEHIND)
        axes.axvline(0, color=MUTED, lw=1.2, zorder=1)
        axes.set_xlim(left, right)
        axes.set_ylim(-len(lines) + 0.6, 0.85)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        percents(axes.xaxis)
        axes.set_xlabel("% of the simulator's signal lost")

    alt = "; ".join(f"{label}: {percent(one.value)} ({interval(one)})" for _, (label, one) in lines)
    caption = (
        f"The signal is {meaning(claim)}, on {count(split.points)} points. Each bar begins where the one above"
        " ends; lines are 95 % intervals."
    )
    return draw("gap", "Where the gap comes from", caption, alt, paint, 0.9 + 0.52 * len(lines))


def drift(split: Split, found: HardwareEvidence) -> Plot:
    """What each batch lost, beside what the figures of its day explain."""
    lost = [share(split, one.lost) for one in split.batches]
    whole = split.simulated_signal.value
    numbers = [one.batch + 1 for one in split.batches]
    changes = [change.batch + 0.5 for change in found.recalibrations]

    def paint(axes: Any) -> None:
        for batch, one in zip(numbers, lost, strict=True):
            axes.plot([batch, batch], [one.low, one.high], color=DEVICE, lw=2.2, solid_capstyle="round")
            axes.plot([batch], [one.value], "o", ms=7, color=DEVICE)
        expected = [one.explained / whole for one in split.batches]
        axes.plot(numbers, expected, "o", ms=7, mfc=PANEL, mec=MUTED, mew=1.8, zorder=1, label="by the figures")
        for change in changes:
            threshold(axes, change, "calibrated anew")
        axes.axhline(0, color=MUTED, lw=1.0)
        axes.set_xticks(numbers)
        axes.set_xlim(0.5, numbers[-1] + 0.5)
        axes.set_xlabel("batch")
        axes.set_ylabel("% of the signal lost")
        percents(axes.yaxis)
        axes.grid(axis="y")

    alt = "; ".join(f"batch {batch}: {percent(one.value)}" for batch, one in zip(numbers, lost, strict=True))
    caption = "Dots: measured, with 95 % intervals. Rings: what the figures of each batch's day explain."
    return draw("drift", "Batch by batch", caption, f"Signal lost: {alt}.", paint, 2.6)
