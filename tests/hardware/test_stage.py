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
from qpilot.devices import DEVICES, device
from qpilot.emulator import Emulator
from qpilot.hardware.distributions import distributions
from qpilot.hardware.stage import Points, draw, validate
from qpilot.job import Job, Stores
from qpilot.mitigation import MITIGATIONS
from qpilot.program import Circuits, Gate, Probabilities
from qpilot.prototype.fitted import Fitted
from qpilot.record.home import Home

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
    pilot = pilotfile.read(ROOT / "pilots" / "planted" / "pilot.toml").pilot
    return Job(run="planted-00000000-1", pilot=pilot, folder=ROOT, home=tmp_path, data="d", code="c")


def conduct(job: Job, model: Sign, number: int, planned: int, machine: str = "iqm-garnet"):  # type: ignore[no-untyped-def]
    home = Home(job.home)
    stores = Stores(home.journal, home.artifacts, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    fitted = Fitted("sign", "qnn", None, model, 0.0)
    backend = Emulator(device(machine))
    readout = MITIGATIONS["readout"]
    return validate(
        job, fitted, points(number), planned, 300, POLICY, backend, readout, stores, lambda done, total: None
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
    found = distributions(readings, MITIGATIONS["readout"], ("no", "yes"), drawn, device("iqm-garnet"))
    assert len(found) == 4
    for place, one in enumerate(found):
        angle = drawn.X[place, 0]
        assert one.simulator[128] == pytest.approx(np.sin(angle / 2) ** 2)
        assert len(one.outcomes) == len(one.device) == 256
        assert sum(one.device) == pytest.approx(1)
        assert 0.5 > sum(abs(a - b) for a, b in zip(one.simulator, one.device, strict=True)) / 2 > 0
    assert len(evidence.differences) == 25
