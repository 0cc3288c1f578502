"""A rejected run ends for good, whoever finds the rejection first: the run itself, or whoever rejected it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from qpilot.approval.grants import Standing
from qpilot.approval.requests import rejected_sentence
from qpilot.errors import Busy, QpilotError
from qpilot.record.home import Home
from qpilot.runs import lifetime
from qpilot.runs.status import rewrite_report
from qpilot.runs.summary import Summary
from qpilot.spending import ledger


def conclude(home: Home, found: Standing, clock: Callable[[], datetime]) -> Summary | None:
    """How the run has ended: as rejected. None where a process is at work on it, which ends it itself."""
    run = found.request.run
    try:
        with home.lock(run.rsplit("-", 2)[0], run, clock()):
            spent = ledger.totals(ledger.lines(home.journal, run))
            try:
                so_far = lifetime.stopped(home, run)
            except QpilotError:
                so_far = Summary(run=run, outcome="REJECTED")
            ended = {
                "outcome": "REJECTED",
                "error": rejected_sentence(found),
                "charged_usd": spent.billed + spent.reserved,
                "suspended": False,
            }
            lifetime.end(home.journal, so_far.model_copy(update=ended), explore=False, at=clock())
    except Busy:
        return None
    with suppress(QpilotError):  # it has ended, whatever becomes of its report: `qpilot report` writes that anew
        return rewrite_report(home, run, clock())
    return lifetime.final(home.journal, run, explore=False)
