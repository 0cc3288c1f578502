"""How alike a kernel finds the points."""

from itertools import pairwise
from typing import Any

from qpilot.report.drawing import MUTED, PANEL, Plot, draw
from qpilot.report.formats import number
from qpilot.report.record import Kernel

KERNEL_COLOUR = (0.42, 0.39, 0.86)


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
