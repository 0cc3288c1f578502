"""What one device would take and lose, of a model that is fitted already: the forecast stage at its list price, as of now."""

import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from gates.forecast import ForecastEvidence, decide
from gates.money import Spend
from gates.records import Check, Measure, Outcome, Record
from qpilot import policies
from qpilot.devices import Device
from qpilot.devices.acceptance import MAX_EMULATED_QUBITS
from qpilot.devices.listing import Look
from qpilot.errors import QpilotError
from qpilot.forecast.list_price import ListPrice
from qpilot.forecast.spend import Work, dollars
from qpilot.job import Job
from qpilot.mitigation import MITIGATIONS
from qpilot.record.home import Home

if TYPE_CHECKING:
    from qpilot.forecast.rehearsal import HeldOut

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


def estimated(
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
    """The estimate of what was held out on `machine`, as `look` sees it now, or as its figures were kept.

    locked: points there are; planned: points promotion is planned on; alpha: of the hardware stage's test.
    """
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


def _shots(evidence: ForecastEvidence) -> tuple[str, ...]:
    meets = next((one.meets for one in evidence.curve if one.shots == evidence.shots), False)
    return () if meets else (f"{evidence.shots} shots a circuit lose more than a fifth of the margin",)
