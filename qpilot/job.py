"""What every stage of a run is told, and where it keeps what it learns."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gates.records import Record
from qpilot.pilot import Pilot
from qpilot.record.artifacts import Artifacts
from qpilot.record.journal import Journal

Progress = Callable[[int, int], None]
"""Called with pieces done and pieces in all."""


class Job(Record):
    """One run of one pilot: equal jobs have equal answers, so a stage's result may be taken from an earlier run.

    `folder` is where the pilot file's paths resolve; `data` the fingerprint of the rows; `code` the sha256 over gates/
    and qpilot/.
    """

    run: str
    pilot: Pilot
    folder: Path
    home: Path
    data: str
    code: str


@dataclass(frozen=True)
class Stores:
    """The journal, the artifacts, and the clock that stamps what is recorded."""

    journal: Journal
    artifacts: Artifacts
    clock: Callable[[], datetime]
