"""The forecast of a real model on the emulated device, from development rows alone."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_UP, Decimal
from pathlib import Path

import numpy as np
import pytest

from gates.forecast import ForecastEvidence
from gates.hardware import HardwarePolicy
from gates.money import Account
from qpilot.backend import Batch, Handle, Outcomes, Quote
from qpilot.data.table import Dataset, Table
from qpilot.devices import Device, device
from qpilot.devices.price import price
from qpilot.emulator import Emulator
from qpilot.errors import UsageError
from qpilot.forecast.queue import Depth
from qpilot.forecast.rehearsal import LEAST_ROWS, MOST_ROWS, affordable_rows, hold_out, rehearse
from qpilot.forecast.situation import Situation
from qpilot.forecast.stage import forecast, shots_range
from qpilot.job import Job
from qpilot.mitigation import MITIGATIONS
from qpilot.mitigation.trial import chosen
from qpilot.models.state import restore
from qpilot.pilotfile import read
from qpilot.prototype.fitted import Fitted, fit
from qpilot.prototype.search.entrants import quantum_entrants
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


def test_the_mitigation_is_chosen_where_the_pilot_leaves_it_open(dataset: Dataset, model: Fitted) -> None:
    auto = made(dataset, model, "hardware.mitigation=auto", "hardware.shots=300")
    assert [one.mitigation for one in auto.trials] == [name for name in MITIGATIONS if name != "none"]
    assert auto.mitigation == chosen(auto.trials)
    shots = {one.mitigation: one.shots for one in auto.trials} | {"none": 300}
    mitigation = MITIGATIONS[auto.mitigation]
    assert (auto.shots, auto.circuits_per_point) == (shots[auto.mitigation], 3 * mitigation.runs)
    assert auto.shots in [one.shots for one in auto.curve]


def test_a_mitigation_that_pays_gets_the_shots_that_the_same_dollars_buy(dataset: Dataset, model: Fitted) -> None:
    """Readout so poor that its correction pays: 77 circuits a batch for what 75 cost without it."""
    garnet = device("iqm-garnet")
    qubits = {label: qubit.model_copy(update={"readout": 0.75, "gate": 1.0}) for label, qubit in garnet.qubits.items()}
    couplings = dict.fromkeys(garnet.couplings, 0.9999)
    poor = Emulator(garnet.model_copy(update={"qubits": qubits, "couplings": couplings}))
    asked = job("hardware.mitigation=auto", "hardware.shots=10000")
    policy = HardwarePolicy(margin=0.1, alpha=0.04)
    found = forecast(asked, dataset, model, 74, policy, poor.device, poor, poor, Situation(NOW), ticks())
    assert (found.mitigation, found.circuits_per_point) == ("readout", 3)
    assert found.shots == next(one.shots for one in found.trials if one.mitigation == "readout") < 10_000


def test_a_given_mitigation_is_not_tried(evidence: ForecastEvidence) -> None:
    assert (evidence.mitigation, evidence.trials) == ("readout", ())


def test_the_curve_holds_every_number_of_shots_and_the_one_chosen(evidence: ForecastEvidence) -> None:
    shots = [one.shots for one in evidence.curve]
    assert shots == [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]
    assert [one.usd for one in evidence.curve] == sorted(one.usd for one in evidence.curve)
    assert [one.meets for one in evidence.curve] == [one.loss <= evidence.shots_loss_limit for one in evidence.curve]
    at = shots.index(evidence.shots)
    assert all(one.meets for one in evidence.curve[at:])
    assert at == 0 or not evidence.curve[at - 1].meets
    assert evidence.curve[at].usd == evidence.device_cost.p90
    assert evidence.shots_loss_limit == pytest.approx(0.02)


class Paid:
    """The emulator under another name, as a device that charges, with a queue."""

    name = "paid"

    def __init__(self, emulator: Emulator, known: bool = True) -> None:
        self.emulator, self.known = emulator, known

    def figures(self) -> Device:
        return self.emulator.figures()

    def quote(self, executables: int, shots: int) -> Quote:
        return price(self.emulator.device, executables, shots).model_copy(update={"known": self.known})

    def submit(self, batch: Batch, key: str) -> Handle:
        raise AssertionError("a forecast submits nothing to a backend that charges")

    def collect(self, handle: Handle) -> Outcomes:
        raise AssertionError("a forecast submits nothing to a backend that charges")

    def queue_depth(self) -> str | None:
        return ">4000"


def paid(dataset: Dataset, model: Fitted, situation: Situation, known: bool, *overrides: str) -> ForecastEvidence:
    garnet = device("iqm-garnet")
    emulator = Emulator(garnet)
    policy = HardwarePolicy(margin=0.1, alpha=0.04)
    backend = Paid(emulator, known)
    return forecast(job(*overrides), dataset, model, 74, policy, garnet, backend, emulator, situation, ticks())


def test_the_worst_case_of_a_paid_device_bills_every_attempt_and_every_sentinel(
    dataset: Dataset, model: Fitted
) -> None:
    found = paid(
        dataset, model, Situation(NOW), True, "hardware.retries=2", "hardware.sentinels=3", "hardware.shots=400"
    )
    garnet = device("iqm-garnet")
    circuits = 4 * (25 * 3 + 2) + 3 * 3 * 3
    assert found.charged.worst == 3 * (4 * garnet.usd_per_task + circuits * 400 * garnet.usd_per_shot)
    assert found.charged == found.device_cost
    assert any("bills every task 3 times, and 9 sentinel circuits in each batch" in note for note in found.notes)


def test_money_and_queue_come_from_the_situation(dataset: Dataset, model: Fitted) -> None:
    lab = Account(name="lab", left_usd=Decimal(7))
    situation = Situation(NOW, waiting=Depth(4000, True), committed_usd=Decimal("3.30"), account=lab)
    found = paid(dataset, model, situation, True, "hardware.shots=100")
    assert (found.committed_usd, found.account, found.queues, found.price_known) == (Decimal("3.30"), lab, True, True)
    assert (found.queue.depth, found.queue.lower_bound) == (4000, True)
    assert found.wait_p10_hours.value <= found.wait_p50_hours.value <= found.wait_p90_hours.value
    assert not paid(dataset, model, situation, False, "hardware.shots=100").price_known


def test_classical_compute_is_priced_at_the_rate_of_the_pilot(
    dataset: Dataset, model: Fitted, evidence: ForecastEvidence
) -> None:
    """Half an hour of rehearsal on 100 rows, the same again for as many points, and two candidates in five folds."""
    assert evidence.classical_usd == 0
    rated = made(dataset, model, "budget.classical_usd_per_hour=2")
    hours = (1800 * 2 + 12 * model.seconds) / 3600
    assert rated.classical_hours.value == pytest.approx(hours)
    assert rated.classical_usd == Decimal(2 * hours).quantize(Decimal("0.01"), ROUND_UP)
    assert rated.charged == evidence.charged, "no vendor bills it"


def test_the_evidence_survives_json(evidence: ForecastEvidence) -> None:
    assert ForecastEvidence.model_validate_json(evidence.model_dump_json()).digest == evidence.digest


def test_the_limit_of_many_shots_is_the_device_without_shot_noise(dataset: Dataset, model: Fitted) -> None:
    held = hold_out(model, dataset.development, 0)
    shown = rehearse(held, job().pilot.claim, Emulator(device("iqm-garnet")), MITIGATIONS["readout"], 20_000, 0)
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
