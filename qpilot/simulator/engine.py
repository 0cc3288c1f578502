"""Runs a schedule on batches: forward once, and back once for the gradient (the adjoint method)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from qpilot.simulator.pauli import Words
from qpilot.simulator.run import Buffers, Run, Steps
from qpilot.simulator.schedule import schedule
from qpilot.simulator.steps import Floats, Phases, States
from qpilot.simulator.trace import Trace

Upstream = Floats | Callable[[Floats], Floats]
"""dL/d expectations, (n_rows, n_words), or a function that answers it from the expectations of all rows."""

_CHUNK = 2**17  # amplitudes of a chunk of rows: 2 MB, so that what a step reads and writes stays in cache
_WHOLE = 2**18  # a larger batch walks forward twice where the upstream needs all its expectations first


class Engine:
    """A traced circuit on batches. X: (n_rows, inputs), weights: (weights,), float64, radians.

    The first phases act on a basis state, where they are global, so that only the place they move it to is kept.
    """

    def __init__(self, found: Trace) -> None:
        first, *steps = schedule(found)
        assert isinstance(first, Phases)
        self._trace = found
        self._place = 0 if first.inverse is None else int(first.inverse[0])
        self._steps: Steps = tuple(steps)
        self._spare: list[Buffers] = []

    def states(self, X: Floats, weights: Floats) -> States:
        """(n_rows, 2**qubits), complex128."""
        out = np.empty((len(X), 2**self._trace.qubits), dtype=np.complex128)
        with self._run(self._steps, weights) as run:
            for rows in self._chunks(len(X), _CHUNK):
                out[rows] = run.forward(X[rows]).T
        return out

    def expectations(self, X: Floats, weights: Floats, words: Words) -> Floats:
        """(n_rows, n_words)."""
        out = np.empty((len(X), len(words.names)))
        steps, words = self._measured(words)
        with self._run(steps, weights) as run:
            for rows in self._chunks(len(X), _CHUNK):
                run.forward(X[rows])
                out[rows] = run.measure(words)
        return out

    def differentiate(self, X: Floats, weights: Floats, words: Words, upstream: Upstream) -> tuple[Floats, Floats]:
        """Expectations (n_rows, n_words) and dL/d weights (weights,)."""
        if callable(upstream) and len(X) << self._trace.qubits > _WHOLE:
            upstream = upstream(self.expectations(X, weights, words))
        values = np.empty((len(X), len(words.names)))
        steps, words = self._measured(words)
        with self._run(steps, weights) as run:
            for rows in self._chunks(len(X), _WHOLE if callable(upstream) else _CHUNK):
                run.forward(X[rows], keep=True)
                values[rows] = run.measure(words)
                run.back(words, upstream(values) if callable(upstream) else upstream[rows])
            return values, run.gradient()

    def _measured(self, words: Words) -> tuple[Steps, Words]:
        """Steps and words that give the same expectations: the last phases do not show in words of Z and I."""
        if not self._steps or not words.diagonal:
            return self._steps, words
        last = self._steps[-1]
        assert isinstance(last, Phases)
        return self._steps[:-1], words.before(last.inverse)

    @contextmanager
    def _run(self, steps: Steps, weights: Floats) -> Iterator[Run]:
        """A run with buffers of its own: calls from other threads, or from within an upstream, take others."""
        buffers = self._spare.pop() if self._spare else Buffers(self._trace.qubits)
        try:
            yield Run(self._trace, self._place, steps, weights, buffers)
        finally:
            self._spare.append(buffers)

    def _chunks(self, rows: int, amplitudes: int) -> list[slice]:
        step = max(1, amplitudes >> self._trace.qubits)
        return [slice(start, start + step) for start in range(0, rows, step)]
