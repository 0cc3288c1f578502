"""What happened, as Prefect events that automations act on.

An event tells of one entry of the journal, and its id follows from that entry: told again after a crash, or by somebody
else, it is the same event. See docs/operations.md for the names and what they carry.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from prefect.runtime import flow_run
from prefect.settings import get_current_settings
from pydantic import JsonValue

from gates.wording import dollars
from qpilot.approval import standing
from qpilot.job import Job
from qpilot.record.entries import Entry
from qpilot.record.home import Home
from qpilot.record.journal import Journal
from qpilot.serving.rollback import RolledBack
from qpilot.spending import accounts, ledger
from tasks.announcement import announce


def emit(event: str, run: str, entry: Entry, payload: Mapping[str, JsonValue], model: str | None = None) -> bool:
    """The server has heard `qpilot.<event>`; True where `entry` had not been told before. model: its name, where one is meant.

    payload: has `said`, the sentence a notification shows.
    """
    pilot = run.rsplit("-", 2)[0]
    related = [("pilot", pilot), *([] if model is None else [("model", model)])]
    told = {"pilot": pilot, "entry": entry.sha256, **payload}
    return announce(event, run, entry.sha256, datetime.fromisoformat(entry.at), related, told, flow_run.id)


def tell(event: str, run: str, entry: Entry, payload: Mapping[str, JsonValue], model: str | None = None) -> None:
    """The same from outside of a run: where no server is configured nothing happens."""
    if get_current_settings().api.url is not None:
        emit(event, run, entry, payload, model)


def decided(home: Home, run: str) -> None:
    """What people answered to the run's last request has been told, and that it expired."""
    for kind, event in (("approval", "approved"), ("rejected", "rejected"), ("expired", "expired")):
        for entry in home.journal.find(kind, f"{run}/"):
            told: Any = entry.payload
            by = f" by {told['name']}" if "name" in told else ""
            kept = {name: told[name] for name in ("name", "max_usd", "note", "request", "expires") if name in told}
            tell(f"approval.{event}", run, entry, {**kept, "said": f"{run} {event}{by}"})


def spent(job: Job, settled: Entry) -> None:
    """The batch whose counts stand has been paid for, where it was: what it cost, and what is left of the limits."""
    journal, run, batch = Home(job.home).journal, job.run, settled.key.rsplit("/", 1)[1]
    paid = [line for line in ledger.lines(journal, run) if line.item.startswith(f"{settled.key}/")]
    if not paid:
        return
    usd = ledger.totals(paid).billed
    limit = accounts.pilot_standing(journal, job.pilot.name, job.pilot.budget.usd)
    told: dict[str, JsonValue] = {
        "batch": batch,
        "usd": str(usd),
        "device": job.pilot.hardware.device,
        "left_of_budget_usd": str(limit.left),
        "left_of_approval_usd": _left_of_approval(journal, run),
    }
    emit(
        "spend", run, settled, {**told, "said": f"{run}: batch {batch} cost {dollars(usd)}; {dollars(limit.left)} left"}
    )


def _left_of_approval(journal: Journal, run: str) -> str | None:
    """What the approval that stands lets the run still spend; None where there is none."""
    found = standing(journal, run)
    if found is None or found.state != "approved":
        return None
    spent = ledger.totals(ledger.lines(journal, run))
    return str(min(one.max_usd for one in found.approvals) - spent.billed - spent.reserved)


def rolled_back(done: RolledBack, by: str, note: str) -> None:
    """A champion was replaced by an earlier version."""
    told: dict[str, JsonValue] = {"model": done.model, "from": done.before, "to": done.after, "by": by, "note": note}
    tell("rollback", done.run, done.entry, {**told, "said": f"{done.sentence} ({by})"}, model=done.model)
