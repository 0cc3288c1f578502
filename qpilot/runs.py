"""Runs: which run a pilot file and its rows are, how it ended, and what stands of it."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from gates.records import Outcome, Record, Verdict, digest
from qpilot import topup
from qpilot.data.own_suite import read_suite
from qpilot.data.preparing import Prepared, prepare
from qpilot.design import require_sound
from qpilot.errors import QpilotError
from qpilot.job import Job
from qpilot.models import backbones
from qpilot.pilotfile import PilotFile, read
from qpilot.provenance import code_digest
from qpilot.record import tries
from qpilot.record.entries import Entry
from qpilot.record.home import Home
from qpilot.record.journal import Exists, Journal
from qpilot.spending import accounts

STARTED, AWAITING, ENDED = tries.STARTED, "awaiting", tries.ENDED

Ending = Literal["GO", "NO_GO", "INCONCLUSIVE", "AWAITING_APPROVAL", "REJECTED", "ERROR"]
EXIT_CODES: dict[Ending, int] = {
    "GO": 0,
    "ERROR": 1,
    "NO_GO": 3,
    "REJECTED": 3,
    "INCONCLUSIVE": 4,
    "AWAITING_APPROVAL": 5,
}


ENDINGS: dict[Outcome, Ending] = {Outcome.GO: "GO", Outcome.INCONCLUSIVE: "INCONCLUSIVE", Outcome.NO_GO: "NO_GO"}
"""How a run ends whose worst verdict is this."""


class Summary(Record):
    """How a run ended. `report` is an absolute path, `model` is `name@version`.

    suspended: it ended with an ERROR that the same command may get over later (a queue, an outage, a used-up account).
    """

    run: str | None
    outcome: Ending
    verdicts: tuple[Verdict, ...] = ()
    charged_usd: Decimal = Decimal(0)
    device_usd: Decimal = Decimal(0)
    report: str | None = None
    model: str | None = None
    error: str | None = None
    suspended: bool = False

    def machine(self) -> dict[str, Any]:
        """The one object a command prints with --json: verdicts without the digests they are bound to."""
        plain: Any = self.plain()
        short = [{name: verdict[name] for name in ("gate", "outcome", "checks")} for verdict in plain["verdicts"]]
        del plain["suspended"]
        return {**plain, "verdicts": short}

    @property
    def exit_code(self) -> int:
        """What the command ends with."""
        return EXIT_CODES[self.outcome]

    @property
    def reason(self) -> str:
        """The sentence that decided."""
        if self.error is not None:
            return self.error
        reasons = [
            check.reason for verdict in self.verdicts for check in verdict.checks if check.outcome == self.outcome
        ]
        if self.outcome == "GO" and self.verdicts:
            return self.verdicts[-1].reason
        if self.outcome == "AWAITING_APPROVAL":
            return (
                "A person has to approve before the device is used (approval.when):"
                f" `qpilot approve {self.run} --max-usd N --approver NAME`, then run again."
            )
        return reasons[0] if reasons else "no gate was reached"


@dataclass(frozen=True)
class Identified:
    """A pilot file, its rows, and the run they are."""

    file: PilotFile
    prepared: Prepared
    job: Job


def identify(path: Path, overrides: Sequence[str], home: Home, at: datetime) -> Identified:
    """The run of this pilot file on these rows: the same file on the same rows is the same run, whenever it is asked.

    The user's own suite is part of the file. Raises UsageError for an invalid file or an impossible design, QpilotError
    for rows that cannot be used and an account that has no limit; nothing is recorded then.
    """
    file = read(path, overrides)
    topped = topup.before(home.journal, home.artifacts, file.pilot)
    prepared = prepare(file.pilot.data, file.folder, file.pilot.seed, topped, file.pilot.claim.quantity)
    if file.pilot.budget.account is not None:
        accounts.standing(home.journal, file.pilot.budget.account)  # says how to make one where there is none
    require_sound(file.pilot, prepared.dataset.development, home.devices)
    backbones.require(file.pilot, file.folder, home, prepared.dataset)
    fingerprint = prepared.dataset.fingerprint
    run = tries.enter(home.journal, file.pilot.name, content(file, prepared), at)
    job = Job(run=run, pilot=file.pilot, folder=file.folder, home=home.path, data=fingerprint, code=code_digest())
    return Identified(file, prepared, job)


def content(file: PilotFile, prepared: Prepared) -> str:
    """sha256 of what makes a run: the pilot, its rows, and the user's own suite. Its first digits stand in the run's name."""
    return digest([file.pilot.digest, prepared.dataset.fingerprint, *_suite(file)])


def _suite(file: PilotFile) -> tuple[str, ...]:
    """sha256 of the user's own suite, where the pilot names one."""
    if file.pilot.data.suite is None:
        return ()
    path = file.folder / file.pilot.data.suite
    read_suite(path)  # says what is wrong with it
    return (hashlib.sha256(path.read_bytes()).hexdigest(),)


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
