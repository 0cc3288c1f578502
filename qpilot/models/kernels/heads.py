"""What decides on a kernel, by name. Each learns from kernels to choose from, and is plain numbers afterwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from qpilot.models.kernels import gaussian_process, support_vectors
from qpilot.models.kernels.gram import Floats, Indices, Lazy


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
        """kernel: (n_samples, n_support) -> class probabilities (n_samples, n_classes)."""
        ...

    def plain(self) -> dict[str, Any]:
        """Arrays and scalars that `recall` takes up."""
        ...


@dataclass(frozen=True)
class HeadKind:
    """learn: (kernels, y, classes, seed) -> the place of the kernel it chose, and the head fitted on it."""

    learn: Callable[[Sequence[Lazy], Indices, int, int], tuple[int, KernelHead]]
    recall: Callable[[Mapping[str, Any]], KernelHead]


HEADS: Mapping[str, HeadKind] = {
    "gp": HeadKind(gaussian_process.train, gaussian_process.Process.of),
    "svm": HeadKind(support_vectors.train, support_vectors.Machine.of),
}

BANDWIDTHS = (1.0, 0.5, 0.25, 0.125, 0.0625)
"""What bandwidth "auto" chooses from, by what the head chooses kernels by."""
