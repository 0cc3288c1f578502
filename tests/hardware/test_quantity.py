"""The hardware stage where answers are values: grades into the betting test, real models, and every kind of backend."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gates.graded import Graded
from gates.hardware import HardwareEvidence, HardwarePolicy, decide
from gates.records import Outcome
from gates.wording import value
from qpilot import policies
from qpilot.backend import Backend
from qpilot.backends import backend as named
from qpilot.baselines.regressors import REGRESSORS
from qpilot.devices import Device, Qubit, device
from qpilot.emulator import Emulator
from qpilot.hardware.distributions import distributions
from qpilot.hardware.stage import Points, Readings, draw, validate
from qpilot.job import Stores
from qpilot.mitigation import MITIGATIONS
from qpilot.prototype.fitted import Fitted
from qpilot.record.home import Home
from qpilot.serving.promotion import Answers
from qpilot.serving.promotion import evidence as promoted
from qpilot.spending.accounts import OverBudget
from tasks.results import HardwareResult
from tests.hardware.machines import Machine
from tests.hardware.quantity import WORST, Slope, fitted, job, table

GARNET = device("iqm-garnet")
POLICY = HardwarePolicy(metric="absolute_error", margin=0.05, alpha=0.05)


def angles(number: int) -> Points:
    X = np.random.default_rng(5).uniform(0.3, 2.8, (number, 1))
    return draw(X, Slope().predict(X), None, 3, "locked")


def conduct(
    home: Path,
    model: Fitted,
    points: Points,
    planned: int,
    machine: Backend,
    mitigation: str = "readout",
    shots: int = 300,
    **hardware: Any,
) -> tuple[HardwareEvidence, Readings]:
    found = Home(home)
    stores = Stores(found.journal, found.artifacts, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    asked = job(home, hardware=hardware)
    return validate(asked, model, points, planned, shots, POLICY, machine, mitigation, stores, lambda done, total: None)


def slope(off: float = 0.0) -> Fitted:
    return Fitted("slope", "qnn", None, Slope(off), 0.0)


def test_a_faithful_device_stops_early_with_a_go_and_says_score(tmp_path: Path) -> None:
    evidence, readings = conduct(tmp_path, slope(), angles(600), 50, Emulator(GARNET))
    verdict = decide(evidence, POLICY)
    assert Outcome.GO is verdict.outcome
    assert 50 <= len(evidence.differences) < 300
    assert (evidence.device_accuracy.unit, evidence.gap.unit) == ("score", "score lost on the device")
    assert verdict.checks[0].name == "score on the device"
    assert "The device was nearer the truth than the simulator on" in verdict.reason
    assert readings.device.dtype == readings.simulator.dtype == np.float64


def test_a_device_that_is_off_stops_at_once_with_a_no_go(tmp_path: Path) -> None:
    evidence, _ = conduct(tmp_path, slope(off=15.0), angles(600), 450, Emulator(GARNET))
    assert Outcome.NO_GO is decide(evidence, POLICY).outcome
    assert len(evidence.differences) <= 50
    assert evidence.gap.value == pytest.approx(0.75, abs=0.02), "15 of the 20 from which an answer is worth nothing"


def test_differences_are_those_of_the_grades(tmp_path: Path) -> None:
    drawn = angles(40)
    evidence, readings = conduct(tmp_path, slope(off=-18.0), drawn, 40, Emulator(GARNET))
    measured = drawn.y[: len(readings.device)]
    off = [np.minimum(np.abs(answers - measured) / WORST, 1) for answers in (readings.device, readings.simulator)]
    assert evidence.differences == pytest.approx(tuple(off[1] - off[0]))
    assert any(-1 < one < 0 for one in evidence.differences)
    assert evidence.simulator_accuracy.value == 1.0
    assert evidence.split is not None
    apart = np.minimum(np.abs(readings.device - readings.simulator) / WORST, 1).mean()
    assert evidence.split.signal.value == pytest.approx(apart)


def test_a_squared_error_forgives_what_is_small(tmp_path: Path) -> None:
    """Off by 4 of 20: a fifth of the score by absolute error, a twenty-fifth by squared."""
    found = {}
    for metric in ("absolute_error", "squared_error"):
        home = Home(tmp_path / metric)
        stores = Stores(home.journal, home.artifacts, lambda: datetime(2026, 1, 1, tzinfo=UTC))
        asked = job(tmp_path / metric, claim={"metric": metric})
        policy = policies.hardware(asked.pilot, 0.05)
        assert policy.metric == metric
        evidence, _ = validate(
            asked, slope(4.0), angles(30), 30, 20_000, policy, Emulator(GARNET), "readout", stores, lambda *_: None
        )
        found[metric] = evidence.gap.value
    assert found == pytest.approx({"absolute_error": 0.2, "squared_error": 0.04}, abs=0.01)


def test_a_second_run_takes_the_counts_that_stand(tmp_path: Path) -> None:
    first, seen = conduct(tmp_path, slope(), angles(60), 60, Emulator(GARNET))
    again, same = conduct(tmp_path, slope(), angles(60), 60, Emulator(GARNET))
    assert first == again
    assert np.array_equal(seen.device, same.device)
    kept = HardwareEvidence.model_validate_json(first.model_dump_json())
    assert (kept.digest, kept.differences) == (first.digest, first.differences)
    result = HardwareResult(
        evidence=first, device=tuple(seen.device.tolist()), simulator=tuple(seen.simulator.tolist()), kept=()
    )
    assert HardwareResult.model_validate_json(result.model_dump_json()) == result


def test_no_money_for_a_single_batch_is_inconclusive(tmp_path: Path) -> None:
    machine = Machine({0: GARNET}, OverBudget("$35.00 would pass the limit", shared=False), 0)
    evidence, readings = conduct(tmp_path, slope(), angles(60), 60, machine)
    assert (evidence.differences, readings.device.dtype) == ((), np.float64)
    assert evidence.digest == HardwareEvidence.model_validate_json(evidence.model_dump_json()).digest
    assert Outcome.INCONCLUSIVE is decide(evidence, POLICY).outcome


@pytest.mark.parametrize("model", ["projected-kernel", "variational"])
def test_a_perfect_device_with_many_shots_says_what_the_simulator_says(model: str, tmp_path: Path) -> None:
    qubits = {label: Qubit(gate=1.0, readout=1.0) for label in GARNET.qubits}
    perfect = GARNET.model_copy(update={"qubits": qubits, "couplings": dict.fromkeys(GARNET.couplings, 1.0)})
    rows = table(40, seed=3)
    drawn = draw(rows.X, rows.y, None, 3, "locked")
    evidence, readings = conduct(tmp_path, fitted(model), drawn, 40, Emulator(perfect), shots=20_000)
    assert np.allclose(readings.simulator, fitted(model).predict(drawn.X))
    assert np.abs(readings.device - readings.simulator).max() < 1.0, "0.2 is the size of one standard error"
    assert evidence.simulator_accuracy.value > 0.75
    assert abs(evidence.gap.value) < 0.02


@pytest.mark.parametrize("model", ["projected-kernel", "variational"])
def test_real_models_are_measured_on_the_emulator_and_on_pennylane(model: str, tmp_path: Path) -> None:
    rows = table(75, seed=4)
    drawn = draw(rows.X, rows.y, None, 3, "locked")
    emulated, seen = conduct(tmp_path / "e", fitted(model), drawn, 75, Emulator(GARNET))
    free = named("pennylane:default.qubit", "iqm-garnet")
    simulated, other = conduct(tmp_path / "p", fitted(model), drawn, 75, free)
    assert emulated.split is not None
    assert simulated.split is None
    assert any("stand in for pennylane:default.qubit" in note for note in simulated.notes)
    for found, readings in ((emulated, seen), (simulated, other)):
        assert Outcome.INCONCLUSIVE is not decide(found, POLICY).outcome
        assert np.abs(readings.device - readings.simulator).mean() < 5
    assert simulated.gap.value < emulated.gap.value + 0.01, "PennyLane's simulator has no gate noise"


def recalibrated() -> Device:
    return GARNET.model_copy(update={"qubits": {label: Qubit(gate=0.9, readout=0.85) for label in GARNET.qubits}})


def test_the_gap_is_split_into_parts_that_add_up_and_sentinels_measure_the_drift(tmp_path: Path) -> None:
    machine = Machine({0: GARNET, 2: recalibrated()})
    evidence, _ = conduct(tmp_path, slope(), angles(100), 100, machine, mitigation="none", sentinels=10)
    whole = evidence.split
    assert whole is not None
    assert whole.simulated_signal.value == 1.0
    for metric in ("signal", "accuracy", "raw_signal", "raw_accuracy"):
        parts = sum(getattr(part, metric).value for part in whole.parts)
        assert parts == pytest.approx(getattr(whole, metric).value, abs=1e-12)
    assert whole.accuracy.value == pytest.approx(evidence.gap.value)
    (drift,) = (part for part in whole.parts if part.cause == "drift")
    assert drift.signal.low > 0.01
    (sentinels,) = evidence.sentinels
    assert (sentinels.lost.n, sentinels.lost.low > 0.01) == (10, True)


def test_the_first_points_are_shown_by_their_values(tmp_path: Path) -> None:
    drawn = angles(25)
    _, readings = conduct(tmp_path, slope(), drawn, 25, Emulator(GARNET))
    first = distributions(readings, MITIGATIONS["readout"], (), drawn)[0]
    assert first.point == f"locked row {drawn.rows[0]} ({value(drawn.y[0])})"


def fallback() -> Fitted:
    rows = table(80, seed=2)
    model, _ = REGRESSORS["ridge"](0)
    return Fitted("ridge on raw features", "classical", None, model.fit(rows.X, rows.y), 0.0)


def test_promotion_holds_the_devices_grades_against_the_fallbacks(tmp_path: Path) -> None:
    rows = table(60, seed=6)
    drawn = draw(rows.X, rows.y, None, 3, "locked")
    device_says = drawn.y + 1.0
    found = promoted(job(tmp_path), drawn, Answers(device_says, 50.0, 40), fallback(), (), None)
    classical = fallback().predict(drawn.X[:40])
    loss = np.minimum(np.abs(classical - drawn.y[:40]) / WORST, 1)
    assert isinstance(found.advantage, Graded)
    assert found.advantage.differences == pytest.approx(tuple(np.sort(loss - 1 / WORST)))
    middle = np.minimum(np.abs(50.0 - drawn.y[:40]) / WORST, 1)
    assert found.majority.advantage("absolute_error") == pytest.approx(middle.mean() - 1 / WORST)
    assert found.device_accuracy.value == pytest.approx(1 - 1 / WORST)
    assert (found.device_accuracy.unit, found.fallback_answers, found.planned) == ("score", True, 40)
    assert type(found).model_validate_json(found.model_dump_json()).digest == found.digest


def test_a_fallback_that_answers_no_number_is_none(tmp_path: Path) -> None:
    rows = table(20, seed=6)
    drawn = draw(rows.X, rows.y, None, 3, "locked")

    class Lost:
        def predict(self, X: np.ndarray) -> np.ndarray:
            return np.where(X[:, 0] > 1, np.nan, 50.0)

    broken = replace(fallback(), estimator=Lost())
    assert not promoted(job(tmp_path), drawn, Answers(drawn.y, 50.0, 20), broken, (), None).fallback_answers
