"""A circuit under a device's noise, with exact gradients: forward and back through Pauli words.

The answers are those of `Emulator.probabilities` (gate noise, and readout flips where asked for) wherever no angle
happens to be special: a run of one-qubit gates is as noisy as it is at most angles, so that the loss is smooth and a
rotation does not lose its noise at zero. Back goes the adjoint of what went forward: a one-qubit run is a rotation of (X,
Y, Z), so that a word's derivative by an angle is a cross product, and depolarizing noise, a factor on the three, drops
out of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qpilot.emulator.blocks import Block, blocks, depolarizing_1q
from qpilot.emulator.compile import Turn
from qpilot.emulator.emulator import Emulator
from qpilot.emulator.noise import Noise
from qpilot.emulator.transfer import State, product, turned
from qpilot.emulator.unitaries import FIXED, transfer
from qpilot.errors import UsageError
from qpilot.program import Gate
from qpilot.simulator import Simulator
from qpilot.simulator.engine import Upstream

Floats = NDArray[np.float64]
_CACHE_WORDS = 2**18
KEPT_WORDS = 2**25
"""Words of states that are kept from the way forward (256 MB); beyond, each chunk of rows goes forward again."""
_AXES = {"rx": 0, "ry": 1, "rz": 2}


@dataclass(frozen=True)
class GateRun:
    """One-qubit gates on a slot in block `block`, and what depolarizing noise leaves of X, Y and Z after them."""

    block: int
    slot: int
    gates: tuple[Gate, ...]
    keep: float


class NoisySimulator:
    """A `Simulator` under noise: expectations, samples and gradients. Arrays as there; words of Z and I alone.

    Placed and routed once. Raises UsageError for a circuit that cannot be written as gates or is too wide for the device.
    """

    def __init__(self, simulator: Simulator, noise: Noise, kept_words: int = KEPT_WORDS) -> None:
        self.trace, self.precision = simulator.trace, "double"
        # Generic angles show which runs turn about Z alone, and how many pulses each takes, whatever the angles.
        rng = np.random.default_rng(0)
        some = rng.uniform(0.2, 1.2, (3, self.trace.inputs)), rng.uniform(0.2, 1.2, self.trace.weights)
        emulator = Emulator(noise.device)
        compiled = emulator.compile(simulator.circuits(*some, "Z" * self.trace.qubits))
        device = noise.device
        self._size, self._measured = len(compiled.labels), compiled.measured
        self._blocks = blocks(compiled, device, noisy=True)
        flips = [1 - device.qubits[label].readout if noise.readout else 0.0 for label in compiled.labels]
        self._flips = [1 - 2 * flip for flip in flips]
        self._runs = tuple(
            GateRun(
                block,
                turn.slot,
                turn.gates,
                depolarizing_1q(device.qubits[compiled.labels[turn.slot]].gate) ** turn.noisy,
            )
            for block, turn in _placed(self._blocks, [step for step in compiled.steps if isinstance(step, Turn)])
        )
        self._back = [None if one.permutation is None else np.argsort(one.permutation) for one in self._blocks]
        self._kept_words = kept_words
        self._chunk = max(1, _CACHE_WORDS // 4**self._size)

    def expectations(self, X: Floats, weights: Floats, words: tuple[str, ...], shifts: Floats | None = None) -> Floats:
        """<word> of every row under the noise, (n_rows, n_words). shifts: (n_angles,), radians, added in every row."""
        angles, (at, flips) = self._angles(X, weights, shifts), self._read(words)
        return np.concatenate([self._forward(angles[rows])[-1][:, at] * flips for rows in self._rows(len(X))])

    def sampled(
        self,
        X: Floats,
        weights: Floats,
        words: tuple[str, ...],
        shots: int,
        rng: np.random.Generator,
        shifts: Floats | None = None,
    ) -> Floats:
        """`expectations` as `shots` shots a row estimate them, all words from the same shots."""
        if shots < 1:
            raise UsageError(f"an expectation needs at least 1 shot, got {shots}")
        qubits = self.trace.qubits
        letters = ["".join(letter) for letter in np.array(["I", "Z"])[_bits(qubits)]]
        every = self.expectations(X, weights, tuple(letters), shifts)
        signs = 1.0 - 2 * (_bits(qubits) @ _bits(qubits).T & 1)  # (words, outcomes): Walsh and Hadamard's
        likely = np.maximum(every @ signs / 2**qubits, 0.0)
        counts = rng.multinomial(shots, likely / likely.sum(axis=1, keepdims=True))
        return np.asarray(counts @ signs[[letters.index(word) for word in words]].T / shots)

    def value_and_vjp(
        self, X: Floats, weights: Floats, words: tuple[str, ...], upstream: Upstream
    ) -> tuple[Floats, Floats]:
        """Expectations (n_rows, n_words) and dL/d weights (weights,). upstream: as a `Simulator` takes it."""
        values, by_angle = self._differentiate(X, weights, words, upstream)
        return values, self.trace.pull_weights(by_angle @ self.trace.monomials(X).T)

    def value_and_vjps(
        self, X: Floats, weights: Floats, words: tuple[str, ...], upstream: Upstream
    ) -> tuple[Floats, Floats, Floats]:
        """The same with dL/d X, (n_rows, inputs)."""
        values, by_angle = self._differentiate(X, weights, words, upstream)
        by_weight = self.trace.pull_weights(by_angle @ self.trace.monomials(X).T)
        return values, by_weight, self.trace.pull_inputs(self.trace.at(weights).T @ by_angle, X)

    def _differentiate(
        self, X: Floats, weights: Floats, words: tuple[str, ...], upstream: Upstream
    ) -> tuple[Floats, Floats]:
        """Expectations (n_rows, n_words) and dL/d angles (n_angles, n_rows)."""
        angles, (at, flips) = self._angles(X, weights, None), self._read(words)
        chunks = list(self._rows(len(X)))
        keeps = len(X) * 4**self._size * (len(self._blocks) + 1) <= self._kept_words
        kept = [self._forward(angles[rows], every=keeps) for rows in chunks]
        values = np.concatenate([states[-1][:, at] * flips for states in kept])
        slopes = np.asarray(upstream(values) if callable(upstream) else upstream) * flips
        by_angle = np.zeros((angles.shape[1], len(X)))
        for rows, states in zip(chunks, kept, strict=True):
            went = states if keeps else self._forward(angles[rows], every=True)
            by_angle[:, rows] = self._pulled(went, angles[rows], at, slopes[rows])
        return values, by_angle

    def _forward(self, angles: Floats, every: bool = False) -> list[State]:
        """The state after each block's turns and at the end, (n_rows, 4**slots) each; the last alone unless `every`."""
        turns = self._turns(angles)
        state, found = product(turns[0], self._size, len(angles)), []
        for number, block in enumerate(self._blocks):
            if number:
                state = turned(state, turns[number], self._size)
            if every:
                found.append(state)
            if block.permutation is not None and block.factor is not None:
                state = state[:, block.permutation]
                state *= block.factor
        return [*found, state]

    def _pulled(self, states: list[State], angles: Floats, at: NDArray[np.intp], slopes: Floats) -> Floats:
        """dL/d angles, (n_angles, n_rows), from the states of `_forward` and dL/d words at `at`, (n_rows, n_words)."""
        by_angle = np.zeros((angles.shape[1], len(angles)))
        turns = self._turns(angles)
        costate = np.zeros_like(states[-1])
        np.add.at(costate.T, at, slopes.T)
        for number in reversed(range(len(self._blocks))):
            factor, back = self._blocks[number].factor, self._back[number]
            if factor is not None and back is not None:
                costate = (costate * factor)[:, back]
            for run in self._runs:
                if run.block == number:
                    self._add(by_angle, run, angles, _twist(costate, states[number], run.slot))
            if number:
                undone = {slot: matrix.transpose(0, 2, 1) for slot, matrix in turns[number].items()}
                costate = turned(costate, undone, self._size)
        return by_angle

    def _add(self, by_angle: Floats, run: GateRun, angles: Floats, twist: Floats) -> None:
        """Adds dL/d angle of the run's gates. twist: (n_rows, 3), what turning the slot's (X, Y, Z) after the run changes."""
        after = np.eye(3)[None]
        for gate in reversed(run.gates):
            if gate.angles:
                by_angle[gate.angles[0]] += (after[:, :, _AXES[gate.name]] * twist).sum(axis=1)
            after = after @ _rotation(gate, angles)

    def _turns(self, angles: Floats) -> list[dict[int, Floats]]:
        """Each block's one-qubit transfers by slot: (n_rows or 1, 4, 4)."""
        found: list[dict[int, Floats]] = [{} for _ in self._blocks]
        for run in self._runs:
            rotation = np.eye(3)[None]
            for gate in run.gates:
                rotation = _rotation(gate, angles) @ rotation
            matrix = np.zeros((len(rotation), 4, 4))
            matrix[:, 0, 0] = 1.0
            matrix[:, 1:, 1:] = run.keep * rotation
            found[run.block][run.slot] = matrix
        return found

    def _angles(self, X: Floats, weights: Floats, shifts: Floats | None) -> Floats:
        angles = self.trace.angles(X, weights)
        return np.ascontiguousarray(angles if shifts is None else angles + shifts)

    def _read(self, words: tuple[str, ...]) -> tuple[NDArray[np.intp], Floats]:
        """Where each word stands among the state's, and what readout flips leave of it: (n_words,) each."""
        at, flips = [], []
        for word in words:
            if len(word) != len(self._measured) or set(word) - {"I", "Z"}:
                raise UsageError(f"under noise words are {len(self._measured)} letters of I and Z, got {word!r}")
            slots = [self._measured[wire] for wire, letter in enumerate(word) if letter == "Z"]
            at.append(sum(3 * 4 ** (self._size - 1 - slot) for slot in slots))
            flips.append(float(np.prod([self._flips[slot] for slot in slots])))
        return np.array(at, dtype=np.intp), np.array(flips)

    def _rows(self, rows: int) -> Iterator[slice]:
        for start in range(0, rows, self._chunk):
            yield slice(start, min(start + self._chunk, rows))


def _placed(scheduled: list[Block], turns: list[Turn]) -> Iterator[tuple[int, Turn]]:
    """Each turn that is no permutation, with its block: a slot's turns stand in its blocks in order, one in each.

    Between two turns of a slot there is a two-qubit gate, so that no two share a block.
    """
    for slot in {turn.slot for turn in turns}:
        free = [turn for turn in turns if turn.slot == slot and not _permutes(turn)]
        places = [number for number, block in enumerate(scheduled) if slot in block.turns]
        yield from zip(places, free, strict=True)


def _permutes(turn: Turn) -> bool:
    matrix = transfer(turn.matrices)
    return len(matrix) == 1 and bool(np.all(np.abs(np.abs(matrix) - np.abs(matrix).round()) < 1e-9))


def _twist(costate: State, state: State, slot: int) -> Floats:
    """(n_rows, 3): sum over the other slots of state x costate, the cross product of the slot's (X, Y, Z)."""
    shape = (len(state), 4**slot, 4, -1)
    s, c = state.reshape(shape), costate.reshape(shape)

    def along(i: int, j: int) -> Floats:
        return np.asarray(np.einsum("nab,nab->n", c[:, :, i], s[:, :, j]))

    return np.stack([along(3, 2) - along(2, 3), along(1, 3) - along(3, 1), along(2, 1) - along(1, 2)], axis=1)


def _rotation(gate: Gate, angles: Floats) -> Floats:
    """How a gate turns (X, Y, Z): (n_rows, 3, 3), or (1, 3, 3) where all rows turn alike."""
    if not gate.angles:
        return transfer(FIXED[gate.name])[:, 1:, 1:]
    turn = angles[:, gate.angles[0]]
    if np.all(turn == turn[0]):
        turn = turn[:1]
    axis = _AXES[gate.name]
    one, two = (axis + 1) % 3, (axis + 2) % 3
    found = np.zeros((len(turn), 3, 3))
    found[:, axis, axis] = 1.0
    found[:, one, one] = found[:, two, two] = np.cos(turn)
    found[:, two, one] = np.sin(turn)
    found[:, one, two] = -found[:, two, one]
    return found


def _bits(qubits: int) -> NDArray[np.int64]:
    """(2**qubits, qubits), wire 0 the most significant."""
    return np.arange(2**qubits)[:, None] >> (qubits - 1 - np.arange(qubits)) & 1
