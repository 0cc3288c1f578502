"""Ends a run for good: what it has at the vendor is cancelled, and what it was billed is said."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from gates.wording import dollars
from qpilot.errors import QpilotError
from qpilot.job import Stores
from qpilot.record.home import Home
from qpilot.runs import lifetime
from qpilot.runs.statement import vendor
from qpilot.runs.status import rewrite_report
from qpilot.runs.summary import Summary
from qpilot.spending import cancellation, ledger
from qpilot.spending.cashier import Patience

POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Aborted:
    """How the run ended, and a sentence for each of its tasks. `open`: one may still run, and the abort is to be repeated."""

    summary: Summary
    said: tuple[str, ...]
    open: bool

    @property
    def sentence(self) -> str:
        """The run on one line."""
        rest = "; something may still run and be billed: abort again" if self.open else ""
        return f"{self.summary.run}: aborted, {dollars(self.summary.charged_usd)} billed or reserved{rest}"


def abort(home: Home, run: str, by: str, clock: Callable[[], datetime]) -> Aborted:
    """The run has ended as rejected and buys nothing more. May be repeated, which looks again at what was still open.

    Raises QpilotError where the run is unknown, is at work (end its process first), or has ended otherwise.
    """
    home.standing_run(run)
    standing = lifetime.final(home.journal, run, explore=False)
    if standing is not None and standing.outcome != "REJECTED":
        raise QpilotError(f"run {run} has ended with {standing.outcome}: there is nothing to abort")
    with home.lock(run.rsplit("-", 2)[0], run, clock()):
        stores, paid = Stores(home.journal, home.artifacts, clock), vendor(home, run)
        cancellation.stop(run, stores, by)
        fates = () if paid is None else cancellation.abort(run, stores, paid, by, Patience(POLL_SECONDS))
        spent = ledger.totals(ledger.lines(home.journal, run))
        summary = standing or _ended(home, run, by, spent.billed + spent.reserved)
        lifetime.end(home.journal, summary, explore=False, at=clock())
    rewrite_report(home, run, clock())
    current = summary.model_copy(update={"charged_usd": spent.billed + spent.reserved})
    return Aborted(current, tuple(fate.sentence for fate in fates), any(fate.open for fate in fates))


def _ended(home: Home, run: str, by: str, spent: Decimal) -> Summary:
    """The run as far as it got, ended by a person."""
    try:
        so_far = lifetime.stopped(home, run)
    except QpilotError:
        so_far = Summary(run=run, outcome="REJECTED")
    changed = {"outcome": "REJECTED", "error": f"aborted by {by}", "charged_usd": spent, "suspended": False}
    return so_far.model_copy(update=changed)
