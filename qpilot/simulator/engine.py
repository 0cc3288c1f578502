"""Runs a schedule on batches: forward once, and back once for the gradient (the adjoint method)."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from qpilot.simulator.pauli import Words
from qpilot.simulator.schedule import OFFSETS, schedule
from qpilot.simulator.steps import Floats, Phases, States, Turns
from qpilot.simulator.trace import Trace

Steps = tuple[Phases | Turns, ...]

Upstream = Floats | Callable[[Floats], Floats]
"""dL/d expectations, (n_rows, n_words), or a function that answers it from the expectations of all rows."""

_CHUNK = 2**17  # amplitudes of a chunk of rows: 2 MB, so that what a step reads and writes stays in cache
_KEPT = 2**24  # amplitudes kept for the way back: 256 MB; beyond, the way forward is walked a second time


class Engine:
    """A traced circuit on batches. X: (n_rows, features), weights: (weights,), float64, radians.

    The first phases act on a basis state, where they are global, so that only the place they move it to is kept.
    """

    def __init__(self, found: Trace) -> None:
        first, *steps = schedule(found)
        assert isinstance(first, Phases)
        self._trace = found
        self._place = 0 if first.inverse is None else int(first.inverse[0])
        self._steps: Steps = tuple(steps)

    def states(self, X: Floats, weights: Floats) -> States:
        """(n_rows, 2**qubits), complex128."""
        out = np.empty((len(X), 2**self._trace.qubits), dtype=np.complex128)
        run = _Run(self._trace, self._place, self._steps, weights)
        for rows in self._chunks(len(X)):
            out[rows] = run.last(X[rows]).T
        return out

    def expectations(self, X: Floats, weights: Floats, words: Words) -> Floats:
        """(n_rows, n_words)."""
        steps, words = self._measured(words)
        run = _Run(self._trace, self._place, steps, weights)
        return np.vstack([words.expectations(run.last(X[rows])) for rows in self._chunks(len(X))])

    def differentiate(self, X: Floats, weights: Floats, words: Words, upstream: Upstream) -> tuple[Floats, Floats]:
        """Expectations (n_rows, n_words) and dL/d weights (weights,)."""
        steps, words = self._measured(words)
        run = _Run(self._trace, self._place, steps, weights)
        chunks = self._chunks(len(X))
        keeps = len(chunks) == 1 or (len(X) * len(steps)) << self._trace.qubits <= _KEPT
        kept = [run.all(X[rows]) for rows in chunks] if keeps else []
        ends = (states[-1] for states in kept) if keeps else (run.last(X[rows]) for rows in chunks)
        values = np.vstack([words.expectations(end) for end in ends])
        slopes = upstream(values) if callable(upstream) else upstream
        for place, rows in enumerate(chunks):
            states = kept[place] if keeps else run.all(X[rows])
            run.back(X[rows], states, words.weighted(states[-1], slopes[rows]))
        return values, run.gradient()

    def _measured(self, words: Words) -> tuple[Steps, Words]:
        """Steps and words that give the same expectations: the last phases do not show in words of Z and I."""
        if not self._steps or not words.diagonal:
            return self._steps, words
        last = self._steps[-1]
        assert isinstance(last, Phases)
        return self._steps[:-1], words.before(last.inverse)

    def _chunks(self, rows: int) -> list[slice]:
        step = max(1, _CHUNK >> self._trace.qubits)
        return [slice(start, start + step) for start in range(0, max(rows, 1), step)]


class _Run:
    """One call: the operands all rows share, and the gradient as it adds up."""

    def __init__(self, found: Trace, place: int, steps: Steps, weights: Floats) -> None:
        self._trace, self._place = found, place
        fixed = np.concatenate([found.fixed(weights), OFFSETS])
        self._steps: list[tuple[Any, Any]] = [(step, step.operand(fixed)) for step in steps]
        self._first_trained = min((at for at, step in enumerate(steps) if step.trained), default=len(steps))
        self._angles = np.zeros(len(fixed))

    def all(self, X: Floats) -> list[States]:
        """The states after every step, at least one."""
        return list(self._walk(X))

    def last(self, X: Floats) -> States:
        """The states after the last step."""
        return deque(self._walk(X), maxlen=1)[0]

    def _walk(self, X: Floats) -> Iterator[States]:
        if not self._steps:
            yield np.repeat(np.eye(1, 2**self._trace.qubits, self._place, dtype=np.complex128).T, len(X), axis=1)
            return
        varying = self._trace.varying(X)
        (turns, operand), *rest = self._steps
        states = turns.start(self._place, operand, varying)
        yield states
        for step, operand in rest:
            states = step.apply(states, operand, varying)
            yield states

    def back(self, X: Floats, states: list[States], bra: States) -> None:
        """Adds these rows' gradient of 2 Re <bra|state>, where `bra` is held, to every angle's."""
        varying = self._trace.varying(X)
        for at in reversed(range(self._first_trained, len(self._steps))):
            step, operand = self._steps[at]
            step.gradient(states[at], bra, self._angles)
            if at > self._first_trained:
                bra = step.undo(bra, operand, varying)

    def gradient(self) -> Floats:
        """dL/d weights, (weights,)."""
        weight, slope = self._trace.weight, self._trace.slope
        trained = weight >= 0
        by_angle = (slope * self._angles[: len(slope)])[trained]
        return np.bincount(weight[trained], by_angle, minlength=self._trace.weights).astype(np.float64)
