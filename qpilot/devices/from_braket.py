"""A device profile from the properties Amazon Braket's GetDevice answers (a JSON object)."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from gates.wording import plural
from qpilot.devices import calibration
from qpilot.devices.record import Device, NativeSet, ProgramSets, Window
from qpilot.devices.simulators import simulator
from qpilot.errors import QpilotError

USD_PER_TASK = Decimal("0.30")
"""Amazon Braket's fee for every task on a QPU (aws.amazon.com/braket/pricing); GetDevice does not carry it."""

Properties = Mapping[str, Any]

_NATIVE: dict[NativeSet, tuple[set[str], str]] = {
    "prx-cz": ({"prx", "cz"}, "cz"),
    "rx-rz-cz": ({"rx", "rz", "cz"}, "cz"),
    "gpi-zz": ({"gpi2", "zz"}, "zz"),
}
"""The gates a native set needs, and which of them its couplings are calibrated for."""


def from_braket(properties: Properties, name: str, arn: str, source: str) -> Device:
    """The profile of a device; figures no device can have, and windows nobody can read, are left out and noted.

    Raises QpilotError where no qubit is left, where the compiler does not know the native gates, where the price is not
    one by the shot (by the minute on a simulator), and where the properties are not what GetDevice answers.
    """
    try:
        return _simulator(properties, name, arn, source) if "simulator/" in arn else _qpu(properties, name, arn, source)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, InvalidOperation) as error:
        said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else f"{type(error).__name__}: {error}"
        raise QpilotError(f"the properties of device {name!r} are not what Amazon Braket documents ({said})") from error


def _qpu(properties: Properties, name: str, arn: str, source: str) -> Device:
    service, paradigm, actions = properties["service"], properties["paradigm"], properties["action"]
    native, gate = _native({str(gate).lower() for gate in paradigm["nativeGateSet"]}, name)
    count = int(paradigm["qubitCount"])
    standardized = properties.get("standardized") or {}
    if standardized.get("oneQubitProperties"):
        figures = calibration.by_qubit(standardized, paradigm.get("connectivity") or {}, gate)
    elif (properties.get("provider") or {}).get("fidelity"):
        figures = calibration.uniform(properties["provider"], count)
    else:
        raise QpilotError(f"device {name!r} publishes no calibration: no qubit can be chosen")
    if not figures.qubits:
        raise QpilotError(f"device {name!r} has no usable qubit: {'; '.join(figures.notes)}")
    windows, unread = _windows(service.get("executionWindows") or ())
    least, most = map(int, service["shotsRange"])
    return Device(
        name=name,
        arn=arn,
        vendor=arn.split("/")[-2],
        source=source,
        updated=_updated(service, name),
        synthetic=False,
        native=native,
        qubit_count=max(count, len(figures.qubits)),
        qubits=figures.qubits,
        couplings=figures.couplings,
        turned=figures.turned,
        usd_per_task=USD_PER_TASK,
        usd_per_shot=_price(service, name, "shot"),
        shots=(least, most),
        program_sets=_program_sets(actions.get("braket.ir.openqasm.program_set")),
        windows=windows,
        notes=(*figures.notes, *unread),
    )


def _simulator(properties: Properties, name: str, arn: str, source: str) -> Device:
    service = properties["service"]
    return simulator(
        name=name,
        arn=arn,
        qubits=int(properties["paradigm"]["qubitCount"]),
        usd_per_minute=_price(service, name, "minute"),
        shots=int(service["shotsRange"][1]),
        updated=_updated(service, name),
        source=source,
    )


def _native(gates: set[str], name: str) -> tuple[NativeSet, str]:
    """The native set, and its two-qubit gate."""
    for native, (needed, joining) in _NATIVE.items():
        if needed <= gates:
            return native, joining
    raise QpilotError(
        f"device {name!r} has native gates {', '.join(sorted(gates))}; the compiler knows "
        + "; ".join(", ".join(sorted(needed)) for needed, _ in _NATIVE.values())
    )


def _price(service: Properties, name: str, unit: str) -> Decimal:
    cost = service.get("deviceCost") or {}
    given = Decimal(str(cost.get("price", "NaN")))
    if cost.get("unit") != unit or not given.is_finite() or given <= 0:
        raise QpilotError(
            f"device {name!r} is priced at {cost.get('price', 'nothing')} by the {cost.get('unit', 'unit it does not name')};"
            f" a price above 0 by the {unit} is required, and nothing else can be quoted"
        )
    return given


def _updated(service: Properties, name: str) -> date:
    given = service.get("updatedAt")
    if not given:
        raise QpilotError(f"device {name!r} does not say when it was calibrated (updatedAt): figures need a date")
    return datetime.fromisoformat(str(given)).date()


def _program_sets(action: Properties | None) -> ProgramSets | None:
    """Program sets where the device takes them and says how large: without limits none can be planned."""
    executables, shots = ((action or {}).get(limit) for limit in ("maximumExecutables", "maximumTotalShots"))
    if executables is None or shots is None:
        return None
    return ProgramSets(
        executables=executables, total_shots=shots, least_shots=(action or {}).get("minimumTotalShots") or 1
    )


def _windows(listed: Any) -> tuple[tuple[Window, ...], tuple[str, ...]]:
    """The windows that can be read, and a note on those that cannot."""
    windows: list[Window] = []
    unread: list[str] = []
    for given in listed:
        # Midnight is written 24:00:00 as well, which ISO 8601 allows and Python's time does not.
        day, *hours = given.get("executionDay"), given.get("windowStartHour"), given.get("windowEndHour")
        start, end = ("00:00:00" if hour == "24:00:00" else hour for hour in hours)
        try:
            windows.append(Window.model_validate({"day": day, "start": start, "end": end}))
        except ValidationError:
            unread.append(f"{day} {hours[0]} to {hours[1]}")
    notes = []
    if unread:
        notes.append(f"{plural(len(unread), 'execution window')} left out that cannot be read: {', '.join(unread)}")
    if not windows:
        notes.append("no execution windows are known, so that no wait can be forecast")
    return tuple(windows), tuple(notes)
