"""The paid hardware stage as a process of its own runs it: real SDK, real journal, a model of one qubit, no Prefect."""

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.hardware import HardwareEvidence, HardwarePolicy
from qpilot import pilotfile
from qpilot.braket.backend import BraketBackend
from qpilot.braket.service import BraketService
from qpilot.devices import device
from qpilot.devices.price import price
from qpilot.errors import QpilotError, Suspended
from qpilot.hardware.stage import Points, draw, validate
from qpilot.job import Job, Stores
from qpilot.program import Circuits, Gate, Probabilities
from qpilot.prototype.fitted import Fitted
from qpilot.record.home import Home
from qpilot.spending.purse import purse
from tests.paid.mutants import MUTANTS

ROOT = Path(__file__).parent.parent.parent
POLICY = HardwarePolicy(margin=0.05, alpha=0.05)
FAITHFUL = "none"
_services: dict[tuple[str, str], BraketService] = {}


def warm(order: "Order") -> None:
    """The clients are there for processes forked from this one, unconnected: reading their models takes half a second."""
    if (order.mutant, order.device) not in _services:
        made = MUTANTS[order.mutant].service()
        session = made.session(device(order.device).arn)
        assert session.braket_client is not None
        assert session.s3_client is not None
        assert session.sts_client is not None
        _services[order.mutant, order.device] = made


def service(order: "Order") -> BraketService:
    """Whom the process pays: with clients of its own where its environment is another."""
    if not order.environment:
        return _services[order.mutant, order.device]
    os.environ.update(order.environment)
    return MUTANTS[order.mutant].service()


class Sign:
    """Class 1 where feature 0 is above pi / 2: one RY a point, read from <Z>."""

    def circuits(self, X: NDArray[np.float64]) -> tuple[Circuits, ...]:
        return (Circuits(1, (Gate("ry", (0,), (0,)),), X[:, :1]),)

    def features(self, measured: tuple[Probabilities, ...]) -> NDArray[np.float64]:
        return measured[0][:, 1:]

    def decide(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.hstack([1 - features, features])

    def answer(self, features: NDArray[np.float64]) -> NDArray[np.int64]:
        return self.decide(features).argmax(axis=1)

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        ones = np.sin(X[:, :1] / 2) ** 2
        return np.hstack([1 - ones, ones])

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.int64]:
        return (X[:, 0] > np.pi / 2).astype(np.int64)


@dataclass(frozen=True)
class Order:
    """What a process is told. points, batch, shots: of the stage. usd: the pilot's budget; account: one it shares, or none.

    ahead_seconds: how far its clock is ahead of the real one, as the service's is. hours: budget.queue_hours.
    step: the instruction of the project's own at which the process is killed, -1 where none is counted. mutant: see
    tests/paid/mutants.py. environment: changes to the one the service is reached in.
    """

    home: str
    pilot: str = "paid"
    points: int = 8
    batch: int = 3
    shots: int = 20
    device: str = "rigetti-cepheus"
    mitigation: str = "none"
    usd: str = "1000"
    account: str | None = None
    retries: int = 1
    hours: float = 24.0
    ahead_seconds: float = 0.0
    step: int = -1
    mutant: str = FAITHFUL
    patient: bool = True
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def run(self) -> str:
        return f"{self.pilot}-00000000-1"

    @property
    def clock(self) -> Callable[[], datetime]:
        return lambda: datetime.now(UTC) + timedelta(seconds=self.ahead_seconds)

    @property
    def stores(self) -> Stores:
        home = Home(Path(self.home))
        return Stores(MUTANTS[self.mutant].journal(home.path / "journal.db"), home.artifacts, self.clock)

    @property
    def need(self) -> Decimal:
        """What the whole stage costs, where no task fails."""
        return sum(
            (
                price(device(self.device), min(self.batch, self.points - start), self.shots).charged_usd
                for start in range(0, self.points, self.batch)
            ),
            Decimal(0),
        )

    def plain(self) -> dict[str, Any]:
        """As JSON; the constructor is the inverse."""
        return asdict(self)


def job(order: Order) -> Job:
    pilot = pilotfile.read(ROOT / "pilots" / "planted" / "pilot.toml").pilot
    hardware = {"backend": "braket", "device": order.device, "batch": order.batch, "retries": order.retries}
    budget = {"usd": Decimal(order.usd), "account": order.account, "queue_hours": order.hours}
    changed = pilot.model_copy(
        update={
            "name": order.pilot,
            "hardware": pilot.hardware.model_copy(update=hardware),
            "budget": pilot.budget.model_copy(update=budget),
            "approval": pilot.approval.model_copy(update={"when": "never"}),
        }
    )
    return Job(run=order.run, pilot=changed, folder=ROOT, home=Path(order.home), data="d" * 64, code="c" * 64)


def points(number: int) -> Points:
    """Angles well away from pi / 2, so that shots cannot change an answer."""
    generator = np.random.default_rng(5)
    y = generator.integers(0, 2, number)
    X = np.where(y == 1, 2.4, 0.7)[:, None] + generator.uniform(-0.3, 0.3, (number, 1))
    return draw(X, y, None, 3, "locked")


def stage(order: Order) -> HardwareEvidence:
    """The stage from where it stands to its end. Raises what it raises."""
    work, stores = job(order), order.stores
    waits = time.sleep if order.patient else _impatient
    backend = BraketBackend(device(order.device), purse(work, stores), service(order), waits)
    fitted = Fitted("sign", "qnn", None, Sign(), 0.0)
    evidence, _ = validate(
        work,
        fitted,
        points(order.points),
        order.points,
        order.shots,
        POLICY,
        backend,
        order.mitigation,
        stores,
        lambda done, total: None,
    )
    return evidence


def answer(order: Order) -> dict[str, Any]:
    """How the stage ended, as JSON: "done", "suspended" (a later run goes on) or "error", and the sentence."""
    try:
        evidence = stage(order)
    except Suspended as pause:
        return {"state": "suspended", "said": str(pause), "error": "Suspended"}
    except QpilotError as error:
        return {"state": "error", "said": str(error), "error": type(error).__name__}
    return {
        "state": "done",
        "said": evidence.stopped,
        "charged_usd": str(evidence.charged_usd),
        "tasks": [*evidence.tasks],
        "points": len(evidence.differences),
    }


def _impatient(seconds: float) -> None:
    """A thousandth of the wait: what is given up after minutes is given up now."""
    time.sleep(seconds / 1000)
