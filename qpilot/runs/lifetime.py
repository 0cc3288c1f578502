"""A run's life in the journal: its start, the times it stopped to wait, its end."""

from contextlib import suppress
from datetime import datetime

from qpilot.errors import QpilotError
from qpilot.record import tries
from qpilot.record.entries import Entry
from qpilot.record.home import Home
from qpilot.record.journal import Exists, Journal
from qpilot.runs.summary import Summary

STARTED, AWAITING, ENDED = tries.STARTED, "awaiting", tries.ENDED


def start(journal: Journal, run: str, at: datetime, by: str = "") -> datetime:
    """When the run first started; now and by whom, if it had not."""
    try:
        return datetime.fromisoformat(journal.append(STARTED, run, {"by": by}, at).at)
    except Exists as exists:
        return datetime.fromisoformat(exists.entry.at)


def started(journal: Journal, run: str) -> datetime:
    """When the run first started. Raises QpilotError where it never did."""
    entry = journal.get(STARTED, run)
    if entry is None:
        raise QpilotError(f"run {run} never started")
    return datetime.fromisoformat(entry.at)


def end(journal: Journal, summary: Summary, explore: bool, at: datetime) -> None:
    """How the run ended stands in the journal; an ending that stands is kept.

    A run that waits, or whose request to be approved expired (`suspended`), has not ended for good: each time it stops so
    is an entry of its own.
    """
    key = _key(summary.run or "", explore)
    if summary.outcome != "AWAITING_APPROVAL" and not summary.suspended:
        with suppress(Exists):
            journal.append(ENDED, key, summary.plain(), at)
        return
    while True:
        before = _pauses(journal, key)
        if before and before[-1].payload == summary.plain():
            return
        with suppress(Exists):
            journal.append(AWAITING, f"{key}/{len(before) + 1}", summary.plain(), at)
            return


def ending(journal: Journal, run: str, explore: bool) -> Summary | None:
    """How the run ended, or None where it has not. An exploring run's ending is not the run's own, and the reverse."""
    entry = _ending(journal, run, explore)
    return None if entry is None else Summary.model_validate(entry.payload)


def final(journal: Journal, run: str, explore: bool) -> Summary | None:
    """How the run ended for good, which is the answer to running it again; None where it waits, or has to go on."""
    entry = journal.get(ENDED, _key(run, explore))
    return None if entry is None else Summary.model_validate(entry.payload)


def stopped(home: Home, run: str) -> Summary:
    """How far the run got before it was suspended or failed. Raises QpilotError where its folder does not say."""
    return Summary.model_validate_json(home.run(run).read("summary.json"))


def ended(journal: Journal, run: str, explore: bool) -> datetime:
    """When the run ended. Raises QpilotError where it has not."""
    entry = _ending(journal, run, explore)
    if entry is None:
        raise QpilotError(f"run {run} has not ended; run its pilot again to continue it")
    return datetime.fromisoformat(entry.at)


def _ending(journal: Journal, run: str, explore: bool) -> Entry | None:
    key = _key(run, explore)
    return journal.get(ENDED, key) or next(reversed(_pauses(journal, key)), None)


def _pauses(journal: Journal, key: str) -> list[Entry]:
    """Every time the run stopped without an end, oldest first."""
    found = journal.find(AWAITING, key)  # the first had no number once
    return [entry for entry in found if entry.key == key or entry.key.removeprefix(f"{key}/").isdigit()]


def _key(run: str, explore: bool) -> str:
    if not run:
        raise QpilotError("a run without a name cannot end")
    return f"{run}/explore" if explore else run
