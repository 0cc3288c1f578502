"""`qpilot estimate --device all`: the same forecast for every device, and which of them is worth its money.

One candidate is fitted once, on two thirds of the development rows; the search is left out. What is compared are
devices, not models.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

from gates.records import Outcome, Record
from gates.wording import plural
from qpilot import topup
from qpilot.data.preparing import prepare
from qpilot.design import require_sound
from qpilot.devices import DEVICES, device
from qpilot.devices.listing import Look
from qpilot.devices.pulled import names
from qpilot.errors import UsageError
from qpilot.forecast.device_estimate import DeviceEstimate, estimated
from qpilot.job import Job
from qpilot.models import backbones
from qpilot.pilotfile import read
from qpilot.prototype.design import attempt, closed
from qpilot.provenance import code_digest
from qpilot.record.home import Home

ALL = "all"


class Comparison(Record):
    """Devices from the cheapest on. chosen: the cheapest that is worth it, None where none is; `sentence` says why."""

    pilot: str
    candidate: str
    points: int
    planned: int
    devices: tuple[DeviceEstimate, ...]
    chosen: str | None
    sentence: str
    notes: tuple[str, ...]


def compare(
    path: Path,
    overrides: Sequence[str],
    home: Home,
    now: datetime,
    asked: Sequence[str] = (ALL,),
    look: Look | None = None,
) -> Comparison:
    """The pilot's first candidate on each device `asked` (names or ARNs; "all": shipped and pulled ones, no simulators).

    look: how a device stands now, with its queue; without it figures are those kept, and the queue is not counted.
    Records nothing. Raises UsageError for an invalid file or an unknown device, QpilotError for rows that cannot be used.
    """
    from qpilot.forecast.rehearsal import hold_out
    from qpilot.prototype.fitted import Fitted
    from qpilot.prototype.search.entrants import quantum_entrants
    from qpilot.reduction import REDUCERS

    file = read(path, overrides)
    pilot = file.pilot
    topped = topup.before(home.journal, home.artifacts, pilot)
    prepared = prepare(pilot.data, file.folder, pilot.seed, topped, pilot.claim.quantity)
    dataset = prepared.dataset
    require_sound(pilot, dataset.development, home.devices)
    backbones.require(pilot, file.folder, home, dataset)
    machines = [device(name, home.devices) for name in _named(asked, home)]
    design = closed(pilot, dataset, attempt(pilot, home.journal, dataset), code="")
    first = quantum_entrants(pilot)[0]
    entrant = replace(first, candidate=first.candidate.afresh())
    begun = "" if first.candidate.backbone is None else ", begun anew and not from its backbone,"
    reducer = REDUCERS[pilot.reduce.method].build(pilot.reduce.components, pilot.seed)
    unfitted = Fitted(first.name, entrant.family, reducer, entrant.build(len(dataset.development.classes)), 0.0)
    started = time.perf_counter()
    held = hold_out(unfitted, dataset.development, pilot.seed)
    fitted_seconds = time.perf_counter() - started
    job = Job(
        run="estimate", pilot=pilot, folder=file.folder, home=home.path, data=dataset.fingerprint, code=code_digest()
    )
    one = partial(estimated, job, held, len(dataset.locked), design.planned_points, design.alpha, home, now)
    found = sorted((one(machine, look) for machine in machines), key=_by_price)
    chosen = next((row for row in found if row.worth), None)
    points = pilot.hardware.points(len(dataset.locked))
    return Comparison(
        pilot=pilot.name,
        candidate=first.name,
        points=points,
        planned=min(design.planned_points, points),
        devices=tuple(found),
        chosen=None if chosen is None else chosen.device,
        sentence=_sentence(chosen, found),
        notes=(
            f"one candidate, {first.name}, fitted once{begun} in {fitted_seconds:.1f} s on two thirds of the"
            f" {plural(len(dataset.development), 'development row')} and answered on the others: the search may find a"
            " better one, which would lose more or less on a device",
            "dollars are list prices of what the sequential test takes: planned points, half and nine in ten of simulated"
            " runs, and the worst case with every task retried and every sentinel repeated",
        ),
    )


def _named(asked: Sequence[str], home: Home) -> list[str]:
    kept = (name for name in names(home.devices) if name not in DEVICES)
    known = (*DEVICES, *(name for name in kept if not device(name, home.devices).simulator))
    wanted = [one for name in asked for one in (known if name == ALL else (name,))]
    if not wanted:
        raise UsageError(f"no device to estimate for; name one or {ALL!r}; known: {', '.join(known)}")
    return list(dict.fromkeys(wanted))


def _failed(row: DeviceEstimate) -> str:
    """What a device does not pass, in words."""
    named = [check.name for check in row.checks if check.outcome is not Outcome.GO and check.reason in row.why]
    return " and ".join(named) or "before any check"


def _by_price(row: DeviceEstimate) -> tuple[bool, Decimal, str]:
    return row.usd is None, Decimal(0) if row.usd is None else row.usd.p90, row.device


def _sentence(chosen: DeviceEstimate | None, found: Sequence[DeviceEstimate]) -> str:
    if chosen is None or chosen.usd is None:
        return f"No device is worth it. {'; '.join(f'{row.device} fails {_failed(row)}' for row in found)}."
    counted = "" if chosen.live else " Its queue was not counted: the wait is that of its execution windows alone."
    return (
        f"{chosen.device} is worth it: the cheapest that meets margin, budget and wait, at ${chosen.usd.p90:,.2f} in 9 runs"
        f" of 10.{counted}"
    )
