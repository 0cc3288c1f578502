"""What decides on a kernel, by name. Each learns from kernels to choose from, and is plain numbers afterwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from qpilot.models.kernels import gaussian_process, process_regression, support_vectors, vector_regression
from qpilot.models.kernels.gram import Floats, Indices, Lazy
from qpilot.models.kernels.weighted import Weighted


class KernelHead(Protocol):
    """A fitted head. It reads the kernel between a row and its support: training rows, or landmarks."""

    @property
    def support(self) -> Indices:
        """Which training rows, or which landmarks: (n_support,)."""
        ...

    @property
    def parameters(self) -> int:
        """How many numbers were fitted, without the support rows themselves."""
        ...

    def decide(self, kernel: Floats) -> Floats:
        """kernel: (n_samples, n_support) -> class probabilities (n_samples, n_classes), or standardised values (n_samples, 1)."""
        ...

    def plain(self) -> dict[str, Any]:
        """Arrays and scalars that `recall` takes up."""
        ...


@dataclass(frozen=True)
class HeadKind:
    """learn: (kernels, y, classes, seed) -> the place of the kernel it chose, and the head fitted on it."""

    learn: Callable[[Sequence[Lazy], Indices, int, int], tuple[int, KernelHead]]
    recall: Callable[[Mapping[str, Any]], KernelHead]


@dataclass(frozen=True)
class QuantityHeadKind:
    """The same for a quantity. learn: (kernels, y standardised, seed) -> place of the kernel, and the head."""

    learn: Callable[[Sequence[Lazy], Floats, int], tuple[int, KernelHead]]
    recall: Callable[[Mapping[str, Any]], KernelHead]


HEADS: Mapping[str, HeadKind] = {
    "gp": HeadKind(gaussian_process.train, gaussian_process.Process.of),
    "svm": HeadKind(support_vectors.train, support_vectors.Machine.of),
}

QUANTITY_HEADS: Mapping[str, QuantityHeadKind] = {
    "gp": QuantityHeadKind(process_regression.train, Weighted.of),
    "svm": QuantityHeadKind(vector_regression.train, Weighted.of),
}
"""The same names: a pilot file says "svm" or "gp" whatever the answer is."""

BANDWIDTHS = (1.0, 0.5, 0.25, 0.125, 0.0625)
"""What bandwidth "auto" chooses from, by what the head chooses kernels by."""
