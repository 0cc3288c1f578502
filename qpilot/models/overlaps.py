"""Fidelities between rows, a block of states at a time."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from qpilot.models.gram import Floats
from qpilot.simulator import overlaps

MOST_AMPLITUDES = 2**24
"""Of the states that are held at a time: 256 MB."""


def fidelities(
    states: Callable[[Floats], NDArray[np.complex128]],
    a: Floats,
    b: Floats,
    amplitudes: int,
    most: int = MOST_AMPLITUDES,
) -> Floats:
    """|<a_i|b_j>|^2: (n_a, n_b). states: (n, inputs) -> (n, amplitudes). Every row is encoded once where that fits."""
    step = max(1, most // amplitudes)
    if a is b and len(a) <= step:
        found = states(a)
        return overlaps(found, found)
    kernel = np.empty((len(a), len(b)))
    for columns in _blocks(len(b), step):
        others = states(b[columns])
        for rows in _blocks(len(a), max(1, step // 8)):
            kernel[rows, columns] = overlaps(states(a[rows]), others)
    return kernel


def _blocks(rows: int, step: int) -> Iterator[slice]:
    for start in range(0, rows, step):
        yield slice(start, start + step)
