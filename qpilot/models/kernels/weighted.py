"""What any head of a quantity comes to: a weighted sum of the kernel to its support rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from qpilot.models.kernels.gram import Floats, Indices


@dataclass(frozen=True)
class Weighted:
    """support: (n_support,), training rows that matter, or the landmarks. coefficients: (n_support,), standardised values.

    offset: what a row says that is like none of them.
    """

    support: Indices
    coefficients: Floats
    offset: float

    @property
    def parameters(self) -> int:
        """Coefficients and the offset."""
        return self.coefficients.size + 1

    def decide(self, kernel: Floats) -> Floats:
        """kernel: (n_samples, n_support) -> standardised values (n_samples, 1)."""
        return np.asarray(kernel @ self.coefficients[:, None] + self.offset)

    def plain(self) -> dict[str, Any]:
        """The sum as an array and a scalar."""
        return {"coefficients": self.coefficients, "offset": self.offset}

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """The sum `plain` described; its support is all that was kept."""
        return cls(np.arange(len(state["coefficients"])), state["coefficients"], state["offset"])
