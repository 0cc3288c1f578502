"""One call of an engine: the operands all rows share, the states on the way, and the gradient as it adds up."""

from typing import Any

import numpy as np

from qpilot.simulator.pauli import Words
from qpilot.simulator.schedule import OFFSETS
from qpilot.simulator.steps import Floats, Phases, States, Turns
from qpilot.simulator.trace import Trace

Steps = tuple[Phases | Turns, ...]


class Buffers:
    """Memory for states, kept from call to call; number `at` is always the same memory."""

    def __init__(self, qubits: int) -> None:
        self._size = 2**qubits
        self._flat: list[States] = []

    def take(self, at: int, rows: int) -> States:
        """Buffer number `at`, (2**qubits, rows), with whatever was in it."""
        while len(self._flat) <= at:
            self._flat.append(np.empty(0, dtype=np.complex128))
        if len(self._flat[at]) < self._size * rows:
            self._flat[at] = np.empty(self._size * rows, dtype=np.complex128)
        return self._flat[at][: self._size * rows].reshape(self._size, rows)


class Run:
    """`forward`, then `measure` and, where it kept the states, `back`; for one chunk of rows after the other."""

    def __init__(self, found: Trace, place: int, steps: Steps, weights: Floats, buffers: Buffers) -> None:
        self._trace, self._place, self._buffers = found, place, buffers
        fixed = np.concatenate([found.fixed(weights), OFFSETS])
        self._steps: list[tuple[Any, Any]] = [(step, step.operand(fixed)) for step in steps]
        self._first_trained = min((at for at, step in enumerate(steps) if step.trained), default=len(steps))
        self._by_angle = np.zeros(len(fixed))
        self._states: list[States] = []
        self._varying = np.zeros((0, 0))

    def forward(self, X: Floats, keep: bool = False) -> States:
        """The states after the last step, in a buffer; `keep` holds those after every step for the way back."""
        rows = len(X)
        scratch = self._buffers.take(0, rows)
        self._varying = self._trace.varying(X)
        states = self._buffers.take(3, rows)
        if not self._steps:
            states[...] = 0
            states[self._place] = 1
        self._states = [states]
        for at, (step, operand) in enumerate(self._steps):
            if at == 0:
                step.start(self._place, operand, self._varying, states)
                continue
            out = self._buffers.take(3 + (at if keep else at % 2), rows)
            step.apply(states, operand, self._varying, out, scratch)
            states = out
            self._states.append(states)
        return states

    def measure(self, words: Words) -> Floats:
        """Expectations of the states that `forward` ended with, (n_rows, n_words)."""
        return words.expectations(self._states[-1], self._buffers.take(0, self._states[-1].shape[1]))

    def back(self, words: Words, upstream: Floats) -> None:
        """Adds these rows' gradient to every angle's. upstream: (n_rows, n_words)."""
        rows = self._states[-1].shape[1]
        scratch, bra, spare = (self._buffers.take(at, rows) for at in range(3))
        words.weighted(self._states[-1], upstream, bra, scratch)
        for at in reversed(range(self._first_trained, len(self._steps))):
            step, operand = self._steps[at]
            step.gradient(self._states[at], bra, self._by_angle)
            if at > self._first_trained:
                step.undo(bra, operand, self._varying, spare, scratch)
                bra, spare = spare, bra

    def gradient(self) -> Floats:
        """dL/d weights, (weights,), of all rows that went back."""
        weight, slope = self._trace.weight, self._trace.slope
        trained = weight >= 0
        by_angle = (slope * self._by_angle[: len(slope)])[trained]
        return np.bincount(weight[trained], by_angle, minlength=self._trace.weights).astype(np.float64)
