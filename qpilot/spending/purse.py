"""Whose money a backend may spend, and where each cent is recorded."""

from dataclasses import dataclass
from decimal import Decimal

from qpilot.approval.grants import Grant
from qpilot.job import Job, Stores


@dataclass(frozen=True)
class Purse:
    """The stores of one run, and what it may spend.

    run, pilot: the run's name, and the pilot's digest. owner: the pilot's name; `usd` bounds what all its runs reserve
    and are billed together. account: one that several pilots share, whose limit stands in the journal; None for none.
    retries: see `Hardware.retries`. deadline_hours: how long a task may wait before the run is suspended.
    spending_limit: the vendor is to hold a limit of this budget as well, set before the run's first reservation.
    unattended: nobody has to approve what is reserved (approval.when = "never"). approved: what a person approved; without
    it a purse that is not unattended reserves nothing.
    """

    stores: Stores
    run: str
    pilot: str
    owner: str
    usd: Decimal
    account: str | None
    retries: int
    deadline_hours: float
    spending_limit: bool = False
    unattended: bool = False
    approved: Grant | None = None


def purse(job: Job, stores: Stores, approved: Grant | None = None) -> Purse:
    """The purse of a run, as its pilot file bounds it, and as a person did."""
    budget = job.pilot.budget
    return Purse(
        stores=stores,
        run=job.run,
        pilot=job.pilot.digest,
        owner=job.pilot.name,
        usd=budget.usd,
        account=budget.account,
        retries=job.pilot.hardware.retries,
        deadline_hours=budget.queue_hours,
        spending_limit=budget.spending_limit,
        unattended=job.pilot.approval.when == "never",
        approved=approved,
    )
