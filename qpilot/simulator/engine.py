"""Runs a schedule on batches: forward once, and back once for the gradient (the adjoint method)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property

import numpy as np

from qpilot.simulator.pauli import Words
from qpilot.simulator.phases import Phases
from qpilot.simulator.run import Buffers, Run, Steps
from qpilot.simulator.schedule import schedule
from qpilot.simulator.steps import Floats, Precision, States
from qpilot.simulator.trace import Trace

Upstream = Floats | Callable[[Floats], Floats]
"""dL/d expectations, (n_rows, n_words), or a function that answers it from the expectations of all rows."""

_CHUNK = 2**17  # amplitudes of a chunk of rows: 2 MB, so that what a step reads and writes stays in cache
_WHOLE = 2**18  # a larger batch walks forward twice where the upstream needs all its expectations first


class Engine:
    """A traced circuit on batches. X: (n_rows, inputs), weights: (weights,), float64, radians.

    shifts: (n_angles,), radians, added to the angles of every row, where given.
    The first phases act on a basis state, where they are global, so that only the place they move it to is kept.
    """

    def __init__(self, found: Trace, precision: Precision) -> None:
        self.precision = precision
        self._trace = found
        self._place, self._steps = _program(found)
        self._spare: list[Buffers] = []

    @cached_property
    def _shifting(self) -> Steps:
        return _program(self._trace, shifting=True)[1]

    def states(self, X: Floats, weights: Floats, shifts: Floats | None = None) -> States:
        """(n_rows, 2**qubits)."""
        out: States = np.empty((len(X), 2**self._trace.qubits), dtype=self.precision)
        with self._run(self._steps if shifts is None else self._shifting, weights, shifts) as run:
            for rows in self._chunks(len(X), _CHUNK):
                out[rows] = run.forward(X[rows]).T
        return out

    def expectations(self, X: Floats, weights: Floats, words: Words, shifts: Floats | None = None) -> Floats:
        """(n_rows, n_words)."""
        out = np.empty((len(X), len(words.names)))
        steps, words = _measured(self._steps if shifts is None else self._shifting, words)
        with self._run(steps, weights, shifts) as run:
            for rows in self._chunks(len(X), _CHUNK):
                run.forward(X[rows])
                out[rows] = run.measure(words)
        return out

    def differentiate(
        self, X: Floats, weights: Floats, words: Words, upstream: Upstream, inputs: bool = False
    ) -> tuple[Floats, Floats, Floats]:
        """Expectations (n_rows, n_words), dL/d weights (weights,) and, with `inputs`, dL/d X (n_rows, inputs)."""
        if callable(upstream) and len(X) << self._trace.qubits > _WHOLE:
            upstream = upstream(self.expectations(X, weights, words))
        values = np.empty((len(X), len(words.names)))
        slopes = np.zeros((len(X), self._trace.inputs if inputs else 0))
        steps, words = _measured(self._steps, words)
        with self._run(steps, weights, inputs=inputs) as run:
            for rows in self._chunks(len(X), _WHOLE if callable(upstream) else _CHUNK):
                run.forward(X[rows], keep=True)
                values[rows] = run.measure(words)
                slopes[rows] = run.back(words, upstream(values) if callable(upstream) else upstream[rows], X[rows])
            return values, run.gradient(), slopes

    def pull_states(self, X: Floats, weights: Floats, upstream: States) -> Floats:
        """dL/d weights, (weights,), from dL/d conj(states), (n_rows, 2**qubits)."""
        with self._run(self._steps, weights) as run:
            for rows in self._chunks(len(X), _CHUNK):
                run.forward(X[rows], keep=True)
                run.back_from(upstream[rows], X[rows])
            return run.gradient()

    @contextmanager
    def _run(self, steps: Steps, weights: Floats, shifts: Floats | None = None, inputs: bool = False) -> Iterator[Run]:
        """A run with buffers of its own: calls from other threads, or from within an upstream, take others."""
        buffers = self._spare.pop() if self._spare else Buffers(self._trace.qubits, self.precision)
        try:
            yield Run(self._trace, self._place, steps, weights, buffers, shifts, inputs)
        finally:
            self._spare.append(buffers)

    def _chunks(self, rows: int, amplitudes: int) -> list[slice]:
        step = max(1, amplitudes >> self._trace.qubits)
        return [slice(start, start + step) for start in range(0, rows, step)]


def _program(found: Trace, shifting: bool = False) -> tuple[int, Steps]:
    """The basis state to start from, and the steps after the first phases."""
    first, *steps = schedule(found, shifting)
    assert isinstance(first, Phases)
    return 0 if first.inverse is None else int(first.inverse[0]), tuple(steps)


def _measured(steps: Steps, words: Words) -> tuple[Steps, Words]:
    """Steps and words that give the same expectations: the last phases do not show in words of Z and I."""
    if not steps or not words.diagonal:
        return steps, words
    last = steps[-1]
    assert isinstance(last, Phases)
    return steps[:-1], words.before(last.inverse)
