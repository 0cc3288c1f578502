"""The forecast of a real model on the emulated device, from development rows alone."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from gates.forecast import ForecastEvidence
from gates.hardware import HardwarePolicy
from qpilot.data.table import Dataset, Table
from qpilot.devices import device
from qpilot.emulator import Emulator
from qpilot.errors import UsageError
from qpilot.forecast.rehearsal import LEAST_ROWS, MOST_ROWS, affordable_rows, hold_out, rehearse
from qpilot.forecast.situation import Situation
from qpilot.forecast.stage import forecast, shots_range
from qpilot.job import Job
from qpilot.mitigation import MITIGATIONS
from qpilot.models.state import restore
from qpilot.pilotfile import read
from qpilot.prototype.entrants import quantum_entrants
from qpilot.prototype.fitted import Fitted, fit
from qpilot.reduction import REDUCERS

PLANTED = Path(__file__).parents[2] / "pilots" / "planted"
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def job(*overrides: str) -> Job:
    pilot = read(PLANTED / "pilot.toml", overrides).pilot
    return Job(run="planted-0-1", pilot=pilot, folder=PLANTED, home=Path(), data="d" * 64, code="c" * 64)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """300 development rows; the locked features are NaN, so that any use of them shows."""
    with (PLANTED / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = np.array(list(csv.reader(file))[1:401], dtype=float)
    table = Table(rows[:, :4], rows[:, 4].astype(np.int64), ("0", "1"), ("a", "b", "c", "d"))
    blind = Table(np.full((100, 4), np.nan), np.zeros(100, dtype=np.int64), table.classes, table.features)
    places = np.arange(400)
    return Dataset(table.take(places[:300]), blind, places[:300], places[300:], None, "d" * 64, "l" * 64)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def model(dataset: Dataset) -> Fitted:
    entrant = quantum_entrants(job().pilot)[0]
    return fit(entrant, REDUCERS["none"].build(None, 0), dataset.development.X, dataset.development.y)


def ticks() -> Callable[[], float]:
    """A clock on which whatever is measured takes half an hour."""
    times = iter((0.0, 1800.0))
    return lambda: next(times)


def made(dataset: Dataset, model: Fitted, *overrides: str) -> ForecastEvidence:
    garnet = device("iqm-garnet")
    emulator = Emulator(garnet)
    policy = HardwarePolicy(margin=0.1, alpha=0.04)
    return forecast(job(*overrides), dataset, model, 74, policy, garnet, emulator, emulator, Situation(NOW), ticks())


@pytest.fixture(scope="module")
def evidence(dataset: Dataset, model: Fitted) -> ForecastEvidence:
    return made(dataset, model)


def test_the_work_is_that_of_the_locked_points(evidence: ForecastEvidence) -> None:
    assert (evidence.points, evidence.circuits_per_point) == (100, 3)
    assert 50 <= evidence.shots <= 20_000
    assert not evidence.queues


def test_the_emulator_charges_nothing_and_says_what_the_device_would_cost(evidence: ForecastEvidence) -> None:
    assert evidence.charged.worst == evidence.charged.expected == 0
    cost = evidence.device_cost
    garnet = device("iqm-garnet")
    circuits = 100 * 3 + 4 * 2
    assert cost.worst == 4 * garnet.usd_per_task + circuits * evidence.shots * garnet.usd_per_shot
    assert 0 < cost.p50 <= cost.p90 <= cost.worst


def test_the_emulated_device_loses_little_on_rows_the_model_has_not_seen(evidence: ForecastEvidence) -> None:
    assert evidence.simulated_accuracy.value > 0.9
    assert evidence.simulated_accuracy.n == 100, "a third of the development rows"
    lost = evidence.simulated_accuracy.value - evidence.emulated_accuracy.value
    assert evidence.emulated_loss.value == pytest.approx(lost)
    assert -0.03 < evidence.emulated_loss.value < 0.08


def test_the_forecast_is_reproducible(dataset: Dataset, model: Fitted, evidence: ForecastEvidence) -> None:
    assert made(dataset, model) == evidence


def test_a_model_read_back_from_its_files_has_the_same_forecast(
    dataset: Dataset, model: Fitted, evidence: ForecastEvidence
) -> None:
    revived = Fitted(model.name, model.family, model.reducer, restore(model.estimator.state()), model.seconds)
    assert made(dataset, revived) == evidence


def test_given_shots_are_kept_and_their_loss_is_said(dataset: Dataset, model: Fitted) -> None:
    few = made(dataset, model, "hardware.shots=20", "hardware.max_points=40")
    assert (few.shots, few.points) == (20, 40)
    assert any("finite shots cost more than a fifth of the margin" in note for note in few.notes)
    assert any(note.startswith("40 of ") and "locked points may be measured" in note for note in few.notes)
    assert any("promotion is planned on 74 points, more than the 40 there are" in note for note in few.notes)
    with pytest.raises(UsageError, match="30000 shots asked of iqm-garnet"):
        made(dataset, model, "hardware.shots=30000")


def test_the_limit_of_many_shots_is_the_device_without_shot_noise(dataset: Dataset, model: Fitted) -> None:
    held = hold_out(model, dataset.development, 0)
    shown = rehearse(held, Emulator(device("iqm-garnet")), MITIGATIONS["readout"], 20_000, 0)
    rng = np.random.default_rng(0)
    assert np.mean(shown.answers(10**7, rng) == shown.limit) == 1
    assert np.mean(shown.answers(100, rng) == shown.limit) < 1
    assert np.mean(shown.limit == shown.simulated) > 0.9


def test_effort_is_bounded() -> None:
    assert affordable_rows(1, 2) == MOST_ROWS
    assert affordable_rows(1, 8) == 198
    assert affordable_rows(10_000, 8) == LEAST_ROWS


@pytest.mark.parametrize("name", ["iqm-garnet", "ionq-forte-enterprise", "rigetti-cepheus", "iqm-emerald"])
def test_the_shots_considered_are_shots_the_device_takes(name: str) -> None:
    least, most = shots_range(device(name))
    assert device(name).shots[0] == least <= most <= device(name).shots[1]
