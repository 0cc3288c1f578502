"""A run's bill: its paid tasks by the journal, held against what the vendor lists and what the vendor's own tracker counts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from gates.records import Record
from qpilot import pilotfile
from qpilot.backends import service
from qpilot.errors import QpilotError
from qpilot.record import openings
from qpilot.record.home import Home
from qpilot.spending import ledger, resolution
from qpilot.spending.attempts import RUN_TAG, Name
from qpilot.spending.ledger import Line, Totals
from qpilot.spending.service import Service, Task

EARLIER = timedelta(days=1)
"""The vendor's clock may differ from ours, and a reservation that was lost was made before the first that stands."""


class Statement(Record):
    """The attempts of a run and their sums. `differences`: from the vendor's own list.

    `notes`: what could not be asked, and what is left of the error rate of the rows.
    """

    run: str
    lines: tuple[Line, ...]
    totals: Totals
    differences: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return self.totals.sentence if self.lines else f"{self.run}: nothing was paid for"


def statement(home: Home, run: str, offline: bool) -> Statement:
    """The bill of a run; unless `offline`, held against the vendor. Raises QpilotError where the run is unknown."""
    home.standing_run(run)
    found = ledger.lines(home.journal, run)
    differences, notes = ((), ("not held against the vendor",)) if offline else _held(home, run, found)
    return Statement(
        run=run,
        lines=found,
        totals=ledger.totals(found),
        differences=differences,
        notes=(*(notes if found else ()), *filter(None, [openings.wallet_sentence(home.journal, run)])),
    )


def resolved(home: Home, attempt: str, reference: str | None, by: str, note: str, at: datetime) -> str:
    """What a person found out about a parked task stands in the journal; answers what follows."""
    run = Name.of(attempt).run
    return resolution.resolve(home.journal, attempt, reference, by, note, at, vendor(home, run))


def vendor(home: Home, run: str) -> Service | None:
    """Whom the run pays; None where its backend bills nothing."""
    pilot = pilotfile.read_kept(home.standing_run(run).read("pilot.toml").decode())
    return service(pilot.hardware.backend)


def _held(home: Home, run: str, found: Sequence[Line]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(differences, notes) of the lines against the vendor; what cannot be asked is a note."""
    paid = vendor(home, run)
    if paid is None or not found:
        return (), ()
    from qpilot.braket.tracked import tracked

    differences: list[str] = []
    notes: list[str] = []
    try:
        differences += ledger.differences(found, _listed(paid, run, found))
    except QpilotError as error:
        notes.append(f"not held against the vendor's list: {error}")
    counted, said = tracked(found)
    if said:
        (notes if counted is None else differences).append(said)
    return (*differences,), (*notes,)


def _listed(paid: Service, run: str, found: Sequence[Line]) -> list[Task]:
    since = min(line.reserved for line in found if line.reserved is not None) - EARLIER
    devices = {line.device for line in found if line.device}
    return [task for device in devices for task in paid.find(device, since) if task.tags.get(RUN_TAG) == run]
