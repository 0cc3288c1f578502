"""How models were trained, and how alike a kernel finds the points."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from qpilot.report.charts.marks import brief
from qpilot.report.drawing import CLASSICAL, DEVICE, MUTED, OPEN, PANEL, QUANTUM, Plot, draw
from qpilot.report.formats import count, number
from qpilot.report.record import Kernel, Training

SHOWN_TRAININGS = 4
STROKES = ((QUANTUM, "-"), (DEVICE, "--"), (OPEN, "-."), (CLASSICAL, ":"))
KERNEL_COLOUR = (0.42, 0.39, 0.86)


def training(found: Sequence[Training]) -> Plot:
    """Loss and gradient norm after each epoch, both on a logarithmic scale."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    shown = found[:SHOWN_TRAININGS]

    def paint(axes: Any) -> None:
        loss, gradient = axes
        for one, (colour, dash) in zip(shown, STROKES, strict=False):
            epochs = range(1, len(one.loss) + 1)
            loss.plot(epochs, one.loss, color=colour, ls=dash, label=brief(one.name))
            gradient.plot(epochs, one.gradient_norm, color=colour, ls=dash)
        loss.set_ylabel("loss")
        gradient.set_ylabel("gradient norm")
        gradient.set_yscale("log")
        gradient.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 2)))
        gradient.yaxis.set_minor_formatter(NullFormatter())
        gradient.set_xlabel("step")
        for each in axes:
            each.grid(axis="y")
        loss.figure.legend(loc="outside upper left", fontsize=10, handlelength=2.2, borderaxespad=0)

    ends = [f"{one.name}: loss {number(one.loss[0])} to {number(one.loss[-1])}" for one in shown if one.loss]
    left = len(found) - len(shown)
    more = f" {count(left)} more were trained and are not shown." if left else ""
    caption = f"A gradient norm that falls while the loss does not is a barren plateau.{more}"
    return draw("training", "Training", caption, "; ".join(ends), paint, 3.6 + 0.2 * len(shown), rows=2)


def kernel(found: Kernel) -> Plot:
    """The matrix, rows sorted by class, with the classes' borders."""
    import numpy as np

    borders = [k for k in range(1, len(found.labels)) if found.labels[k] != found.labels[k - 1]]
    edges = [0, *borders, len(found.labels)]

    def paint(axes: Any) -> None:
        # One colour with the value as its opacity: the picture follows light and dark as the lines around it do.
        size = len(found.values)
        picture = np.empty((size, size, 4))
        picture[..., :3] = KERNEL_COLOUR
        picture[..., 3] = np.clip(np.asarray(found.values, dtype=np.float64), 0, 1)
        axes.imshow(picture, interpolation="none", extent=(0, size, size, 0))
        for border in borders:
            axes.axhline(border, color=PANEL, lw=2)
            axes.axvline(border, color=PANEL, lw=2)
        middles = [(low + high) / 2 for low, high in pairwise(edges)]
        names = [found.labels[low] for low in edges[:-1]]
        axes.set_xticks(middles, names)
        axes.set_yticks(middles, names)
        axes.set_xlim(0, size)
        axes.set_ylim(size, 0)
        axes.set_aspect("equal")
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_xlabel("class", color=MUTED)

    own, other = _contrast(found)
    alt = (
        f"Kernel matrix of {len(found.labels)} points: {number(own)} on average within a class, {number(other)}"
        " between."
    )
    caption = (
        f"The stronger the colour, the more alike. On average {number(own)} within a class and {number(other)} between"
        " classes."
    )
    return draw("kernel", f"Kernel matrix, {found.name}", caption, alt, paint, 4.2)


def _contrast(found: Kernel) -> tuple[float, float]:
    """Mean kernel value of pairs of one class (without the diagonal), and of pairs of two."""
    own: list[float] = []
    other: list[float] = []
    for i, row in enumerate(found.values):
        for j, value in enumerate(row):
            if i != j:
                (own if found.labels[i] == found.labels[j] else other).append(value)
    return _mean(own), _mean(other)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
