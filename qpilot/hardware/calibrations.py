"""What changed where a device was calibrated anew between two batches, and which points measure the change."""

from itertools import pairwise
from typing import Any, cast

import numpy as np

from gates.hardware import Recalibration
from gates.wording import percent
from qpilot.backend import Backend
from qpilot.devices import Device
from qpilot.emulator import Emulator
from qpilot.hardware.taken import Taken
from qpilot.job import Stores
from qpilot.program import Circuits


def carried(key: str, taken: list[Taken], asked: int, backend: Backend, stores: Stores) -> int:
    """How many sentinels the batch `key` carries: `asked` where the calibration is another than they last ran on.

    taken: the batches before it; the first holds the sentinels as points of its own. A batch that was once meant to be
    submitted carries what its intent says, whatever the device says now.
    """
    intent = stores.journal.get("intent", key)
    if intent is not None:
        return int(cast(dict[str, Any], intent.payload).get("sentinels", 0))
    if not taken or asked == 0:
        return 0
    last = next((one for one in reversed(taken) if one.sentinels), taken[0])
    known = same_calibration(backend.figures(), last.kept.outcomes.device)
    return 0 if known else min(asked, taken[0].points)


def same_calibration(one: Device, other: Device) -> bool:
    """Whether two records of a device hold the same figures; prices, windows and dates may differ."""
    return one.qubits == other.qubits and one.couplings == other.couplings


def recalibrations(devices: list[Device], circuits: Circuits) -> tuple[Recalibration, ...]:
    """Every change between one batch's device and the next one's. circuits: a shape that was measured."""
    return tuple(
        _change(number, before, after, circuits)
        for number, (before, after) in enumerate(pairwise(devices), start=1)
        if not same_calibration(before, after)
    )


def _change(number: int, before: Device, after: Device, circuits: Circuits) -> Recalibration:
    labels = tuple(Emulator(one).compile(circuits).labels for one in (before, after))
    gate, pair, readout = (
        tuple(found)
        for found in zip(*(_medians(one, used) for one, used in zip((before, after), labels, strict=True)), strict=True)
    )
    pairs = None if None in pair else cast(tuple[float, float], pair)
    changes = [("one-qubit gates", gate), *([("two-qubit gates", pairs)] if pairs else []), ("readout", readout)]
    told = ", ".join(f"{name} {percent(values[0])} to {percent(values[1])}" for name, values in changes)
    moved = (
        f"the circuits sit on qubits {_listed(labels[1])}, before on {_listed(labels[0])}"
        if labels[0] != labels[1]
        else f"the circuits stayed on qubits {_listed(labels[0])}"
    )
    return Recalibration(
        batch=number,
        calibration=(before.digest, after.digest),
        qubits=(labels[0], labels[1]),
        gate=cast(tuple[float, float], gate),
        pair=pairs,
        readout=cast(tuple[float, float], readout),
        sentence=(
            f"{after.name} was calibrated anew before batch {number + 1} ({before.digest[:12]} to {after.digest[:12]}):"
            f" median fidelity over the qubits used, {told}; {moved}"
        ),
    )


def _medians(device: Device, labels: tuple[int, ...]) -> tuple[float, float | None, float]:
    """Median fidelity over `labels` of one-qubit gates, of two-qubit gates between them (None without), and of readout."""
    pairs = [fidelity for pair, fidelity in device.edges.items() if set(pair) <= set(labels)]
    used = [device.qubits[label] for label in labels]
    return (
        float(np.median([qubit.gate for qubit in used])),
        float(np.median(pairs)) if pairs else None,
        float(np.median([qubit.readout for qubit in used])),
    )


def _listed(labels: tuple[int, ...]) -> str:
    return ", ".join(map(str, labels))
