"""A regression model's answers against the truth, on rows it was not fitted on."""

from typing import Any

from gates.claim import Claim
from qpilot.report.drawing import INK, MUTED, QUANTUM, STOP, Plot, draw
from qpilot.report.formats import count, number, percent
from qpilot.report.record import Answers


def answers(found: Answers, claim: Claim, target: str) -> Plot:
    """Every answer as a dot, the exact ones on a line, and the worst error on both sides of it."""
    pairs = list(zip(found.truth, found.answers, strict=True))
    low, high = min(found.truth), max(found.truth)
    room = 0.05 * (high - low)
    # A few answers far off would leave the others no room; what is beyond is drawn on the edge and counted.
    floor, top = low - 0.5 * (high - low), high + 0.5 * (high - low)
    inside = [(true, min(max(said, floor), top)) for true, said in pairs]
    beyond = sum(shown != said for (_, shown), (_, said) in zip(inside, pairs, strict=True))
    far = claim.worst_error or 0.0
    worthless = sum(abs(true - said) >= far for true, said in pairs) / len(pairs)

    def paint(axes: Any) -> None:
        ends = [low - room, high + room]
        axes.plot(ends, ends, color=INK, lw=1.2, zorder=2)
        for side in (-far, far):
            axes.plot(ends, [end + side for end in ends], color=STOP, lw=1, ls="--", zorder=1)
        axes.plot(*zip(*inside, strict=True), "o", color=QUANTUM, ms=4, alpha=0.5, mew=0, zorder=3)
        axes.set_xlim(*ends)
        ys = [said for _, said in inside]
        axes.set_ylim(min(ends[0], *ys) - room / 2, max(ends[1], *ys) + room / 2)
        axes.set_xlabel(f"{target}, true")
        axes.set_ylabel(f"{target}, answered", color=MUTED)
        axes.grid()

    error = sum(abs(true - said) for true, said in pairs) / len(pairs)
    caption = (
        f"{count(len(pairs))} development rows, each answered by a fit that had not seen it (cross-validation): on average"
        f" {number(error)} off. Line: exact. Dashed: {number(far)} off, from where an answer is worth nothing;"
        f" {percent(worthless)} are that far."
    )
    if beyond:
        caption += f" {count(beyond)} lie beyond the picture and stand on its edge."
    alt = f"{found.name}: answers against the truth of {count(len(pairs))} rows, {number(error)} off on average."
    return draw("answers", f"Answers against the truth, {found.name}", caption, alt, paint, 4.0)
