"""One rung of the ladder: the outcome probabilities of circuits on a device with some of its faults taken away."""

from dataclasses import dataclass, replace

import numpy as np

from qpilot.devices import Device
from qpilot.emulator import Emulator
from qpilot.emulator.compile import compile_circuits
from qpilot.emulator.layout import Labels
from qpilot.emulator.transfer import probabilities
from qpilot.program import Circuits, Probabilities

Settings = tuple[Circuits, ...]


@dataclass(frozen=True)
class Rung:
    """What counts would be drawn from: for each setting (n_points, 2**qubits), for each calibration circuit (1, ...)."""

    settings: tuple[Probabilities, ...]
    calibration: tuple[Probabilities, ...]


def emulated(
    settings: Settings, calibration: Settings, device: Device, noisy: bool, readout: bool, joined: bool = False
) -> Rung:
    """`settings` on the qubits of `device` that the emulator chooses for them, without shot noise.

    noisy, readout: as in the emulator. joined: every two of these qubits are coupled, so that no swap is needed; each
    wire stays on the qubit it has on the device as it is.
    """
    labels = Emulator(device).compile(replace(settings[0], angles=settings[0].angles[:1])).labels
    machine = all_to_all(device, labels) if joined else device
    start = tuple(range(len(labels)))
    shapes: dict[tuple[object, ...], list[int]] = {}
    for place, circuits in enumerate(settings):
        shapes.setdefault((circuits.gates, circuits.scale), []).append(place)
    found: dict[int, Probabilities] = {}
    measured = start
    for places in shapes.values():
        together = replace(settings[places[0]], angles=np.concatenate([settings[place].angles for place in places]))
        compiled = compile_circuits(together, machine, labels, start)
        ends = np.cumsum([len(settings[place]) for place in places])[:-1]
        found |= dict(zip(places, np.split(probabilities(compiled, machine, noisy, readout), ends), strict=True))
        measured = compiled.measured
    known = tuple(
        probabilities(compile_circuits(circuits, machine, labels, measured), machine, noisy, readout)
        for circuits in calibration
    )
    return Rung(tuple(found[place] for place in range(len(settings))), known)


def all_to_all(device: Device, labels: Labels) -> Device:
    """The qubits `labels` of `device`, every two of them coupled.

    A coupling that the device has keeps its fidelity; one that it lacks has the median of those it has among `labels`.
    """
    kept = sorted(labels)
    own = {pair: fidelity for pair, fidelity in device.edges.items() if set(pair) <= set(kept)}
    usual = float(np.median([*own.values()])) if own else 1.0
    pairs = [(a, b) for place, a in enumerate(kept) for b in kept[place + 1 :]]
    couplings = {f"{a}-{b}": own.get((a, b), usual) for a, b in pairs}
    return device.model_copy(update={"qubits": {label: device.qubits[label] for label in kept}, "couplings": couplings})
