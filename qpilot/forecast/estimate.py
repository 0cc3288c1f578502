"""What a pilot's device stage would take, from the pilot file and the number of rows alone. Light: lint shows it."""

from decimal import Decimal
from functools import partial
from pathlib import Path

from gates.records import Record
from gates.statistics import power, wallet
from gates.wording import plural
from qpilot.candidates.candidate import Candidate
from qpilot.devices import Device, device
from qpilot.devices.price import price
from qpilot.errors import UsageError
from qpilot.forecast.circuits import circuits_per_point
from qpilot.forecast.spend import Work, dollars, worst_dollars
from qpilot.mitigation import AUTO, possible
from qpilot.pilot import Pilot

AUTO_SHOTS = 1000
"""What "auto" is priced at before the forecast stage has chosen."""


class Estimate(Record):
    """Work and list price of the device stage for one candidate, before anything ran.

    `exact` is False where `circuits_per_point` is an upper bound, as it is with mitigation "auto", priced at the dearest.
    `planned_usd`: the points promotion is planned on; `worst_usd`: all `points`. What an emulator is charged is 0,
    whatever these say.
    """

    candidate: str
    device: str
    points: int
    planned: int
    circuits_per_point: int
    exact: bool
    circuits: int
    shots: int
    planned_usd: Decimal
    worst_usd: Decimal
    sentence: str


def estimates(pilot: Pilot, rows: int, pulled: Path | None = None, locked: int | None = None) -> tuple[Estimate, ...]:
    """One estimate for each candidate, if the data has `rows` rows. pulled: as in `device`. locked: how many of them are, where
    they have been split already.

    Raises UsageError for an unknown device, more qubits than it has, and shots outside its range.
    """
    machine = device(pilot.hardware.device, pulled)
    kept = max(1, round(rows * pilot.data.locked)) if locked is None else locked
    return tuple(_estimate(pilot, candidate, rows, kept, machine) for candidate in pilot.candidates)


def _estimate(pilot: Pilot, candidate: Candidate, rows: int, locked: int, device: Device) -> Estimate:
    hardware = pilot.hardware
    if candidate.qubits > len(device.qubits):
        raise UsageError(
            f"candidate {candidate.name!r} takes {candidate.qubits} qubits, {device.name} has {len(device.qubits)}:"
            " take fewer qubits or another device"
        )
    points = hardware.points(locked)
    planned = min(points, power.required_for(pilot.claim, wallet.alpha(1, pilot.claim.alpha)))
    training = min(rows - locked, pilot.data.max_train_rows or rows)
    per_point = circuits_per_point(candidate, max(1, training))
    shots = (
        hardware.shots if isinstance(hardware.shots, int) else min(max(AUTO_SHOTS, device.shots[0]), device.shots[1])
    )
    dearest = max(possible(hardware.mitigation), key=lambda mitigation: (mitigation.runs, mitigation.calibrations))
    circuits, calibration = per_point.circuits * dearest.runs, dearest.calibrations
    exact = per_point.exact and hardware.mitigation != AUTO
    emulated = hardware.backend == "emulator"
    work = Work.of(hardware, circuits, calibration, emulated)
    quote = partial(price, device, shots=shots)
    planned_usd = dollars(planned, work, hardware.windows - 1, quote)[1]
    worst_usd = worst_dollars(points, work, quote)[1]
    assumed = "" if isinstance(hardware.shots, int) else ' (assumed for "auto")'
    bound = "" if exact else "up to "
    folded = "" if dearest.runs == 1 else f", each at {dearest.runs} noise scales"
    return Estimate(
        candidate=candidate.name,
        device=device.name,
        points=points,
        planned=planned,
        circuits_per_point=circuits,
        exact=exact,
        circuits=points * circuits + work.batches(points) * calibration,
        shots=shots,
        planned_usd=planned_usd,
        worst_usd=worst_usd,
        sentence=(
            f"{candidate.name}: {bound}{plural(circuits, 'circuit')} a point ({per_point.reason}{folded}),"
            f" {shots:,} shots a circuit{assumed}; on {device.name} {bound}${planned_usd:,.2f} for"
            f" the {planned} points promotion needs, {bound}${worst_usd:,.2f} for all {points}"
            f"{'' if emulated else ' at worst'}"
        ),
    )
