"""Qubits and couplings from a vendor's calibration, without the values no device can have; the notes say which."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from gates.wording import plural
from qpilot.devices.record import Qubit
from qpilot.errors import QpilotError

Properties = Mapping[str, Any]
Pair = tuple[int, int]

_BENCHMARKS = ("RANDOMIZED_BENCHMARKING", "SIMULTANEOUS_RANDOMIZED_BENCHMARKING")
_MICROSECONDS = {"s": 1e6, "ms": 1e3, "us": 1.0, "µs": 1.0, "ns": 1e-3}


@dataclass(frozen=True)
class Figures:
    """The figures that can be used: see `Device`."""

    qubits: dict[int, Qubit]
    couplings: dict[str, float]
    turned: tuple[str, ...]
    notes: tuple[str, ...]


def by_qubit(standardized: Properties, connectivity: Properties, gate: str) -> Figures:
    """Figures from Braket's standardized properties, two-qubit ones of `gate`.

    They are those of Braket's own LocalEmulator: randomized benchmarking before simultaneous randomized benchmarking, and
    READOUT. A pair listed in both directions counts once, with the lower fidelity.
    """
    qubits, dropped, timeless = _qubits(standardized["oneQubitProperties"])
    listed = standardized.get("twoQubitProperties") or {}
    pairs, refused = _pairs(listed, _joined(connectivity), gate, qubits)
    couplings: dict[str, float] = {}
    for (a, b), fidelity in pairs.items():
        pair = f"{min(a, b)}-{max(a, b)}"
        couplings[pair] = min(fidelity, couplings.get(pair, 1.0))
    ends = {label for pair in pairs for label in pair}
    return Figures(
        qubits=qubits,
        couplings=couplings,
        turned=tuple(sorted(f"{b}-{a}" for a, b in pairs if a > b and (b, a) not in pairs)),
        notes=(
            *_left_out("qubits", dropped, len(standardized["oneQubitProperties"])),
            *_left_out("couplings", refused, len(couplings) + len(refused)),
            *_said("without a T1 or T2 that a device can have", timeless),
            *_said("joined to no other", [label for label in qubits if label not in ends]),
        ),
    )


def uniform(provider: Properties, count: int) -> Figures:
    """One mean for every qubit, and for every pair (IonQ). Raises QpilotError where a mean is one no device can have."""
    fidelity, timing = provider["fidelity"], provider.get("timing") or {}
    given = {name: (fidelity.get(name) or {}).get("mean") for name in ("1Q", "2Q", "spam")}
    gate, joint, readout = map(_fidelity, given.values())
    if gate is None or joint is None or readout is None:
        found = ", ".join(f"{name} {mean}" for name, mean in given.items())
        raise QpilotError(f"no usable figure: mean fidelities {found}; above 0.5 and below 1 are required")
    t1, t2 = (_microseconds({"value": timing.get(name), "unit": "s"}) for name in ("T1", "T2"))
    qubit = Qubit(gate=gate, readout=readout, t1_us=t1, t2_us=t2)
    pairs = {f"{a}-{b}": joint for a, b in combinations(range(count), 2)}
    notes = ["one mean for every qubit and pair: the vendor publishes no figures by qubit"]
    if t1 is None or t2 is None:
        notes.append("without a T1 or T2 that a device can have")
    return Figures(dict.fromkeys(range(count), qubit), pairs, (), tuple(notes))


def _qubits(listed: Properties) -> tuple[dict[int, Qubit], dict[str, str], list[int]]:
    """Usable qubits, why each other one is not, and which of the usable ones have no T1 or no T2."""
    qubits: dict[int, Qubit] = {}
    refused: dict[str, str] = {}
    timeless: list[int] = []
    for label, figures in listed.items():
        given = {
            entry["fidelityType"]["name"]: entry.get("fidelity") for entry in figures.get("oneQubitFidelity") or ()
        }
        gate = next((found for found in (_fidelity(given.get(name)) for name in _BENCHMARKS) if found), None)
        readout = _fidelity(given.get("READOUT"))
        if not label.isdecimal():
            refused[label] = "its label is no number"
        elif gate is None:
            refused[label] = f"gate fidelity {_worded(given.get(name) for name in _BENCHMARKS)}"
        elif readout is None:
            refused[label] = f"readout fidelity {_worded([given.get('READOUT')])}"
        else:
            t1, t2 = (_microseconds(figures.get(name) or {}) for name in ("T1", "T2"))
            if t1 is None or t2 is None:
                timeless.append(int(label))
            qubits[int(label)] = Qubit(gate=gate, readout=readout, t1_us=t1, t2_us=t2)
    return dict(sorted(qubits.items())), refused, timeless


def _pairs(
    listed: Properties, joined: Collection[Pair], gate: str, qubits: Mapping[int, Qubit]
) -> tuple[dict[Pair, float], dict[str, str]]:
    """Usable pairs with their labels in the order they are listed in, and why each other one is not usable.

    joined: the pairs the connectivity joins, the smaller label first; empty where it does not say.
    """
    pairs: dict[Pair, float] = {}
    refused = {f"{a}-{b}": "no figures" for a, b in sorted(joined) if a in qubits and b in qubits}
    for name, figures in listed.items():
        labels = _labels(name.split("-"))
        if labels is None:
            refused[name] = "not a pair of labels"
            continue
        a, b = labels
        given = {
            entry["gateName"].lower(): entry.get("fidelity") for entry in figures.get("twoQubitGateFidelity") or ()
        }
        fidelity, pair = _fidelity(given.get(gate)), f"{min(labels)}-{max(labels)}"
        if a not in qubits or b not in qubits:
            refused[pair] = f"qubit {b if a in qubits else a} is left out"
        elif joined and (min(labels), max(labels)) not in joined:
            refused[pair] = "the connectivity does not join it"
        elif fidelity is None:
            refused[pair] = f"{gate} fidelity {_worded([given.get(gate)])}"
        else:
            pairs[a, b] = fidelity
    usable = {f"{min(pair)}-{max(pair)}" for pair in pairs}
    return pairs, {pair: why for pair, why in refused.items() if pair not in usable}


def _joined(connectivity: Properties) -> set[Pair]:
    """Pairs of the connectivity graph, which may list one direction only, the smaller label first."""
    graph = connectivity.get("connectivityGraph") or {}
    ends = (_labels((one, other)) for one, others in graph.items() for other in others)
    return {(min(pair), max(pair)) for pair in ends if pair is not None}


def _labels(names: Sequence[str]) -> Pair | None:
    if len(names) != 2 or not all(name.isdecimal() for name in names) or int(names[0]) == int(names[1]):
        return None
    return int(names[0]), int(names[1])


def _number(value: object) -> float:
    """`value` as a number, also where it is written as text; NaN where it is none."""
    if not isinstance(value, int | float | str):
        return math.nan
    try:
        return float(value)
    except ValueError:
        return math.nan


def _fidelity(value: object) -> float | None:
    """A fidelity that was measured. Exactly 0, 0.5 and 1 stand for "not measured", and 1 would be placed on first."""
    number = _number(value)
    return number if 0.5 < number < 1 else None


def _microseconds(measured: Properties) -> float | None:
    number = _number(measured.get("value")) * _MICROSECONDS.get(str(measured.get("unit")).lower(), math.nan)
    return number if math.isfinite(number) and number > 0 else None


def _worded(values: Iterable[object]) -> str:
    given = [str(value) for value in values if value is not None]
    return " and ".join(given) or "missing"


def _left_out(kind: str, refused: Mapping[str, str], of: int) -> tuple[str, ...]:
    if not refused:
        return ()
    named = ", ".join(f"{label} ({why})" for label, why in refused.items())
    return (f"{len(refused)} of {of} {kind} left out: {named}",)


def _said(what: str, labels: Sequence[int]) -> tuple[str, ...]:
    return (f"{plural(len(labels), 'qubit')} {what}: {', '.join(map(str, labels))}",) if labels else ()
