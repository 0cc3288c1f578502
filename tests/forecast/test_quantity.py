"""The forecast where answers are values: what shots lose in score, stopping times of graded differences, real models."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from gates.forecast import ForecastEvidence, ForecastPolicy, decide
from gates.hardware import HardwarePolicy
from gates.records import Outcome
from qpilot.candidates.candidate import Candidate
from qpilot.devices import Device, device
from qpilot.emulator import Emulator
from qpilot.forecast.circuits import circuits_per_point
from qpilot.forecast.compare import compare
from qpilot.forecast.rehearsal import Rehearsal, hold_out, rehearse
from qpilot.forecast.shots import curve, fewest, predicted_loss
from qpilot.forecast.situation import Situation
from qpilot.forecast.spend import moves, stopping_points
from qpilot.forecast.stage import forecast
from qpilot.forecast.table import table as table_of
from qpilot.mitigation import MITIGATIONS
from qpilot.models.building import build
from qpilot.models.state import restore
from qpilot.prototype.fitted import Fitted
from qpilot.record.home import Home
from tests.forecast.stopping import stopped
from tests.hardware.quantity import CLAIM, WORST, Slope, dataset, fitted, job, table

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
GARNET = device("iqm-garnet")
POLICY = HardwarePolicy(metric="absolute_error", margin=0.1, alpha=0.04)


def rehearsal(chances: np.ndarray, truth: np.ndarray | None = None) -> Rehearsal:
    """A device without noise whose circuits show 1 with `chances`; ten times that is the answer."""
    rows = np.column_stack([1 - chances, chances])
    simulated = 10 * chances
    return Rehearsal(Slope(), MITIGATIONS["none"], CLAIM, simulated if truth is None else truth, simulated, (rows,), ())


def scatter(chances: np.ndarray, shots: int) -> float:
    """Mean |10 k / S - 10 p| of k ~ Bin(S, p), in worst errors: summed over all outcomes."""
    counts = np.arange(shots + 1)
    weights = binom.pmf(counts, shots, chances[:, None])
    return float((weights * np.abs(10 * counts / shots - 10 * chances[:, None])).sum(axis=1).mean() / WORST)


@pytest.mark.parametrize("shots", [20, 100, 500])
def test_the_predicted_loss_is_the_mean_distance_that_shots_scatter_by(shots: int) -> None:
    chances = np.random.default_rng(0).uniform(0.05, 0.95, 200)
    predicted = predicted_loss(rehearsal(chances), shots, seed=1, limit=0.01)
    assert predicted == pytest.approx(scatter(chances, shots), rel=0.03)


def test_the_fewest_shots_that_meet_the_rule_are_chosen() -> None:
    chances = np.full(100, 0.5)
    margin = 5 * scatter(chances, 400)
    choice = fewest(curve(rehearsal(chances), margin, (1, 20_000), seed=0))
    assert (choice.shots, choice.meets) == (500, True)
    assert scatter(chances, 200) > margin / 5 > scatter(chances, 500)


def test_values_are_not_drawn_more_often_than_they_scatter() -> None:
    """Ten classes would be drawn until half an answer's error is clear of the limit; ten values say it in twenty draws."""
    drawn = []

    class Counted(Slope):
        def answer(self, features: np.ndarray) -> np.ndarray:
            drawn.append(1)
            return super().answer(features)

    few = replace(rehearsal(np.full(10, 0.5)), estimator=Counted())
    limit = scatter(np.full(10, 0.5), 400) / 2
    assert predicted_loss(few, 400, seed=1, limit=limit) > limit
    assert len(drawn) == 1 + 20, "the limit of many shots, and twenty draws"


def test_shots_cost_nothing_where_every_answer_is_worth_nothing_anyway() -> None:
    far = rehearsal(np.full(50, 0.5), truth=np.full(50, 500.0))
    assert predicted_loss(far, 50, seed=0, limit=0.01) == 0.0


def test_what_moves_is_the_share_that_disagrees_or_the_differences() -> None:
    right = np.array([True, False, True, True])
    assert moves(right, right) == 0.25
    assert moves(right, ~right) == 1.0
    assert moves(np.array([0.5, 0.75]), np.array([0.75, 0.5])) == pytest.approx([-0.25, 0.25])


@pytest.mark.parametrize("gap", [0.0, 0.05, 0.2])
def test_the_stopping_points_are_those_of_the_stage(gap: float) -> None:
    """The rule of the hardware stage, read from the same resampled differences, one batch after the other."""
    population, planned, batch, seed = 200, 60, 25, 3
    seen = np.random.default_rng(1).normal(-0.01, 0.05, 90)
    gaps = np.full(40, gap)
    found = stopping_points(population, planned, batch, POLICY, gaps, seen, seed)
    drawn = np.random.default_rng([seed, 9]).choice(seen, size=(40, population))
    for differences, points in zip(np.clip(drawn - seen.mean() - gap, -1, 1), found, strict=True):
        assert points == stopped(differences, planned, batch, POLICY)


def test_small_differences_are_certain_sooner_than_rare_large_ones() -> None:
    small, large = np.full(100, -0.02), np.where(np.arange(100) < 2, -1.0, 0.0)
    points = [stopping_points(500, 1, 1, POLICY, np.full(60, 0.02), seen, 0).mean() for seen in (small, large)]
    assert points[0] < points[1]


def ticks() -> Callable[[], float]:
    times = iter((0.0, 1800.0))
    return lambda: next(times)


def made(model: Fitted, machine: Device = GARNET, **hardware: object) -> ForecastEvidence:
    emulator = Emulator(machine)
    asked = job(Path(), hardware=hardware)
    return forecast(asked, dataset(), model, 50, POLICY, machine, emulator, emulator, Situation(NOW), ticks())


@pytest.mark.parametrize("model", ["projected-kernel", "variational"])
def test_a_real_model_is_forecast_in_score(model: str) -> None:
    found = made(fitted(model))
    assert (found.simulated_accuracy.unit, found.emulated_loss.unit) == ("score", "score lost on the emulated device")
    assert found.simulated_accuracy.n == 50, "a third of the development rows"
    lost = found.simulated_accuracy.value - found.emulated_accuracy.value
    assert found.emulated_loss.value == pytest.approx(lost)
    assert -0.02 < lost < 0.08
    assert found.points == 60
    assert 0 < found.device_cost.p50 <= found.device_cost.p90 <= found.device_cost.worst
    assert any("points of score" in note for note in found.notes)
    assert abs(found.curve[-1].loss) < 0.001, "what 20,000 shots lose"
    names = [check.name for check in decide(found, ForecastPolicy(usd=1, queue_hours=1, max_emulated_loss=0.3)).checks]
    assert names == ["budget", "wait", "emulated score", "work"]
    assert ForecastEvidence.model_validate_json(found.model_dump_json()).digest == found.digest


def test_the_forecast_is_reproducible_and_that_of_the_model_read_back() -> None:
    model = fitted("projected-kernel")
    revived = Fitted(model.name, model.family, model.reducer, restore(model.estimator.state()), model.seconds)
    assert made(model) == made(revived)


def test_the_mitigation_is_chosen_by_what_it_gains_in_score() -> None:
    """Readout so poor that its correction pays."""
    qubits = {label: qubit.model_copy(update={"readout": 0.75, "gate": 1.0}) for label, qubit in GARNET.qubits.items()}
    poor = GARNET.model_copy(update={"qubits": qubits, "couplings": dict.fromkeys(GARNET.couplings, 0.9999)})
    found = made(fitted("projected-kernel"), poor, mitigation="auto", shots=4000)
    readout = next(one for one in found.trials if one.mitigation == "readout")
    assert readout.outcome is Outcome.GO
    assert readout.graded == readout.gain > 0.01
    assert 0 < readout.error < readout.none_error < WORST
    assert "readout" in found.mitigation


def test_a_rehearsal_answers_values_and_its_limit_has_no_shot_noise() -> None:
    held = hold_out(fitted("variational"), dataset().development, 0)
    shown = rehearse(held, CLAIM, Emulator(GARNET), MITIGATIONS["readout"], 20_000, 0)
    rng = np.random.default_rng(0)
    assert shown.simulated == pytest.approx(held.model.predict(held.X[: len(shown.truth)]))
    assert np.abs(shown.answers(10**7, rng) - shown.limit).max() < 0.1
    assert np.abs(shown.answers(100, rng) - shown.limit).max() > 0.1
    assert shown.grades(shown.truth).tolist() == [1.0] * len(shown.truth)


def test_devices_are_compared_for_a_quantity(tmp_path: Path) -> None:
    pilot = Path(__file__).parents[2] / "pilots" / "diabetes" / "pilot.toml"
    small = ("data.max_train_rows=90", "hardware.shots=100", "hardware.max_points=30")
    found = compare(pilot, small, Home(tmp_path), NOW, asked=("iqm-garnet",))
    (row,) = found.devices
    assert row.emulated_loss is not None
    assert row.emulated_loss.unit == "score lost on the emulated device"
    assert any(check.name == "emulated score" for check in row.checks)
    assert row.emulated_accuracy is not None
    assert f"{100 * row.emulated_accuracy.value:.1f}%" in table_of(found)


@pytest.mark.parametrize("changes", [{}, {"head": "gp"}, {"landmarks": 10}, {"model": "projected-kernel"}])
def test_circuits_a_point_are_as_many_for_a_value(changes: dict[str, object]) -> None:
    rows = table(30)
    asked = {"model": "fidelity-kernel", "encoding": "angle", "qubits": 2, "scaling": "none", **changes}
    chosen = Candidate.model_validate(asked)
    found = circuits_per_point(chosen, len(rows))
    settings = len(build(chosen, 0, None, quantity=True).fit(rows.X, rows.y).circuits(rows.X[:1]))
    assert settings == found.circuits if found.exact else 0 < settings <= found.circuits
