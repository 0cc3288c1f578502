"""What training asks of a network: classical layers around a circuit, or any of them alone."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qpilot.training.origin import Origin

Floats = NDArray[np.float64]
States = NDArray[np.complex128]
Upstream = Callable[[Floats], Floats]
"""Outputs (n_rows, n_outputs) -> the loss's derivative by them, of the same shape."""


class Network(Protocol):
    """Outputs from rows and one flat vector of parameters.

    X: (n_rows, n_features), scaled. parameters: (size,). outputs: (n_rows, n_outputs); for classes logits, one column
    (class 1 against class 0) where there are two, otherwise one a class. rng: the source of shots, where the network
    was asked for a finite number of them; without it every answer is exact.
    """

    @property
    def size(self) -> int:
        """How many parameters there are."""
        ...

    @property
    def parts(self) -> Mapping[str, slice]:
        """Where each part ("encoder", "circuit", "head") has its parameters; together they are all of them."""
        ...

    @property
    def origin(self) -> Origin:
        """What `outputs` and `pull` run on."""
        ...

    @property
    def layers(self) -> tuple[slice, ...]:
        """Where each layer of the ansatz has its angles, first layer first; empty without a trained circuit."""
        ...

    def start(self, rng: np.random.Generator) -> Floats:
        """Parameters to start from: (size,); the angles of `layers` are drawn anew as the settings say."""
        ...

    def outputs(self, X: Floats, parameters: Floats, rng: np.random.Generator | None = None) -> Floats:
        """(n_rows, n_outputs)."""
        ...

    def pull(
        self, X: Floats, parameters: Floats, upstream: Upstream, rng: np.random.Generator | None = None
    ) -> tuple[Floats, Floats]:
        """Outputs (n_rows, n_outputs) and the loss's gradient (size,)."""
        ...

    def states(self, X: Floats, parameters: Floats) -> States:
        """What the circuit leaves each row in, exactly: (n_rows, 2**qubits)."""
        ...

    def circuits(self, rows: int, gradient: bool) -> int:
        """How many circuits `outputs` (or, with `gradient`, `pull`) executes for so many rows.

        A way forward or back through the simulator counts as one.
        """
        ...
