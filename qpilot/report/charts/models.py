"""How alike a kernel finds the points."""

from itertools import pairwise
from typing import Any

from qpilot.report.drawing import MUTED, PANEL, Plot, draw
from qpilot.report.formats import number
from qpilot.report.record import Kernel

KERNEL_COLOUR = (0.42, 0.39, 0.86)
TICKS = 5


def kernel(found: Kernel) -> Plot:
    """The matrix, rows sorted by class with the classes' borders, or by the value of a quantity."""
    size = len(found.values)

    def paint(axes: Any) -> None:
        _picture(axes, found)
        for border in _borders(found):
            axes.axhline(border, color=PANEL, lw=2)
            axes.axvline(border, color=PANEL, lw=2)
        at, names = _ticks(found)
        axes.set_xticks(at, names)
        axes.set_yticks(at, names)
        axes.set_xlim(0, size)
        axes.set_ylim(size, 0)
        axes.set_aspect("equal")
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_xlabel("the target, lowest first" if found.targets else "class", color=MUTED)

    near, far = _contrast(found)
    kinds = ("between points near in the target", "between points far apart in it")
    if not found.targets:
        kinds = ("within a class", "between classes")
    told = f"on average {number(near)} {kinds[0]}, {number(far)} {kinds[1]}"
    caption = f"The stronger the colour, the more alike: {told}."
    if found.targets:
        caption += " Near, far: the nearest and the farthest fifth of all pairs."
    return draw(
        "kernel", f"Kernel matrix, {found.name}", caption, f"Kernel matrix of {size} points: {told}.", paint, 4.2
    )


def _picture(axes: Any, found: Kernel) -> None:
    """One colour with the value as its opacity: the picture follows light and dark as the lines around it do."""
    import numpy as np

    size = len(found.values)
    picture = np.empty((size, size, 4))
    picture[..., :3] = KERNEL_COLOUR
    picture[..., 3] = np.clip(np.asarray(found.values, dtype=np.float64), 0, 1)
    axes.imshow(picture, interpolation="none", extent=(0, size, size, 0))


def _borders(found: Kernel) -> list[int]:
    return [k for k in range(1, len(found.labels)) if found.labels[k] != found.labels[k - 1]]


def _ticks(found: Kernel) -> tuple[list[float], list[str]]:
    """The middle of each class, or some of the values from lowest to highest."""
    if found.targets:
        step = len(found.targets) / TICKS
        places = [int((k + 0.5) * step) for k in range(TICKS)]
        return [place + 0.5 for place in places], [number(found.targets[place]) for place in places]
    edges = [0, *_borders(found), len(found.labels)]
    return [(low + high) / 2 for low, high in pairwise(edges)], [found.labels[low] for low in edges[:-1]]


def _contrast(found: Kernel) -> tuple[float, float]:
    """Mean kernel value of pairs (without the diagonal) that are alike in the target, and of those that are not.

    Alike: of one class; of a quantity, among the fifth of all pairs whose values lie nearest, against the farthest fifth.
    """
    size = len(found.values)
    pairs = [(i, j) for i in range(size) for j in range(size) if i != j]
    if found.targets:
        pairs.sort(key=lambda pair: abs(found.targets[pair[0]] - found.targets[pair[1]]))
        near, far = pairs[: len(pairs) // 5], pairs[len(pairs) - len(pairs) // 5 :]
    else:
        near = [(i, j) for i, j in pairs if found.labels[i] == found.labels[j]]
        far = [(i, j) for i, j in pairs if found.labels[i] != found.labels[j]]
    return _mean(found, near), _mean(found, far)


def _mean(found: Kernel, pairs: list[tuple[int, int]]) -> float:
    return sum(found.values[i][j] for i, j in pairs) / len(pairs) if pairs else float("nan")
