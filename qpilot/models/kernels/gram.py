"""A kernel on training rows, as a head learns from it: every pair of rows, or through landmarks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

NEGLIGIBLE = 1e-10
"""Eigenvalues below this share of the largest are rounding errors, whose inverse root would be noise."""

SHOTS = 7
"""The stream of randomness that expected shots are drawn from."""


@dataclass(frozen=True)
class Gram:
    """`values`: the kernel (n_rows, n_rows) where `root` is None, else features F (n_rows, rank) with kernel ~ F F^T.

    root: (n_support, rank), with F = kernel(rows, support) @ root, so that whatever is linear in F is linear in the
    kernel to the support rows: those are the landmarks. measured: the kernel between rows and support rows as finite
    shots might show it of the rows, (n_rows, n_support); None where settings are chosen on exact values.
    """

    values: Floats
    root: Floats | None = None
    measured: Floats | None = None

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Indices) -> Self:
        """The same kernel on some of the rows, with the same landmarks."""
        part = np.ix_(rows, rows) if self.root is None else rows
        return type(self)(self.values[part], self.root, None if self.measured is None else self.measured[part])

    def between(self, rows: Indices, others: Indices) -> Floats:
        """What a linear machine fitted on `others` reads of `rows`: (n_rows, n_others), or (n_rows, rank)."""
        if self.root is None:
            return (self.values if self.measured is None else self.measured)[np.ix_(rows, others)]
        return self.values[rows] if self.measured is None else self.measured[rows] @ self.root

    def supported(self, coefficients: Floats) -> tuple[Indices, Floats]:
        """The support rows that matter, and coefficients (n_machines, n_support) on the kernel to them.

        coefficients: (n_machines, n_rows), or (n_machines, rank), on what `between` says. Without landmarks rows whose
        coefficients are all 0 are left out.
        """
        if self.root is not None:
            return np.arange(len(self.root)), coefficients @ self.root.T
        support = np.flatnonzero(np.any(coefficients != 0, axis=0))
        return support, coefficients[:, support]

    def factored(self) -> "Gram":
        """The same kernel as features: every row is a landmark where there were none."""
        if self.root is not None:
            return self
        root = inverse_root(self.values)
        return Gram(self.values @ root, root, self.measured)


Lazy = Callable[[], Gram]
"""A kernel to choose from, computed when it is looked at: of large ones only one is held at a time."""


def among(kernel: Floats, landmarks: Indices | None, measured: Floats | None = None) -> Gram:
    """The Gram of kernel (n_rows, n_rows), or Nystroem's approximation (Williams and Seeger 2001) by `landmarks`.

    With landmarks kernel and measured are those between all rows and the landmarks: (n_rows, n_landmarks). Features in
    which shots show more noise than rows differ are left out: the inverse root would amplify it.
    """
    if landmarks is None:
        return Gram(kernel, None, measured)
    root = inverse_root(kernel[landmarks])
    if measured is not None:
        noise, signal = (((part @ root) ** 2).mean(axis=0) for part in (measured - kernel, kernel))
        kept = noise < signal
        root = root[:, kept if kept.any() else noise <= noise.min()]
    return Gram(kernel @ root, root, measured)


def landmarks(rows: int, wanted: int, seed: int) -> Indices:
    """`wanted` of `rows` rows without replacement, in their order; all where there are no more."""
    chosen = np.random.default_rng([seed, 5]).permutation(rows)[:wanted]
    return np.asarray(np.sort(chosen), dtype=np.intp)


def inverse_root(kernel: Floats) -> Floats:
    """R with R R^T the (pseudo-)inverse of a positive kernel: (n, n) -> (n, rank)."""
    values, vectors = np.linalg.eigh(kernel)
    kept = values > NEGLIGIBLE * values[-1]
    return np.asarray(vectors[:, kept] / np.sqrt(values[kept]))
