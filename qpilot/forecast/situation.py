"""What a forecast rests on besides the pilot: the time, the queue, earlier forecasts, and money that is spoken for."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from gates.money import Account
from qpilot.backend import Backend
from qpilot.devices import Device
from qpilot.forecast import history
from qpilot.forecast.history import Past
from qpilot.forecast.queue import Depth, Queued, depth
from qpilot.pilot import Pilot
from qpilot.record.artifacts import Artifacts
from qpilot.record.journal import Journal
from qpilot.report.record import PastSpend
from qpilot.spending import accounts
from qpilot.spending.attempts import attempts


@dataclass(frozen=True)
class Situation:
    """`now`: aware. waiting: None where nobody counts the queue. past: tasks of the device that have ended; spent: runs
    that have. committed_usd: what the pilot's other runs have reserved or been billed; account: what it shares.
    """

    now: datetime
    waiting: Depth | None = None
    past: tuple[Past, ...] = ()
    spent: tuple[PastSpend, ...] = ()
    committed_usd: Decimal = Decimal(0)
    account: Account | None = None


def situation(
    run: str | None,
    pilot: Pilot,
    device: Device,
    backend: Backend,
    journal: Journal,
    artifacts: Artifacts,
    now: datetime,
) -> Situation:
    """As the journal and the backend tell it. `run`: the one that is forecast, whose own money is in its forecast.

    Raises QpilotError where the backend words its queue in a way nobody can read.
    """
    return Situation(
        now=now,
        waiting=depth(backend.queue_depth()) if isinstance(backend, Queued) else None,
        past=history.waits(journal, artifacts, device.arn),
        spent=history.spends(journal),
        committed_usd=committed(journal, pilot.name, run),
        account=account(journal, pilot.budget.account, run),
    )


def committed(journal: Journal, owner: str, run: str | None) -> Decimal:
    """Dollars that a pilot's runs, but for `run`, have reserved or been billed."""
    standing = accounts.pilot_standing(journal, owner, Decimal(0))
    return standing.reserved + standing.billed - _taken(journal, run)


def account(journal: Journal, name: str | None, run: str | None) -> Account | None:
    """The account of that name with what it leaves `run`; None where the pilot names none."""
    if name is None:
        return None
    if name not in accounts.names(journal):
        return Account(name=name, left_usd=None)
    return Account(name=name, left_usd=accounts.standing(journal, name).left + _taken(journal, run))


def _taken(journal: Journal, run: str | None) -> Decimal:
    """Dollars that `run` itself has reserved or been billed: it may be forecast anew after its first batches."""
    own = () if run is None else attempts(journal.find, f"{run}/")
    return sum((one.open_usd + one.billed_usd for one in own), Decimal(0))
