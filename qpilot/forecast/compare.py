"""`qpilot estimate --device all`: the same forecast for every device, and which of them is worth its money.

One candidate is fitted once, on two thirds of the development rows; the search is left out. What is compared are
devices, not models.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gates.forecast import ForecastEvidence, decide
from gates.money import Spend
from gates.records import Check, Measure, Outcome, Record
from gates.wording import plural
from qpilot import policies, topup
from qpilot.backend import Batch, Handle, Outcomes, Quote
from qpilot.data.preparing import prepare
from qpilot.design import require_sound
from qpilot.devices import DEVICES, Device, device
from qpilot.devices.acceptance import MAX_EMULATED_QUBITS
from qpilot.devices.listing import Look
from qpilot.devices.price import price
from qpilot.devices.pulled import names
from qpilot.errors import QpilotError, UsageError
from qpilot.forecast.spend import Work, dollars
from qpilot.job import Job
from qpilot.mitigation import MITIGATIONS
from qpilot.pilotfile import read
from qpilot.prototype.design import attempt, closed
from qpilot.provenance import code_digest
from qpilot.record.home import Home

if TYPE_CHECKING:
    from qpilot.forecast.rehearsal import HeldOut

ALL = "all"
AT_ONCE = 1 / 60
"""Hours in which the work is submitted: the wait is that of now."""


class DeviceEstimate(Record):
    """What one device would take and lose. Figures are None where it cannot run the pilot at all.

    planned_usd: the points that promotion is planned on. usd: of the sequential test, worst case included. wait: hours of
    a task submitted now, of the queue as `live` tells it. worth: it meets margin, budget and wait. why: what speaks
    against it, or is not known.
    """

    device: str
    vendor: str
    figures_of: str
    qubits: int
    live: bool
    shots: int | None = None
    mitigation: str | None = None
    circuits_per_point: int | None = None
    planned_usd: Decimal | None = None
    usd: Spend | None = None
    wait_p50_hours: Measure | None = None
    wait_p90_hours: Measure | None = None
    simulated_accuracy: Measure | None = None
    emulated_accuracy: Measure | None = None
    emulated_loss: Measure | None = None
    checks: tuple[Check, ...] = ()
    worth: bool = False
    why: tuple[str, ...] = ()


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


class ListPrice:
    """A device at its list price, as a backend that can only be quoted and asked for its queue."""

    name = "list price"

    def __init__(self, device: Device, depth: str | None) -> None:
        self._device, self._depth = device, depth

    def figures(self) -> Device:
        """The device's figures."""
        return self._device

    def quote(self, executables: int, shots: int) -> Quote:
        """What the device charges."""
        return price(self._device, executables, shots)

    def queue_depth(self) -> str | None:
        """As the vendor worded it, where it was asked."""
        return self._depth

    def submit(self, batch: Batch, key: str) -> Handle:
        """Nothing is ever submitted here."""
        raise QpilotError("a comparison submits nothing: run the pilot")

    def collect(self, handle: Handle) -> Outcomes:
        """Nothing is ever submitted here."""
        raise QpilotError("a comparison submits nothing: run the pilot")


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
    machines = [device(name, home.devices) for name in _named(asked, home)]
    design = closed(pilot, dataset, attempt(pilot, home.journal, dataset), code="")
    entrant = quantum_entrants(pilot)[0]
    entrant = replace(entrant, candidate=entrant.candidate.afresh())
    reducer = REDUCERS[pilot.reduce.method].build(pilot.reduce.components, pilot.seed)
    unfitted = Fitted(entrant.name, entrant.family, reducer, entrant.build(len(dataset.development.classes)), 0.0)
    started = time.perf_counter()
    held = hold_out(unfitted, dataset.development, pilot.seed)
    fitted_seconds = time.perf_counter() - started
    job = Job(
        run="estimate", pilot=pilot, folder=file.folder, home=home.path, data=dataset.fingerprint, code=code_digest()
    )
    one = partial(_one, job, held, len(dataset.locked), design.planned_points, design.alpha, home, now)
    found = sorted((one(machine, look) for machine in machines), key=_by_price)
    chosen = next((row for row in found if row.worth), None)
    points = pilot.hardware.points(len(dataset.locked))
    return Comparison(
        pilot=pilot.name,
        candidate=entrant.name,
        points=points,
        planned=min(design.planned_points, points),
        devices=tuple(found),
        chosen=None if chosen is None else chosen.device,
        sentence=_sentence(chosen, found),
        notes=(
            f"one candidate, {entrant.name}, fitted once in {fitted_seconds:.1f} s on two thirds of the"
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


def _one(
    job: Job,
    held: "HeldOut",
    locked: int,
    planned: int,
    alpha: float,
    home: Home,
    now: datetime,
    machine: Device,
    look: Look | None,
) -> DeviceEstimate:
    depth, live, told = None, False, []
    if look is not None:
        try:
            seen = look(machine.arn)
            machine, depth, live = seen.device, seen.queue_depth, True
            told += [] if seen.status == "ONLINE" else [f"it is {seen.status.lower()} now"]
        except QpilotError as error:
            told.append(f"not seen live: {error}")
    blank = DeviceEstimate(
        device=machine.name,
        vendor=machine.vendor,
        figures_of=machine.updated.isoformat(),
        qubits=len(machine.qubits),
        live=live,
    )
    width = job.pilot.candidates[0].qubits
    if width > min(len(machine.qubits), MAX_EMULATED_QUBITS):
        return blank.model_copy(update={"why": (*told, f"it has {len(machine.qubits)} qubits, {width} are needed")})
    try:
        evidence, usd = _forecast(job, held, locked, planned, alpha, home, now, ListPrice(machine, depth))
    except QpilotError as error:
        return blank.model_copy(update={"why": (*told, str(error))})
    checks = decide(evidence, policies.forecast(job.pilot)).checks
    wait = evidence.wait_p90_hours.value
    # Where nobody looked, nobody counted the queue: what the windows say is then all there is to go by.
    uncounted = not live and evidence.queue.lower_bound and wait <= job.pilot.budget.queue_hours
    against = [
        check for check in checks if check.outcome is not Outcome.GO and not (check.name == "wait" and uncounted)
    ]
    offline = live and any(note.startswith("it is ") for note in told)
    return blank.model_copy(
        update={
            "shots": evidence.shots,
            "mitigation": evidence.mitigation,
            "circuits_per_point": evidence.circuits_per_point,
            "planned_usd": usd,
            "usd": evidence.charged,
            "wait_p50_hours": evidence.wait_p50_hours,
            "wait_p90_hours": evidence.wait_p90_hours,
            "simulated_accuracy": evidence.simulated_accuracy,
            "emulated_accuracy": evidence.emulated_accuracy,
            "emulated_loss": evidence.emulated_loss,
            "checks": checks,
            "worth": not (offline or against),
            "why": (*told, *(check.reason for check in against), *_shots(evidence)),
        }
    )


def _forecast(
    job: Job, held: "HeldOut", locked: int, planned: int, alpha: float, home: Home, now: datetime, backend: ListPrice
) -> tuple[ForecastEvidence, Decimal]:
    """The forecast stage's evidence for the device, and the price of the planned points."""
    from qpilot.emulator import Emulator
    from qpilot.forecast.situation import situation
    from qpilot.forecast.stage import forecast_held_out

    machine, pilot = backend.figures(), job.pilot
    hardware = pilot.hardware.model_copy(update={"device": machine.name})
    approval = pilot.approval.model_copy(update={"expires_hours": AT_ONCE})
    there = job.model_copy(update={"pilot": pilot.model_copy(update={"hardware": hardware, "approval": approval})})
    clock: Callable[[], float] = time.process_time
    evidence = forecast_held_out(
        there,
        locked,
        held.model,
        held,
        planned,
        policies.hardware(pilot, alpha),
        machine,
        backend,
        Emulator(machine),
        situation(None, pilot, machine, backend, home.journal, home.artifacts, now),
        clock,
        clock(),
    )
    work = Work.of(hardware, evidence.circuits_per_point, MITIGATIONS[evidence.mitigation].calibrations, emulated=False)
    points = min(planned, evidence.points)
    usd, _ = dollars(points, work, hardware.windows - 1, lambda circuits: backend.quote(circuits, evidence.shots))
    return evidence, usd


def _failed(row: DeviceEstimate) -> str:
    """What a device does not pass, in words."""
    named = [check.name for check in row.checks if check.outcome is not Outcome.GO and check.reason in row.why]
    return " and ".join(named) or "before any check"


def _shots(evidence: ForecastEvidence) -> tuple[str, ...]:
    meets = next((one.meets for one in evidence.curve if one.shots == evidence.shots), False)
    return () if meets else (f"{evidence.shots} shots a circuit lose more than a fifth of the margin",)


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
