"""The hardware stage stops when it is certain, keeps promotion its points, and continues what was measured."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gates.hardware import HardwarePolicy, decide
from gates.records import Outcome
from qpilot import pilotfile
from qpilot.backend import Backend
from qpilot.devices import DEVICES, device
from qpilot.emulator import Emulator
from qpilot.errors import Suspended
from qpilot.hardware.distributions import distributions
from qpilot.hardware.stage import Points, draw, validate
from qpilot.job import Job, Stores
from qpilot.mitigation import MITIGATIONS
from qpilot.program import Circuits, Gate, Probabilities
from qpilot.prototype.fitted import Fitted
from qpilot.record.home import Home
from qpilot.spending.accounts import OverBudget
from tests.hardware.machines import Machine

ROOT = Path(__file__).parent.parent.parent
POLICY = HardwarePolicy(margin=0.05, alpha=0.05)


class Sign:
    """Class 1 where feature 0 is above pi / 2: one RY a point, read from <Z>; `flipped` answers the reverse on a device."""

    def __init__(self, flipped: bool = False) -> None:
        self.flipped = flipped

    def circuits(self, X: NDArray[np.float64]) -> tuple[Circuits, ...]:
        return (Circuits(1, (Gate("ry", (0,), (0,)),), X[:, :1]),)

    def features(self, measured: tuple[Probabilities, ...]) -> NDArray[np.float64]:
        return measured[0][:, 1:]

    def decide(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        ones = 1 - features if self.flipped else features
        return np.hstack([1 - ones, ones])

    def answer(self, features: NDArray[np.float64]) -> NDArray[np.int64]:
        return self.decide(features).argmax(axis=1)

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        ones = np.sin(X[:, :1] / 2) ** 2
        return np.hstack([1 - ones, ones])

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.int64]:
        return (X[:, 0] > np.pi / 2).astype(np.int64)


def points(number: int) -> Points:
    """Angles well away from pi / 2, so that shots cannot change an answer."""
    generator = np.random.default_rng(5)
    y = generator.integers(0, 2, number)
    X = np.where(y == 1, 2.4, 0.7)[:, None] + generator.uniform(-0.3, 0.3, (number, 1))
    return draw(X, y, None, 3, "locked")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    pilot = pilotfile.read(ROOT / "pilots" / "planted" / "pilot.toml", ('approval.when="never"',)).pilot
    return Job(run="planted-00000000-1", pilot=pilot, folder=ROOT, home=tmp_path, data="d", code="c")


def conduct(  # type: ignore[no-untyped-def]
    job: Job,
    model: Sign,
    number: int,
    planned: int,
    machine: str = "iqm-garnet",
    backend: Backend | None = None,
    mitigation: str = "readout",
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC),
):
    home = Home(job.home)
    stores = Stores(home.journal, home.artifacts, lambda: now)
    fitted = Fitted("sign", "qnn", None, model, 0.0)
    device_ = backend or Emulator(device(machine))
    return validate(
        job, fitted, points(number), planned, 300, POLICY, device_, mitigation, stores, lambda done, total: None
    )


def test_a_faithful_device_stops_early_with_a_go(job: Job) -> None:
    evidence, readings = conduct(job, Sign(), 600, planned=50)
    assert Outcome.GO is decide(evidence, POLICY).outcome
    assert 50 <= len(evidence.differences) < 300
    assert len(readings.device) == len(evidence.differences)
    assert evidence.charged_usd == 0
    assert evidence.device_usd > 0


def test_promotion_gets_its_points_after_the_go(job: Job) -> None:
    evidence, _ = conduct(job, Sign(), 600, planned=450)
    assert len(evidence.differences) == 450


def test_a_failing_device_stops_at_once_with_a_no_go(job: Job) -> None:
    evidence, _ = conduct(job, Sign(flipped=True), 600, planned=450)
    assert Outcome.NO_GO is decide(evidence, POLICY).outcome
    assert len(evidence.differences) <= 50
    assert evidence.gap.value == 1.0


def test_a_small_population_is_measured_to_the_last_point(job: Job) -> None:
    evidence, _ = conduct(job, Sign(), 40, planned=40)
    assert len(evidence.differences) == 40
    assert Outcome.GO is decide(evidence, POLICY).outcome


def test_the_bill_is_the_quote_of_every_batch(job: Job) -> None:
    evidence, _ = conduct(job, Sign(), 40, planned=40)
    # batches of 25 and 15 points, two calibration circuits each, 300 shots a circuit; Garnet 2026: one program set each
    circuits = 25 + 2 + 15 + 2
    assert 2 * Decimal("0.30") + circuits * 300 * Decimal("0.00145") == evidence.device_usd


def test_a_second_run_takes_the_counts_that_stand(job: Job) -> None:
    first, _ = conduct(job, Sign(), 100, planned=60)
    before = len(Home(job.home).journal.find("counts"))
    second, _ = conduct(job, Sign(), 100, planned=60)
    assert first == second
    assert before == len(Home(job.home).journal.find("counts"))


def test_the_order_depends_on_the_seed_alone() -> None:
    X, y = np.arange(10.0)[:, None], np.arange(10) % 2
    assert np.array_equal(draw(X, y, None, 1, "").rows, draw(X, y, None, 1, "").rows)
    assert not np.array_equal(draw(X, y, None, 1, "").rows, draw(X, y, None, 2, "").rows)
    assert len(draw(X, y, 4, 1, "").y) == 4


@pytest.mark.parametrize("machine", DEVICES)
def test_every_shipped_device_answers(job: Job, machine: str) -> None:
    evidence, _ = conduct(job, Sign(), 60, planned=40, machine=machine)
    assert Outcome.GO is decide(evidence, POLICY).outcome
    assert (device(machine).digest,) == evidence.calibrations


class Wide(Sign):
    """The same answer from the first of eight qubits; the others stay 0."""

    def circuits(self, X: NDArray[np.float64]) -> tuple[Circuits, ...]:
        return (Circuits(8, (Gate("ry", (0,), (0,)),), X[:, :1]),)

    def features(self, measured: tuple[Probabilities, ...]) -> NDArray[np.float64]:
        return measured[0][:, 128:].sum(axis=1, keepdims=True)


def test_eight_qubits_have_distributions_to_draw_too(job: Job) -> None:
    evidence, readings = conduct(job, Wide(), 25, planned=25)
    drawn = points(25)
    found = distributions(readings, MITIGATIONS["readout"], ("no", "yes"), drawn)
    assert len(found) == 4
    for place, one in enumerate(found):
        angle = drawn.X[place, 0]
        assert one.simulator[128] == pytest.approx(np.sin(angle / 2) ** 2)
        assert len(one.outcomes) == len(one.device) == 256
        assert sum(one.device) == pytest.approx(1)
        assert 0.5 > sum(abs(a - b) for a, b in zip(one.simulator, one.device, strict=True)) / 2 > 0
    assert len(evidence.differences) == 25


def refused(shared: bool, number: int) -> Machine:
    """A device whose batches are refused from `number` on: there is no money left."""
    return Machine({0: device("iqm-garnet")}, OverBudget("$35.00 would pass the limit", shared=shared), number)


def test_a_used_up_budget_ends_the_stage_with_what_was_measured(job: Job) -> None:
    evidence, readings = conduct(job, Sign(), 600, planned=450, backend=refused(shared=False, number=2))
    assert evidence.stopped == "the budget is used up: $35.00 would pass the limit"
    assert len(evidence.differences) == len(readings.device) == 50
    assert evidence.batches == 2
    assert evidence.tasks == (f"arn:{job.run}/0000", f"arn:{job.run}/0001")
    assert evidence.charged_usd == 2 * (Decimal("0.30") + 27 * 300 * Decimal("0.00145"))
    assert Outcome.INCONCLUSIVE is decide(evidence, POLICY).outcome


def test_no_money_for_a_single_batch_is_inconclusive_and_can_be_drawn(job: Job) -> None:
    evidence, readings = conduct(job, Sign(), 600, planned=450, backend=refused(shared=False, number=0))
    assert evidence.digest == type(evidence).model_validate_json(evidence.model_dump_json()).digest
    assert (evidence.differences, evidence.batches, evidence.charged_usd) == ((), 0, 0)
    verdict = decide(evidence, POLICY)
    assert Outcome.INCONCLUSIVE is verdict.outcome
    assert "the stage stopped because the budget is used up" in verdict.reason
    assert distributions(readings, MITIGATIONS["readout"], ("no", "yes"), points(600)) == ()
    assert evidence.split is None


def test_a_batch_that_the_budget_cannot_pay_whole_is_not_begun(job: Job) -> None:
    """A batch is 27 circuits of 300 shots, $12.05."""
    budget = job.pilot.budget.model_copy(update={"usd": Decimal("12.04")})
    poor = job.model_copy(update={"pilot": job.pilot.model_copy(update={"budget": budget})})
    backend = Machine({0: device("iqm-garnet")})
    evidence, _ = conduct(poor, Sign(), 60, planned=60, backend=backend)
    assert backend.submitted == []
    assert Home(job.home).journal.find("intent") == ()
    assert evidence.stopped.startswith(
        "the budget is used up: a task of $12.045 would pass the limit of pilot 'planted'"
    )


def test_a_shared_account_that_is_used_up_suspends_the_run_and_keeps_what_was_measured(job: Job) -> None:
    with pytest.raises(Suspended, match=r"would pass the limit \(25 points of 60 measured and kept\)"):
        conduct(job, Sign(), 60, planned=60, backend=refused(shared=True, number=1))
    later = Machine({0: device("iqm-garnet")})
    evidence, _ = conduct(job, Sign(), 60, planned=60, backend=later)
    assert [key[-4:] for key, _ in later.submitted] == ["0001", "0002"]
    assert len(evidence.differences) == 60


def spread(job: Job, windows: int) -> Job:
    hardware = job.pilot.hardware.model_copy(update={"windows": windows})
    return job.model_copy(update={"pilot": job.pilot.model_copy(update={"hardware": hardware})})


def week(day: int, hour: int) -> datetime:
    """In the week of Monday 2026-11-23. Garnet executes Monday to Wednesday 8 to 10, Thursday and Friday 13 to 15."""
    return datetime(2026, 11, 22 + day, hour, 30, tzinfo=UTC)


def test_batches_are_spread_over_windows_and_nothing_is_lost_in_between(job: Job) -> None:
    backend, three = Machine({0: device("iqm-garnet")}), spread(job, 3)
    first = "2 of 5 planned batches are measured and kept; batch 3 continues in the window that opens Tuesday"
    with pytest.raises(Suspended, match=first):
        conduct(three, Sign(), 125, planned=125, backend=backend, now=week(1, 9))
    with pytest.raises(Suspended, match="opens Tuesday 2026-11-24 08:00 UTC"):
        conduct(three, Sign(), 125, planned=125, backend=backend, now=week(1, 23))
    with pytest.raises(Suspended, match=r"4 of 5 planned batches .* opens Wednesday 2026-11-25 08:00 UTC"):
        conduct(three, Sign(), 125, planned=125, backend=backend, now=week(2, 8))
    assert len(backend.submitted) == 4
    evidence, _ = conduct(three, Sign(), 125, planned=125, backend=backend, now=week(4, 14))
    assert len(backend.submitted) == 5
    assert len(evidence.differences) == 125
    assert evidence.notes == ()


def test_a_batch_that_was_meant_goes_on_in_any_window(job: Job) -> None:
    backend = Machine({0: device("iqm-garnet")}, dies=3)
    two = spread(job, 2)
    with pytest.raises(Suspended):
        conduct(two, Sign(), 125, planned=125, backend=backend, now=week(1, 9))
    with pytest.raises(KeyboardInterrupt):
        conduct(two, Sign(), 125, planned=125, backend=backend, now=week(2, 8))
    evidence, _ = conduct(two, Sign(), 125, planned=125, backend=backend, now=week(2, 23))
    assert len(evidence.differences) == 125


@pytest.mark.parametrize(
    ("backend", "why"),
    [
        (Emulator(device("iqm-garnet")), "emulator runs at once"),
        (Machine({0: device("rigetti-cepheus")}), "the device's execution windows are not known"),
    ],
    ids=["emulator", "unknown"],
)
def test_windows_without_effect_are_said(job: Job, backend: Backend, why: str) -> None:
    evidence, _ = conduct(spread(job, 3), Sign(), 60, planned=60, backend=backend, now=week(1, 9))
    assert evidence.notes == (f"hardware.windows = 3 had no effect: {why}",)
    assert len(evidence.differences) == 60


def test_the_gap_is_split_and_adds_up(job: Job) -> None:
    evidence, _ = conduct(job, Sign(), 100, planned=100)
    assert evidence.split is not None
    assert evidence.split.points == 100
    assert evidence.split.accuracy.value == evidence.gap.value
    parts = {part.cause: part for part in evidence.split.parts}
    assert sum(part.signal.value for part in parts.values()) == pytest.approx(evidence.split.signal.value)
    # Garnet reads out 97 % of the time rightly and turns one qubit at 99.9 %; there is nothing to lay out.
    assert parts["readout"].raw_signal.value > 10 * abs(parts["readout"].signal.value)
    assert parts["layout"].raw_signal.value == 0
    assert 0.005 < evidence.split.raw_signal.value < 0.05
    assert [one.batch for one in evidence.split.batches] == [0, 1, 2, 3]


class Deep(Sign):
    """The same answer from nine qubits, each a circuit of its own: too many to emulate ten points in seconds."""

    def circuits(self, X: NDArray[np.float64]) -> tuple[Circuits, ...]:
        return (Circuits(9, (Gate("ry", (0,), (0,)),), X[:, :1]),) * 3

    def features(self, measured: tuple[Probabilities, ...]) -> NDArray[np.float64]:
        return measured[0][:, 256:].sum(axis=1, keepdims=True)


def test_a_gap_that_would_take_minutes_to_split_is_not_split_and_says_so(job: Job) -> None:
    evidence, _ = conduct(job, Deep(), 25, planned=25)
    assert evidence.split is None
    (note,) = evidence.notes
    assert "emulating even 10 points, 3 circuits of 9 qubits each, would take minutes" in note


def test_counts_with_too_few_shots_are_never_a_go(job: Job) -> None:
    backend = Machine({0: device("iqm-garnet")}, short=3)
    evidence, _ = conduct(job, Sign(), 40, planned=40, backend=backend)
    assert evidence.short == 3
    assert Outcome.INCONCLUSIVE is decide(evidence, POLICY).outcome


class Silent(Sign):
    """A model whose simulator cannot be asked any more."""

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        raise ValueError("no simulator here")


def test_an_explanation_that_fails_loses_no_paid_run(job: Job) -> None:
    evidence, _ = conduct(job, Silent(), 40, planned=40)
    assert Outcome.GO is decide(evidence, POLICY).outcome
    assert evidence.split is None
    assert evidence.notes == ("the gap is not split by cause: ValueError: no simulator here",)
