"""The emulator as a backend."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from qpilot.backend import Backend, Batch
from qpilot.devices import device
from qpilot.emulator import Emulator
from qpilot.errors import QpilotError, UsageError
from qpilot.mitigation import MITIGATIONS
from qpilot.program import Circuits, Gate
from tests.emulator.shapes import entangling, ring

GARNET = device("iqm-garnet")
READOUT = MITIGATIONS["readout"]


def batch(shots: int = 500) -> Batch:
    return Batch(*READOUT.construct((entangling(4, 2, 3, seed=1),)), shots)


def collected(key: str, of: Batch) -> list[np.ndarray]:
    emulator: Backend = Emulator(GARNET)
    outcomes = emulator.collect(emulator.submit(of, key))
    return [*outcomes.settings, *outcomes.calibration]


def test_the_same_key_answers_with_the_same_counts_in_any_process() -> None:
    for first, again in zip(collected("a", batch()), collected("a", batch()), strict=True):
        assert np.array_equal(first, again)
    assert not np.array_equal(collected("a", batch())[0], collected("b", batch())[0])


def test_every_circuit_has_its_shots() -> None:
    settings, *calibration = collected("a", batch(shots=321))
    assert settings.shape == (3, 16)
    assert [counts.shape for counts in calibration] == [(1, 16), (1, 16)]
    for counts in (settings, *calibration):
        assert counts.dtype == np.int64
        assert np.all(counts.sum(axis=1) == 321)


def test_counts_scatter_as_multinomial_samples_do() -> None:
    exact = Emulator(GARNET).probabilities(batch().settings[0])
    emulator = Emulator(GARNET)
    handles = [emulator.submit(batch(shots=1000), f"draw {k}") for k in range(60)]
    draws = np.stack([emulator.collect(handle).settings[0] for handle in handles])
    z = (draws.mean(axis=0) - 1000 * exact) / np.sqrt(1000 * exact * (1 - exact) / 60)
    assert np.abs(z).max() < 4.5
    assert draws.var(axis=0, ddof=1).sum() == pytest.approx((1000 * exact * (1 - exact)).sum(), rel=0.15)


def test_settings_of_one_shape_answer_as_they_do_alone() -> None:
    emulator = Emulator(GARNET)
    first, other = ring(4, 1, 2, seed=1), ring(4, 1, 3, seed=2)
    rotated = replace(first, gates=(*first.gates, Gate("h", (0,))))
    together = emulator.distributions((first, rotated, other))
    assert [len(rows) for rows in together] == [2, 2, 3]
    for rows, alone in zip(together, (first, rotated, other), strict=True):
        np.testing.assert_allclose(rows, emulator.distributions((first, alone))[1], rtol=0, atol=1e-12)


def test_readout_correction_takes_out_readout_error_also_after_swaps() -> None:
    """A star needs swaps, so wires are read from other qubits than they began on, each with its own readout error."""
    turned = tuple(Gate("ry", (wire,), (wire,)) for wire in range(7))
    star = tuple(Gate("cz", (0, leaf)) for leaf in range(1, 7))
    circuits = Circuits(7, turned + star, np.random.default_rng(0).uniform(0, 0.5, (20, 7)))
    emerald = Emulator(device("iqm-emerald"))
    assert emerald.compile(circuits).measured != tuple(range(7)), "without swaps the test shows nothing"
    outcomes = emerald.collect(emerald.submit(Batch(*READOUT.construct((circuits,)), 20_000), "key"))
    signs = 1 - 2 * np.array([[outcome >> (6 - wire) & 1 for wire in range(7)] for outcome in range(2**7)])
    wanted = emerald.probabilities(circuits, readout=False) @ signs
    raw = MITIGATIONS["none"].combine(outcomes.settings, ())[0] @ signs
    corrected = READOUT.combine(outcomes.settings, outcomes.calibration)[0] @ signs
    raw_bias, corrected_bias = (np.abs((found - wanted).mean(axis=0)) for found in (raw, corrected))
    assert raw_bias.min() > 0.02
    # What is left is the X gates' own error and the calibration's shot noise, 2 sqrt(0.03 / 20000) = 0.0024.
    assert corrected_bias.max() < 0.01


def test_noise_can_be_taken_apart() -> None:
    emulator, circuits = Emulator(GARNET), entangling(3, 1, 4, seed=5)
    ideal, gates, whole = (
        emulator.probabilities(circuits, noisy=noisy, readout=readout)
        for noisy, readout in ((False, False), (True, False), (True, True))
    )
    assert np.abs(gates - ideal).max() > 1e-3
    assert np.abs(whole - gates).max() > 1e-2
    for rows in (ideal, gates, whole):
        np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-12)
        assert rows.min() >= 0


def test_quote_is_the_devices_and_nothing_is_charged() -> None:
    quote = Emulator(GARNET).quote(100, 1000)
    assert (quote.device_usd, quote.charged_usd, quote.tasks) == (Decimal("145.30"), Decimal(0), 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shots": 0}, "0 shots asked of iqm-garnet; it takes 1 to 20000"),
        ({"shots": 20_001}, "20001 shots asked"),
        ({"settings": (entangling(21, 1, 1, seed=0),)}, "21 qubits asked for; iqm-garnet has 20"),
    ],
)
def test_what_the_device_could_not_run_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Emulator(GARNET).submit(replace(batch(), **change), "key")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ((), "at least one circuit"),
        ((entangling(11, 1, 1, seed=0),), "exactly up to 10"),
        ((Circuits(1, (Gate("rx", (0,), (0,)),), np.array([[np.nan]])),), "finite angles"),
        ((Circuits(1, (), np.zeros((0, 0))),), "at least one"),
    ],
)
def test_what_the_emulator_cannot_run_is_an_error(settings: tuple[Circuits, ...], message: str) -> None:
    with pytest.raises(QpilotError, match=message):
        Emulator(GARNET).submit(Batch(settings, (), 100), "key")


def test_a_gate_no_device_knows_is_an_error() -> None:
    toffoli = Circuits(1, (Gate("t", (0,)),), np.zeros((1, 0)))
    with pytest.raises(QpilotError, match="gate 't' cannot run"):
        Emulator(GARNET).probabilities(toffoli)
