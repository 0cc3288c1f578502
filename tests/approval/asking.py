"""A run that started and asks: its home, job and payload, and answers to it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from qpilot import pilotfile
from qpilot.approval import Answer, Payload, Request, ask
from qpilot.approval.payload import Prices
from qpilot.job import Job
from qpilot.record.home import Home
from qpilot.runs import lifetime

ROOT = Path(__file__).parent.parent.parent
RUN = "wine-0123abcd-1"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRICES = Prices(usd_per_task=Decimal("0.50"), usd_per_shot=Decimal("0.01"), usd_per_minute=Decimal(0))
FOUR_EYES = ("approval.four_eyes=true", 'approval.approvers=["Ada", "Bob", "Eve", "Sam"]')


def payload(**changed: object) -> Payload:
    fields: dict[str, object] = {
        "run": RUN,
        "pilot": "a" * 64,
        "circuits": "c" * 64,
        "points": 60,
        "circuits_per_point": 3,
        "shots": 100,
        "mitigation": "readout",
        "backend": "braket",
        "device": "iqm-garnet",
        "arn": "arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet",
        "usd_p50": Decimal(20),
        "usd_p90": Decimal(40),
        "usd_worst": Decimal(90),
        "prices": PRICES,
    }
    return Payload.model_validate({**fields, **changed})


@dataclass(frozen=True)
class Asking:
    """A run in a home of its own, started by Sam. Hours: of the test's clock."""

    home: Home
    job: Job

    @classmethod
    def of(cls, folder: Path, *settings: str, by: str = "Sam") -> "Asking":
        pilot = pilotfile.read(ROOT / "pilots" / "planted" / "pilot.toml", settings).pilot
        home = Home(folder)
        job = Job(run=RUN, pilot=pilot, folder=ROOT, home=folder, data="d" * 64, code="c" * 64)
        home.run(RUN).write("pilot.toml", "")
        lifetime.start(home.journal, RUN, START, by)
        return cls(home, job)

    def ask(self, hours: float = 0, because: str = "", **changed: object) -> Request:
        return ask(self.home, self.job, payload(**changed), at(hours), because)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def yes(name: str, usd: str = "50", **changed: str) -> Answer:
    return Answer(name=name, max_usd=Decimal(usd), **changed)
