"""Faults put into a device one at a time, what each truly costs, and what the ladder says it costs.

`python -m tests.gap.injections 100` prints how often the intervals hold the truth.
"""

import sys
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.claim import Claim
from gates.hardware import Split
from qpilot.backend import Batch
from qpilot.devices import Device, Qubit
from qpilot.emulator import Emulator
from qpilot.gap.ladder import Measured, climb
from qpilot.gap.signal import Reader
from qpilot.gap.split import CAUSES, split
from qpilot.mitigation import MITIGATIONS
from qpilot.program import Circuits
from tests.emulator.shapes import entangling

POOL = entangling(4, 2, 2000, seed=3)
ENCODED = slice(0, 4)
SHARPNESS = np.array([6.0, -5.0, 4.0, 5.0])
SIGNS = 1 - 2 * np.array([[outcome >> (3 - wire) & 1 for wire in range(4)] for outcome in range(16)])
BATCHES, SIZE = 9, 20
CLAIM = Claim(kind="superiority", metric="accuracy", target=0.1, psi=0.3, alpha=0.05, power=0.8, quantum=False)
PLENTY = 20_000


class Weighing:
    """Two classes from the weighted <Z> of four qubits."""

    def features(self, measured: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
        return measured[0] @ SIGNS

    def decide(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        ones = 1 / (1 + np.exp(-features @ SHARPNESS))
        return np.stack([1 - ones, ones], axis=1)


def machine(gate: float = 1, pair: float = 1, readout: float = 1, line: bool = False) -> Device:
    """Four qubits, every two of them coupled, or in a line."""
    joined = [(0, 1), (1, 2), (2, 3)] if line else [(a, b) for b in range(4) for a in range(b)]
    return Device(
        name="bench",
        arn="",
        vendor="none",
        source="made up",
        updated=date(2026, 1, 1),
        synthetic=True,
        native="prx-cz",
        qubits={label: Qubit(gate=gate, readout=readout) for label in range(4)},
        couplings={f"{a}-{b}": pair for a, b in joined},
        usd_per_task=0,
        usd_per_shot=0,
        shots=(1, 10**6),
        program_sets=None,
        windows=(),
    )


@dataclass(frozen=True)
class Truth:
    """What really answers: a device, and how far it turns every encoding rotation too much (radians)."""

    device: Device = field(default_factory=machine)
    turned: float = 0.0


@dataclass(frozen=True)
class Injection:
    """The first three of nine batches run on `first`, the others on `then`; each says its figures are `told`.

    causes: those that are put in; the size of all others is 0, except for the finite shots there always are.
    """

    first: Truth
    then: Truth
    told: tuple[Device, Device]
    shots: int
    causes: tuple[str, ...]
    mitigation: str = "none"


def steady(device: Device, causes: tuple[str, ...], shots: int = PLENTY, turned: float = 0, **also: str) -> Injection:
    truth = Truth(device, turned)
    return Injection(truth, truth, (device, device), shots, causes, **also)


PERFECT = machine()
NOISY = machine(gate=0.995, pair=0.97)
MISREAD = machine(readout=0.94)
LINE = machine(gate=0.995, pair=0.97, line=True)
BAD_START = machine(gate=0.998, pair=0.985, readout=0.97, line=True)
BAD_END = machine(gate=0.995, pair=0.96, readout=0.95, line=True)
WORSE_END = machine(gate=0.99, pair=0.94, readout=0.95, line=True)
INJECTIONS = {
    "nothing": steady(PERFECT, ()),
    "shots": steady(PERFECT, ("finite shots",), shots=30),
    "gate noise": steady(NOISY, ("gate noise",)),
    "layout": steady(LINE, ("gate noise", "layout")),
    "readout": steady(MISREAD, ("readout",)),
    "readout, corrected": steady(MISREAD, ("readout",), shots=300, mitigation="readout"),
    "published drift": Injection(Truth(), Truth(NOISY), (PERFECT, NOISY), PLENTY, ("drift",)),
    "hidden drift": Injection(Truth(), Truth(NOISY), (PERFECT, PERFECT), PLENTY, ("drift",)),
    "residual": steady(PERFECT, ("residual",), turned=0.3),
    "all": Injection(Truth(BAD_START, 0.2), Truth(WORSE_END, 0.2), (BAD_START, BAD_END), 200, CAUSES, "readout"),
}


def run(injection: Injection, seed: int) -> Split:
    """What the ladder says of nine batches of 20 points drawn from the pool."""
    rng = np.random.default_rng([seed, 1])
    chosen = rng.permutation(len(POOL))[: BATCHES * SIZE]
    batches = []
    for number in range(BATCHES):
        truth, told = (
            (injection.first, injection.told[0]) if number < BATCHES // 3 else (injection.then, injection.told[1])
        )
        rows = replace(POOL, angles=POOL.angles[chosen[number * SIZE : (number + 1) * SIZE]])
        settings, calibration = MITIGATIONS[injection.mitigation].construct((rows,))
        emulator = Emulator(truth.device)
        batch = Batch((turned(rows, truth.turned),), calibration, injection.shots)
        outcomes = emulator.collect(emulator.submit(batch, f"{seed}/{number}"))
        batches.append(Measured(settings, calibration, outcomes.settings, outcomes.calibration, told))
    simulated = exact()[chosen]
    answers = simulated.argmax(axis=1)
    reader = Reader(Weighing(), MITIGATIONS[injection.mitigation], CLAIM, answers, labels()[chosen], usually())
    return split(climb(batches, simulated, reader, injection.shots, seed), seed)


def turned(circuits: Circuits, by: float) -> Circuits:
    angles = circuits.angles.copy()
    angles[:, ENCODED] += by
    return replace(circuits, angles=angles)


@cache
def exact() -> NDArray[np.float64]:
    """Class probabilities of the whole pool without any fault."""
    return Weighing().decide(Weighing().features((Emulator(PERFECT).probabilities(POOL, noisy=False),)))


@cache
def usually() -> float:
    """How sure the simulator usually is: its median log-odds over the whole pool."""
    ones = exact()[:, 1]
    return float(np.median(np.abs(np.log(ones / (1 - ones)))))


@cache
def labels() -> NDArray[np.int64]:
    """Labels that the simulator gets right nine times in ten."""
    named = exact().argmax(axis=1)
    return np.where(np.random.default_rng(9).uniform(size=len(named)) < 0.9, named, 1 - named)


def sizes(injection: Injection, corrected: bool) -> dict[str, tuple[float, float]]:
    """What each cause truly takes off (signal, accuracy) over the whole pool, one device against another."""
    way = injection.mitigation if corrected else "none"
    first = injection.told[0]
    joined = machine(first.qubits[0].gate, first.couplings["0-1"])
    gates = machine(first.qubits[0].gate, first.couplings["0-1"], line="0-2" not in first.couplings)
    rungs = [_level(Truth(one), injection.shots, way) for one in (PERFECT, joined, gates, first)]
    start, end = _level(injection.first, injection.shots, way), _level(injection.then, injection.shots, way)
    levels = [_ideal(), *rungs]
    found = {cause: levels[k] - levels[k + 1] for k, cause in enumerate(CAUSES[:4])}
    found |= {"drift": (1 - 1 / 3) * (start - end), "residual": levels[4] - start}
    return {cause: (float(both[0]), float(both[1])) for cause, both in found.items()}


def _ideal() -> NDArray[np.float64]:
    return _both(exact()[None])


_KNOWN: dict[Any, NDArray[np.float64]] = {}


def _level(truth: Truth, shots: int, mitigation: str) -> NDArray[np.float64]:
    """(signal, accuracy) of the pool on `truth`: several draws of every point, calibration circuits and all."""
    key = (truth.device.digest, truth.turned, shots, mitigation)
    if key not in _KNOWN:
        rng = np.random.default_rng(4)
        way, emulator = MITIGATIONS[mitigation], Emulator(truth.device)
        rows = emulator.distributions((turned(POOL, truth.turned),))[0]
        calibration = [emulator.probabilities(one) for one in way.construct((POOL,))[1]]
        parts = []
        for _ in range(8 if shots < PLENTY else 2):
            counts = rng.multinomial(shots, rows)
            shares = []
            for place in range(0, len(POOL), SIZE):
                known = tuple(rng.multinomial(shots, one) for one in calibration)
                (found,) = way.combine((counts[place : place + SIZE],), known)
                shares.append(found)
            parts.append(Weighing().decide(Weighing().features((np.concatenate(shares),))))
        _KNOWN[key] = _both(np.stack(parts))
    return _KNOWN[key]


def _both(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    named = exact().argmax(axis=1)
    mine = np.where(named == 1, shares[..., 1], shares[..., 0])
    return np.array(
        [np.tanh(np.log(mine / (1 - mine)) / usually()).mean(), (shares.argmax(axis=-1) == labels()).mean()]
    )


def held(name: str, seeds: range) -> dict[str, tuple[float, float, float, int]]:
    """Cause -> its true size in signal, the mean finding, the interval's mean half width, and how often it held it."""
    injection = INJECTIONS[name]
    truth = sizes(injection, corrected=True)
    runs = [run(injection, seed) for seed in seeds]
    found = {}
    for place, cause in enumerate(CAUSES):
        measures = [one.parts[place].signal for one in runs]
        size = truth[cause][0]
        inside = sum(one.low - 5e-4 <= size <= one.high + 5e-4 for one in measures)
        half = float(np.mean([(one.high - one.low) / 2 for one in measures]))
        found[cause] = (size, float(np.mean([one.value for one in measures])), half, inside)
    return found


if __name__ == "__main__":
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
    for name in INJECTIONS:
        print(f"{name}: injected, found, half width, held in {len(seeds)}")  # noqa: T201
        for cause, (size, seen, half, inside) in held(name, seeds).items():
            print(f"    {cause:14s} {size:+.4f} {seen:+.4f} {half:.4f} {inside}")  # noqa: T201
