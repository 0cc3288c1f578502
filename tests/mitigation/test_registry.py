"""The contract of every registered mitigation: probabilities back, of the shapes that were asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from qpilot.backend import Batch
from qpilot.devices import Device, device
from qpilot.emulator import Emulator
from qpilot.errors import QpilotError
from qpilot.mitigation import AUTO, MITIGATIONS, Mitigation
from qpilot.mitigation.technique import nearest_probabilities
from qpilot.program import Counts
from tests.mitigation.shipped import shipped

WORKING = shipped("angle", "strongly-entangling", rows=5)
named = pytest.mark.parametrize("mitigation", MITIGATIONS.values(), ids=MITIGATIONS)


def noiseless() -> Device:
    garnet = device("iqm-garnet")
    perfect = {label: qubit.model_copy(update={"gate": 1.0, "readout": 1.0}) for label, qubit in garnet.qubits.items()}
    return garnet.model_copy(update={"qubits": perfect, "couplings": dict.fromkeys(garnet.couplings, 1.0)})


def measured(mitigation: Mitigation, profile: Device, shots: int) -> tuple[tuple[Counts, ...], tuple[Counts, ...]]:
    emulator = Emulator(profile)
    batch = Batch(*mitigation.construct((WORKING, WORKING)), shots)
    outcomes = emulator.collect(emulator.submit(batch, "key"))
    return outcomes.settings, outcomes.calibration


@named
@pytest.mark.parametrize("shots", [1, 100])
def test_every_mitigation_gives_probabilities(mitigation: Mitigation, shots: int) -> None:
    found = mitigation.combine(*measured(mitigation, noiseless(), shots))
    assert [rows.shape for rows in found] == [(5, 16)] * 2
    for rows in found:
        assert rows.min() >= 0
        np.testing.assert_allclose(rows.sum(axis=1), 1)


@named
def test_the_work_is_what_was_announced(mitigation: Mitigation) -> None:
    circuits, calibration = mitigation.construct((WORKING, WORKING))
    assert len(circuits) == 2 * mitigation.runs
    assert sum(map(len, calibration)) == len(calibration) == mitigation.calibrations
    assert circuits[0] == circuits[mitigation.runs] == WORKING, "the unfolded circuit comes first"


@named
def test_without_noise_nothing_changes_but_by_chance(mitigation: Mitigation) -> None:
    shots = 20_000
    (found, _) = mitigation.combine(*measured(mitigation, noiseless(), shots))
    exact = Emulator(noiseless()).probabilities(WORKING)
    assert np.abs(found - exact).max() < 5 * 2.3 * np.sqrt(0.25 / shots), "2.3: what Richardson makes of shot noise"


@named
def test_a_mitigated_answer_is_closer_than_a_raw_one(mitigation: Mitigation) -> None:
    exact = Emulator(noiseless()).probabilities(WORKING)
    none = MITIGATIONS["none"]
    raw, better = (one.combine(*measured(one, device("rigetti-cepheus"), 20_000))[0] for one in (none, mitigation))
    assert mitigation is none or np.abs(better - exact).mean() < 0.8 * np.abs(raw - exact).mean()


@named
def test_zero_shots_are_refused(mitigation: Mitigation) -> None:
    counts, calibration = measured(mitigation, device("iqm-garnet"), 100)
    with pytest.raises(QpilotError, match="zero shots"):
        mitigation.combine((*counts[:-1], np.zeros_like(counts[-1])), calibration)
    for place in range(len(calibration)):
        lost = (*calibration[:place], np.zeros_like(calibration[place]), *calibration[place + 1 :])
        with pytest.raises(QpilotError, match="zero shots"):
            mitigation.combine(counts, lost)


@named
def test_calibration_of_another_mitigation_is_refused(mitigation: Mitigation) -> None:
    counts, _ = measured(mitigation, device("iqm-garnet"), 100)
    with pytest.raises(QpilotError, match=f"the counts of {mitigation.calibrations} calibration circuits, got 1"):
        mitigation.combine(counts, (np.array([[10] * 16]),))


def test_auto_is_no_mitigation_but_a_question() -> None:
    assert AUTO not in MITIGATIONS


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=6))
def test_projection_is_the_nearest_probability_vector(row: list[float]) -> None:
    vector = np.array(row)
    found = nearest_probabilities(vector[None])[0]
    best = minimize(
        lambda p: ((p - vector) ** 2).sum(),
        np.full(len(row), 1 / len(row)),
        bounds=[(0, 1)] * len(row),
        constraints={"type": "eq", "fun": lambda p: p.sum() - 1},
        options={"ftol": 1e-12},
    )
    np.testing.assert_allclose(found.sum(), 1, atol=1e-12)
    assert found.min() >= 0
    np.testing.assert_allclose(((found - vector) ** 2).sum(), best.fun, atol=1e-6)
