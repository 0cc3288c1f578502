"""Which run a pilot file and its rows are."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gates.records import digest
from qpilot import topup
from qpilot.data.own_suite import read_suite
from qpilot.data.preparing import Prepared, prepare
from qpilot.design import require_sound
from qpilot.job import Job
from qpilot.models import backbones
from qpilot.pilotfile import PilotFile, read
from qpilot.provenance import code_digest
from qpilot.record import tries
from qpilot.record.home import Home
from qpilot.spending import accounts


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
