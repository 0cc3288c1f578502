"""What `qpilot devices` shows: each device's figures, how old they are, when it opens next, and how it stands now."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

import numpy as np

from gates.records import Record
from gates.wording import dollars
from qpilot.devices import DEVICES, SIMULATORS, Device, ProgramSets, Window, device
from qpilot.devices.pulled import keep, name_of, names
from qpilot.devices.pulled import pulled as find_pulled
from qpilot.errors import QpilotError
from qpilot.forecast.windows import minute_of_week, open_minutes

STALE_DAYS = 30
"""Calibrations older than this are called stale: devices are calibrated daily, and drift in weeks."""


class Live(Record):
    """How a device stands, as its vendor answers.

    status: ONLINE, OFFLINE or RETIRED. queue_depth: tasks waiting, as the vendor words it (">4000" is a lower bound).
    usd_per_shot, usd_per_task, usd_per_minute: as the vendor's price list says; None where that was not looked up, or it
    says none. poll_seconds: between two looks at a task, as the device asks for.
    """

    device: Device
    status: str
    queue_depth: str | None = None
    usd_per_shot: Decimal | None = None
    usd_per_task: Decimal | None = None
    usd_per_minute: Decimal | None = None
    poll_seconds: float | None = None


Origin = Literal["shipped", "pulled", "live"]
Look = Callable[[str], Live]
"""The device of an ARN as it stands now. Raises QpilotError with one short sentence where it cannot be told."""


class Listing(Record):
    """One device. `origin`: where its figures stand; "live" ones are kept nowhere until they are pulled.

    qubits: as the vendor counts them; usable_qubits: with figures. synthetic: as in `Device`. age_days: since the
    calibration. opens: the start of the next execution window (UTC), `opens_in_hours` is 0 where it executes now; None
    where windows are not known. price_agrees: whether what it costs now is what a quote takes; None like `status` and
    `queue_depth` where no live look succeeded. notes: what else is to be known, the device's own notes last.
    """

    name: str
    arn: str
    vendor: str
    origin: Origin
    qubits: int
    usable_qubits: int
    usd_per_task: Decimal
    usd_per_shot: Decimal
    usd_per_minute: Decimal
    shots: tuple[int, int]
    program_sets: ProgramSets | None
    median_gate: float
    median_coupling: float | None
    median_readout: float
    median_t1_us: float | None
    median_t2_us: float | None
    source: str
    updated: date
    synthetic: bool
    age_days: int
    stale: bool
    opens: datetime | None
    opens_in_hours: float | None
    status: str | None = None
    queue_depth: str | None = None
    price_agrees: bool | None = None
    notes: tuple[str, ...]


class Listings(Record):
    """Every device, sorted by name, and a note on each that there are no figures for."""

    rows: tuple[Listing, ...]
    notes: tuple[str, ...]


def listings(
    pulled: Path, now: datetime, look: Look | None = None, arns: Sequence[str] = (), unasked: str = ""
) -> Listings:
    """Every shipped and pulled device, and those of `arns` that are neither; `now` is aware.

    Each is looked at through `look`; a look that fails is a note in its row. `unasked` says why there is no `look`.
    Raises QpilotError where a pulled profile is damaged.
    """
    rows, notes = [], []
    for name in {*DEVICES, *SIMULATORS, *names(pulled)}:
        kept = find_pulled(name, pulled)
        known = device(name, pulled)
        live, why = _looked(known.arn, look, unasked)
        rows.append(_row(known, "shipped" if kept is None else "pulled", now, live, (why,) if why else ()))
    for arn in sorted({*arns} - {row.arn for row in rows}):
        live, why = _looked(arn, look, unasked)
        if live is None:
            notes.append(f"{arn}: {why}")
            continue
        named = live.device.model_copy(update={"name": name_of(arn)})
        rows.append(_row(named, "live", now, live, (f"not kept here: qpilot devices --pull {arn}",)))
    return Listings(rows=tuple(sorted(rows, key=lambda row: row.name)), notes=tuple(notes))


def pull(name_or_arn: str, pulled: Path, now: datetime, look: Look) -> Listing:
    """The row of a device whose live profile is kept in the folder `pulled` from now on.

    Raises UsageError for an unknown name and for what is no ARN, QpilotError where the look fails or nothing is written.
    """
    arn = name_or_arn if name_or_arn.startswith("arn:") else device(name_or_arn, pulled).arn
    name, live = name_of(arn), look(arn)
    kept = keep(live.device.model_copy(update={"name": name, "arn": arn}), pulled)
    return _row(kept, "pulled", now, live, ())


def next_opening(windows: tuple[Window, ...], now: datetime) -> datetime | None:
    """When the device executes next, UTC: `now` where it does already, None where its windows are not known."""
    open_ = open_minutes(windows)
    if not open_.any():
        return None
    utc, ahead = now.astimezone(UTC), int(np.argmax(np.roll(open_, -minute_of_week(now))))
    return utc if ahead == 0 else utc.replace(second=0, microsecond=0) + timedelta(minutes=ahead)


def _looked(arn: str, look: Look | None, unasked: str) -> tuple[Live | None, str]:
    """How the device stands now, or why that is not known."""
    if look is None:
        return None, f"not looked up{unasked and ': '}{unasked}"
    try:
        return look(arn), ""
    except QpilotError as error:
        return None, f"not looked up: {error}"


def _row(device: Device, origin: Origin, now: datetime, live: Live | None, notes: tuple[str, ...]) -> Listing:
    age = (now.astimezone(UTC).date() - device.updated).days
    opens = next_opening(device.windows, now)
    priced = () if live is None else _prices(device, live)
    return Listing(
        name=device.name,
        arn=device.arn,
        vendor=device.vendor,
        origin=origin,
        qubits=device.qubit_count or len(device.qubits),
        usable_qubits=len(device.qubits),
        usd_per_task=device.usd_per_task,
        usd_per_shot=device.usd_per_shot,
        usd_per_minute=device.usd_per_minute,
        shots=device.shots,
        program_sets=device.program_sets,
        median_gate=device.median_gate,
        median_coupling=device.median_coupling,
        median_readout=device.median_readout,
        median_t1_us=device.median_t1_us,
        median_t2_us=device.median_t2_us,
        source=device.source,
        updated=device.updated,
        synthetic=device.synthetic,
        age_days=age,
        stale=not device.simulator and not 0 <= age <= STALE_DAYS,
        opens=opens,
        opens_in_hours=None if opens is None else (opens - now).total_seconds() / 3600,
        status=None if live is None else live.status,
        queue_depth=None if live is None else live.queue_depth,
        price_agrees=None if live is None else not priced,
        notes=(*notes, *priced, *_aged(device, age, live), *device.notes),
    )


def _prices(device: Device, live: Live) -> tuple[str, ...]:
    """Where a price a quote takes is not the one that holds now; the vendor's price list goes before its properties."""
    now = {
        "shot": (device.usd_per_shot, live.device.usd_per_shot, live.usd_per_shot),
        "task": (device.usd_per_task, live.device.usd_per_task, live.usd_per_task),
        "minute": (device.usd_per_minute, live.device.usd_per_minute, live.usd_per_minute),
    }
    charged = {unit: (quoted, own if listed is None else listed) for unit, (quoted, own, listed) in now.items()}
    return tuple(
        f"costs {dollars(price)} a {unit} now, and quotes take {dollars(quoted)}: pull the device"
        for unit, (quoted, price) in charged.items()
        if quoted != price
    )


def _aged(device: Device, age: int, live: Live | None) -> tuple[str, ...]:
    said = []
    if age < 0:
        said.append(f"calibrated on {device.updated.isoformat()}, which is yet to come: check this machine's clock")
    elif age > STALE_DAYS and not device.simulator:
        said.append(f"stale: calibrated {age} days ago, on {device.updated.isoformat()}")
    if live is not None and live.device.updated > device.updated and not device.simulator:
        said.append(f"calibrated anew on {live.device.updated.isoformat()}: pull the device")
    return tuple(said)
