"""The runs of a home as they stand, and their reports written anew."""

from datetime import datetime

from gates.records import Record
from qpilot import approval, pilotfile
from qpilot.errors import QpilotError, unknown
from qpilot.record.home import Home
from qpilot.runs import lifetime, reporting
from qpilot.runs.summary import Summary


class Standing(Record):
    """One run: where it is ("running", "stopped" where it may be continued, or how it ended), since when, and why."""

    run: str
    state: str
    started: str
    reason: str
    model: str | None
    report: str | None

    @property
    def line(self) -> str:
        """The run on one line."""
        return f"{self.run}  {self.state}  {self.reason}"


def standings(home: Home, run: str | None) -> list[Standing]:
    """Every run of the home, oldest first, or `run` alone. Raises QpilotError listing the runs where it is none."""
    started = home.journal.find(lifetime.STARTED) if home.path.is_dir() else ()
    entries = {entry.key: entry for entry in started}
    if run is not None and run not in entries:
        raise QpilotError(unknown("run", run, entries or ("none yet",)))
    return [_standing(home, name, entry.at) for name, entry in entries.items() if run in (None, name)]


def _standing(home: Home, run: str, started: str) -> Standing:
    summary = latest(home, run)
    if summary is not None:
        return Standing(
            run=run,
            state=summary.outcome,
            started=started,
            reason=_reason(home, summary),
            model=summary.model,
            report=home.run(run).found,
        )
    holder = home.holder(run.rsplit("-", 2)[0])
    working = holder is not None and run in holder
    reason = str(holder) if working else _stopped(home, run)
    return Standing(
        run=run, state="running" if working else "stopped", started=started, reason=reason, model=None, report=None
    )


def _reason(home: Home, summary: Summary) -> str:
    """The sentence that decided; where a person has to, how the request stands by now."""
    found = approval.standing(home.journal, str(summary.run)) if summary.outcome == "AWAITING_APPROVAL" else None
    return summary.reason if found is None else found.sentence


def _stopped(home: Home, run: str) -> str:
    """Why the run stopped, where it could still say so."""
    try:
        return lifetime.stopped(home, run).reason
    except QpilotError:
        return "stopped before its end; run its pilot again to continue"


def latest(home: Home, run: str) -> Summary | None:
    """How the run ended: its own ending where it has one, else an exploring run's."""
    return lifetime.ending(home.journal, run, explore=False) or lifetime.ending(home.journal, run, explore=True)


def require_ended(home: Home, run: str) -> None:
    """Raises QpilotError where the run is unknown, or may still be continued and needs its folder."""
    home.standing_run(run)
    if latest(home, run) is None:
        raise QpilotError(f"run {run} has not ended and needs its folder; run its pilot again to its end first")


def rewrite_report(home: Home, run: str, at: datetime) -> Summary:
    """report.html is written again from the run's folder.

    Raises QpilotError for an unknown run, one that has not ended, and one whose pilot is at work.
    """
    folder = home.standing_run(run)
    summary = latest(home, run)
    if summary is None:
        raise QpilotError(f"run {run} has not ended; run its pilot again to continue it")
    pilot = pilotfile.read_kept(folder.read("pilot.toml").decode())
    explored = lifetime.ending(home.journal, run, explore=False) is None
    record = reporting.record(
        home, pilot, summary, explored, lifetime.started(home.journal, run), lifetime.ended(home.journal, run, explored)
    )
    with home.lock(run.rsplit("-", 2)[0], run, at):  # a run that goes on is not to be sealed meanwhile
        kept = folder.artifacts(home.journal)
        folder.release(home.journal, at)
        reporting.publish(record, folder)
        folder.seal(home.journal, at, kept)
    return summary.model_copy(update={"report": str(folder.report)})
