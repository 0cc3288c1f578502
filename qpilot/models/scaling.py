"""How features become angles."""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SPAN = 3.0  # standard deviations either side of the mean that share the half turn


@dataclass(frozen=True)
class Scaling:
    """`kind` "angle": standardised, clipped to three standard deviations, mapped to [0, pi]; "none": as they are.

    mean, deviation: (n_features,), of the rows it was fitted on.
    """

    kind: Literal["angle", "none"]
    mean: Floats
    deviation: Floats

    @classmethod
    def fit(cls, kind: Literal["angle", "none"], X: Floats) -> Self:
        """The scaling of X: (n_samples, n_features); a constant feature maps to pi / 2."""
        deviation = X.std(axis=0)
        return cls(kind, X.mean(axis=0), np.where(deviation > 0, deviation, 1.0))

    def angles(self, X: Floats) -> Floats:
        """X: (n_samples, n_features) -> angles of the same shape, radians."""
        if self.kind == "none":
            return X
        standard = np.clip((X - self.mean) / self.deviation, -SPAN, SPAN)
        return np.asarray((standard + SPAN) * (np.pi / (2 * SPAN)))
