"""How the values of a quantity lie."""

from collections.abc import Iterator
from typing import Any

from gates.claim import Claim
from gates.target import Spread
from qpilot.report.charts.marks import BEHIND
from qpilot.report.drawing import CLASSICAL, INK, LINE, MUTED, STOP, Plot, draw
from qpilot.report.formats import number
from qpilot.report.record import RunRecord


def plots(run: RunRecord) -> Iterator[Plot]:
    """The target's spread; of classes there is nothing to draw."""
    if run.data is not None and run.data.target is not None and run.data.target.least < run.data.target.most:
        yield _spread(run.data.target, run.pilot.data.target, run.pilot.claim)


def _spread(found: Spread, name: str, claim: Claim) -> Plot:
    """All rows as a thin line, the middle half as a thick one, and the worst error to the same scale."""
    room = 0.03 * (found.most - found.least)
    far = claim.worst_error or 0.0

    def paint(axes: Any) -> None:
        axes.plot([found.least, found.most], [0, 0], color=CLASSICAL, lw=1.6)
        axes.plot([found.lower, found.upper], [0, 0], color=CLASSICAL, lw=11, solid_capstyle="butt", alpha=0.5)
        axes.plot([found.median], [0], "o", color=INK, ms=7, zorder=3)
        axes.text(found.least, 0.26, f"{number(found.least)} to {number(found.most)}", va="bottom", bbox=BEHIND)
        middle = f"half of the rows {number(found.lower)} to {number(found.upper)}"
        axes.text(found.most, 0.26, middle, ha="right", va="bottom", color=CLASSICAL, fontweight="bold", bbox=BEHIND)
        if far:
            _worst(axes, found, far)
        axes.set_xlim(found.least - room, found.most + room)
        axes.set_ylim(-1.45 if far else -0.6, 0.9)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(name)

    alt = (
        f"{name}: {number(found.least)} to {number(found.most)}, quartiles {number(found.lower)},"
        f" {number(found.median)} and {number(found.upper)}."
    )
    caption = "Thin: all rows. Thick: the middle half. Dot: the median."
    if far:
        caption += f" Red: the error of {number(far)} from which an answer is worth nothing."
    return draw("target", f"The target, {name}", caption, alt, paint, 1.9 if far else 1.5)


def _worst(axes: Any, found: Spread, far: float) -> None:
    """How long the worst error is, beginning at the median; where it is longer than the picture, to its edge."""
    end = min(found.median + far, found.most)
    axes.axhline(-1, color=LINE, lw=0.8, zorder=0)
    axes.plot([found.median, end], [-1, -1], color=STOP, lw=3, solid_capstyle="butt")
    axes.plot([found.median] * 2, [0, -1], color=MUTED, lw=0.8, ls=":")
    axes.text(found.least, -0.8, f"worst error {number(far)}", va="bottom", color=STOP, bbox=BEHIND)
