"""What a pilot's device stage would take, from the pilot file and the number of rows alone. Light: lint shows it."""

from decimal import Decimal

from gates.records import Record
from gates.statistics import power, wallet
from gates.wording import plural
from qpilot.devices import device as find_device
from qpilot.devices.price import price
from qpilot.errors import UsageError
from qpilot.forecast.circuits import circuits_per_point
from qpilot.forecast.spend import dollars
from qpilot.mitigation import MITIGATIONS
from qpilot.pilot import Candidate, Pilot

AUTO_SHOTS = 1000
"""What "auto" is priced at before the forecast stage has chosen."""


class Estimate(Record):
    """Work and list price of the device stage for one candidate, before anything ran.

    `exact` is False where `circuits_per_point` is an upper bound. `planned_usd`: the points promotion is planned on;
    `worst_usd`: all `points`. What an emulator is charged is 0, whatever these say.
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


def estimates(pilot: Pilot, rows: int) -> tuple[Estimate, ...]:
    """One estimate for each candidate, if the data has `rows` rows.

    Raises UsageError for an unknown device, more qubits than it has, and shots outside its range.
    """
    return tuple(_estimate(pilot, candidate, rows) for candidate in pilot.candidates)


def _estimate(pilot: Pilot, candidate: Candidate, rows: int) -> Estimate:
    hardware, device = pilot.hardware, find_device(pilot.hardware.device)
    if candidate.qubits > len(device.qubits):
        raise UsageError(
            f"candidate {candidate.name!r} takes {candidate.qubits} qubits, {device.name} has {len(device.qubits)}:"
            " take fewer qubits or another device"
        )
    locked = max(1, round(rows * pilot.data.locked))
    points = hardware.points(locked)
    planned = min(points, power.required_for(pilot.claim, wallet.alpha(1, pilot.claim.alpha)))
    training = min(rows - locked, pilot.data.max_train_rows or rows)
    per_point = circuits_per_point(candidate, max(1, training))
    shots = (
        hardware.shots if isinstance(hardware.shots, int) else min(max(AUTO_SHOTS, device.shots[0]), device.shots[1])
    )
    mitigation = MITIGATIONS[hardware.mitigation]
    circuits, calibration = per_point.circuits * mitigation.runs, mitigation.calibrations
    planned_usd, worst_usd = (
        dollars(
            number,
            hardware.batch,
            circuits,
            calibration,
            lambda executables: price(device, executables, shots),
        )[1]
        for number in (planned, points)
    )
    batches = -(-points // hardware.batch)
    assumed = "" if isinstance(hardware.shots, int) else ' (assumed for "auto")'
    bound = "" if per_point.exact else "up to "
    return Estimate(
        candidate=candidate.name,
        device=device.name,
        points=points,
        planned=planned,
        circuits_per_point=circuits,
        exact=per_point.exact,
        circuits=points * circuits + batches * calibration,
        shots=shots,
        planned_usd=planned_usd,
        worst_usd=worst_usd,
        sentence=(
            f"{candidate.name}: {bound}{plural(circuits, 'circuit')} a point ({per_point.reason}),"
            f" {shots:,} shots a circuit{assumed}; on {device.name} {bound}${planned_usd:,.2f} for"
            f" the {planned} points promotion needs, {bound}${worst_usd:,.2f} for all {points}"
        ),
    )
