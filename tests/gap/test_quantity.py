"""The split of a quantity's gap: nearness to the simulator, held against faults whose cost is computed another way."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gates.hardware import Split
from qpilot.backend import Batch
from qpilot.devices import Device
from qpilot.emulator import Emulator
from qpilot.gap.ladder import Ladder, Measured, climb
from qpilot.gap.signal import Reader, nearness
from qpilot.gap.split import CAUSES, split
from qpilot.mitigation import MITIGATIONS
from tests.gap.injections import BATCHES, MISREAD, NOISY, PERFECT, POOL, SHARPNESS, SIGNS, SIZE, machine, turned
from tests.hardware.quantity import CLAIM, WORST

PLENTY = 20_000
LINE = machine(gate=0.995, pair=0.97, line=True)


class Weighted:
    """A value from the weighted <Z> of four qubits, in [-20, 20]."""

    def features(self, measured: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
        return measured[0] @ SIGNS

    def decide(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        return (features @ SHARPNESS)[:, None]


def values(device: Device = PERFECT, noisy: bool = False, by: float = 0.0) -> NDArray[np.float64]:
    """What endless shots say of the whole pool."""
    rows = Emulator(device).probabilities(turned(POOL, by), noisy=noisy, readout=noisy)
    return Weighted().decide(Weighted().features((rows,)))[:, 0]


def found(device: Device, told: Device, shots: int = PLENTY, by: float = 0.0, later: Device | None = None) -> Split:
    """Nine batches of 20 points; from the fourth on the device is `later`, and says so, where that is given."""
    chosen = np.random.default_rng(1).permutation(len(POOL))[: BATCHES * SIZE]
    batches = []
    for number in range(BATCHES):
        changed = later is not None and number >= BATCHES // 3
        really, says = (later, later) if changed else (device, told)
        rows = replace(POOL, angles=POOL.angles[chosen[number * SIZE : (number + 1) * SIZE]])
        emulator = Emulator(really)
        outcomes = emulator.collect(emulator.submit(Batch((turned(rows, by),), (), shots), str(number)))
        batches.append(Measured((rows,), (), outcomes.settings, (), says))
    simulator = values()[chosen]
    truth = simulator + np.random.default_rng(2).normal(0, 2, len(chosen))
    reader = Reader(Weighted(), MITIGATIONS["none"], CLAIM, simulator, truth, WORST)
    return split(climb(batches, simulator[:, None], reader, shots, 0), 0)


def lost(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """Mean signal that `after` loses against `before`, over the whole pool."""
    return float((nearness(before, values(), WORST) - nearness(after, values(), WORST)).mean())


CASES = {
    "gate noise": (NOISY, NOISY, 0.0, None),
    "layout": (LINE, LINE, 0.0, None),
    "readout": (MISREAD, MISREAD, 0.0, None),
    "drift": (PERFECT, PERFECT, 0.0, NOISY),
    "residual": (PERFECT, PERFECT, 0.3, None),
}
SIZES = {
    "gate noise": lambda: lost(values(), values(NOISY, True)),
    "layout": lambda: lost(values(NOISY, True), values(LINE, True)),
    "readout": lambda: lost(values(), values(MISREAD, True)),
    "drift": lambda: 2 / 3 * lost(values(), values(NOISY, True)),
    "residual": lambda: lost(values(), values(by=0.3)),
}


@pytest.mark.parametrize("cause", CASES)
def test_what_was_put_in_is_found_and_the_parts_add_up(cause: str) -> None:
    device, told, by, later = CASES[cause]
    whole = found(device, told, by=by, later=later)
    parts = {part.cause: part for part in whole.parts}
    size, slack = SIZES[cause](), 0.003
    assert size > 0.01, "a fault too small to be looked for"
    assert parts[cause].signal.low - slack <= size <= parts[cause].signal.high + slack
    for other in set(CAUSES) - {cause, "finite shots", "gate noise" if cause == "layout" else cause}:
        assert parts[other].signal.low - slack <= 0 <= parts[other].signal.high + slack, other
    for metric in ("signal", "accuracy", "raw_signal", "raw_accuracy"):
        assert sum(getattr(part, metric).value for part in whole.parts) == pytest.approx(getattr(whole, metric).value)


def test_finite_shots_lose_the_mean_distance_they_scatter_by() -> None:
    """A weighted sum of 100 shots scatters by sqrt(variance / 100); its mean distance is sqrt(2 / pi) of that."""
    whole = found(PERFECT, PERFECT, shots=100)
    rows = Emulator(PERFECT).probabilities(POOL, noisy=False, readout=False)
    weighed = SIGNS @ SHARPNESS
    variance = rows @ weighed**2 - (rows @ weighed) ** 2
    expected = float(np.mean(np.sqrt(2 / np.pi * np.maximum(variance, 0) / 100)) / WORST)
    (part,) = (one for one in whole.parts if one.cause == "finite shots")
    assert part.signal.value == pytest.approx(expected, rel=0.1)


def test_nearness_is_one_where_both_agree_and_nothing_from_the_worst_error_on() -> None:
    said = np.array([10.0, 15.0, 0.0, 30.0, 99.0, np.nan])
    assert nearness(said, np.full(6, 10.0), 20.0).tolist() == [1.0, 0.75, 0.5, 0.0, 0.0, 0.0]


def test_a_score_has_its_own_interval_and_not_that_of_a_flipped_answer() -> None:
    rungs = np.full((7, 60, 4), 0.8)
    rungs[6] -= 0.1 + np.random.default_rng(0).normal(0, 0.01, (60, 1))
    batch = np.repeat(np.arange(3), 20)
    graded, counted = (split(Ladder(rungs, batch, 1, np.zeros((3, 4)), quantity), 0) for quantity in (True, False))
    assert graded.accuracy.method.startswith("betting")
    assert graded.accuracy.value == pytest.approx(0.1, abs=0.01)
    for place in (-2, -1):
        own, wide = (one.parts[place].accuracy for one in (graded, counted))
        assert own.high - own.low < 0.1 < wide.high - wide.low
