"""One call of an engine: the operands all rows share, the states on the way, and the gradient as it adds up."""

from typing import Any

import numpy as np

from qpilot.simulator.encoded import Encoded
from qpilot.simulator.pauli import Words
from qpilot.simulator.schedule import OFFSETS, Step
from qpilot.simulator.steps import Floats, Precision, States
from qpilot.simulator.trace import Trace

Steps = tuple[Step, ...]


class Buffers:
    """Memory for states, kept from call to call; number `at` is always the same memory."""

    def __init__(self, qubits: int, precision: Precision) -> None:
        self.precision = precision
        self.encoded = Encoded()
        self._size = 2**qubits
        self._flat: list[States] = []

    def take(self, at: int, rows: int) -> States:
        """Buffer number `at`, (2**qubits, rows), with whatever was in it."""
        while len(self._flat) <= at:
            self._flat.append(np.empty(0, dtype=self.precision))
        if len(self._flat[at]) < self._size * rows:
            self._flat[at] = np.empty(self._size * rows, dtype=self.precision)
        return self._flat[at][: self._size * rows].reshape(self._size, rows)


class Run:
    """`forward`, then `measure` and, where it kept the states, `back`; for one chunk of rows after the other.

    shifts: (n_angles,), radians, added to every row's angles. inputs: whether `back` answers dL/d X, too.
    """

    def __init__(
        self,
        found: Trace,
        place: int,
        steps: Steps,
        weights: Floats,
        buffers: Buffers,
        shifts: Floats | None = None,
        inputs: bool = False,
    ) -> None:
        self._trace, self._place, self._buffers, self._inputs = found, place, buffers, inputs
        self._coefficients = found.at(weights)
        own = self._coefficients[:, 0] if shifts is None else self._coefficients[:, 0] + shifts
        fixed = np.concatenate([own, OFFSETS])
        self._steps: list[tuple[Any, Any]] = [(step, step.operand(fixed, buffers.precision)) for step in steps]
        self._by_row = inputs or bool(found.scaled.any())
        wanted = (at for at, step in enumerate(steps) if step.trained or step.scaled or (inputs and step.varies))
        self._first_wanted = min(wanted, default=len(steps))
        trained = (at for at, step in enumerate(steps) if step.trained or step.scaled)
        self._encoding = min(trained, default=len(steps))
        untouched = ~(found.trained | found.scaled)
        self._key = repr((self._encoding, shifts is None)).encode() + own[untouched].tobytes()
        self._shared = np.zeros(len(fixed))
        self._by_monomial = np.zeros_like(self._coefficients)
        self._states: list[States] = []
        self._monomials = self._varying = np.zeros((0, 0))

    def forward(self, X: Floats, keep: bool = False) -> States:
        """The states after the last step, in a buffer; `keep` holds those after every step for the way back."""
        rows = len(X)
        scratch = self._buffers.take(0, rows)
        self._monomials = self._trace.monomials(X)
        self._varying = self._coefficients[self._trace.varies, 1:] @ self._monomials[1:]
        states = self._buffers.take(3, rows)
        if not self._steps:
            states[...] = 0
            states[self._place] = 1
        self._states = [states]
        usable = self._encoding > 0 and not (keep and self._first_wanted < self._encoding)
        key = self._key + X.tobytes() if usable else b""
        encoded = self._buffers.encoded.find(key) if usable else None
        if encoded is not None:
            states = encoded
            self._states = [states] * self._encoding
        for at, (step, operand) in enumerate(self._steps):
            if encoded is not None and at < self._encoding:
                continue
            if at == 0:
                step.start(self._place, operand, self._varying, states)
            else:
                out = self._buffers.take(3 + (at if keep else at % 2), rows)
                step.apply(states, operand, self._varying, out, scratch)
                states = out
                self._states.append(states)
            if usable and at == self._encoding - 1:
                self._buffers.encoded.keep(key, states)
        return states

    def measure(self, words: Words) -> Floats:
        """Expectations of the states that `forward` ended with, (n_rows, n_words)."""
        return words.expectations(self._states[-1], self._buffers.take(0, self._states[-1].shape[1]))

    def back(self, words: Words, upstream: Floats, X: Floats) -> Floats:
        """Adds the gradient of these rows, X, and answers dL/d X where asked. upstream: (n_rows, n_words)."""
        scratch, bra, spare = (self._buffers.take(at, len(X)) for at in range(3))
        words.weighted(self._states[-1], upstream, bra, scratch)
        return self._walk(bra, spare, scratch, X)

    def back_from(self, slopes: States, X: Floats) -> Floats:
        """The same from dL/d conj(states), (n_rows, 2**qubits)."""
        scratch, bra, spare = (self._buffers.take(at, len(X)) for at in range(3))
        bra[...] = slopes.T
        return self._walk(bra, spare, scratch, X)

    def gradient(self) -> Floats:
        """dL/d weights, (weights,), of all rows that went back."""
        total = self._by_monomial.copy()
        total[:, 0] += self._shared[: len(total)]
        return self._trace.pull_weights(total)

    def _walk(self, bra: States, spare: States, scratch: States, X: Floats) -> Floats:
        by_row = np.zeros(self._varying.shape) if self._by_row else None
        for at in reversed(range(self._first_wanted, len(self._steps))):
            step, operand = self._steps[at]
            step.gradient(self._states[at], bra, self._shared, by_row)
            if at > self._first_wanted:
                step.undo(bra, operand, self._varying, spare, scratch)
                bra, spare = spare, bra
        if by_row is None:
            return np.zeros((len(X), 0))
        varies = self._trace.varies
        self._by_monomial[varies, 1:] += by_row @ self._monomials[1:].T
        if not self._inputs:
            return np.zeros((len(X), 0))
        return self._trace.pull_inputs(self._coefficients[varies].T @ by_row, X)
