"""How features become angles."""

from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SPAN = 3.0  # standard deviations either side of the mean that share the half turn


@dataclass(frozen=True)
class Scaling:
    """`kind` "angle": standardised, clipped to three standard deviations, mapped to [0, pi]; "standard": not mapped, in
    [-3, 3]; "none": as they are.

    mean, deviation: (n_features,), of the rows it was fitted on. bandwidth: factor on the angles; a kernel of many
    qubits only generalises with a small one (Shaydulin and Wild 2022, arXiv 2111.05451; Canatar et al. 2022, arXiv
    2206.06686).
    """

    kind: Literal["angle", "standard", "none"]
    mean: Floats
    deviation: Floats
    bandwidth: float = 1.0

    @classmethod
    def fit(
        cls, kind: Literal["angle", "standard", "none"], X: Floats, bandwidth: float | Literal["auto"] = 1.0
    ) -> Self:
        """The scaling of X: (n_samples, n_features); a constant feature maps to pi / 2. "auto" is 1 until `narrowed`."""
        deviation = X.std(axis=0)
        factor = 1.0 if bandwidth == "auto" else bandwidth
        return cls(kind, X.mean(axis=0), np.where(deviation > 0, deviation, 1.0), factor)

    def narrowed(self, bandwidth: float) -> Self:
        """The same scaling with another bandwidth."""
        return replace(self, bandwidth=bandwidth)

    def angles(self, X: Floats) -> Floats:
        """X: (n_samples, n_features) -> angles of the same shape, radians."""
        if self.kind == "none":
            return np.asarray(X * self.bandwidth)
        standard = np.clip((X - self.mean) / self.deviation, -SPAN, SPAN)
        if self.kind == "standard":
            return np.asarray(standard)
        return np.asarray((standard + SPAN) * (np.pi / (2 * SPAN)) * self.bandwidth)
