"""Is the circuit what its names say, and what does it come to on the device?"""

from dataclasses import replace

import numpy as np

from gates.records import Check, Outcome
from gates.wording import plural
from qpilot.circuits import Circuit
from qpilot.devices import DEVICES, Device, device
from qpilot.emulator import Emulator
from qpilot.emulator.footprint import footprint, footprint_of
from qpilot.models.compiled import simulator
from qpilot.models.model import QuantumModel
from qpilot.models.scaling import Floats
from qpilot.models.trained import TrainedModel
from qpilot.program import Circuits
from qpilot.simulator.trace import Trace, UntraceableError, trace

REQUIRED = "every feature and weight in a gate; couplings, and none in the twin"


def shape(model: QuantumModel, X: Floats, emulator: Emulator) -> Check:
    """Qubits, depth and two-qubit gates after compiling; NO_GO where the circuit is not what it should be."""
    faults = tuple(faults_of(model.circuit))
    if not faults and isinstance(model, TrainedModel) and unseen(model.circuit, model.words):
        faults = ("what is read does not show its couplings, so the twin answers alike: add a layer",)
    if faults:
        return Check(
            name="circuit", outcome=Outcome.NO_GO, observed=None, required=REQUIRED, reason=f"{'; '.join(faults)}."
        )
    settings = model.circuits(X[:1])
    compiled = emulator.compile(settings[0])
    found = (
        f"{plural(len(compiled.labels), 'qubit')}, {footprint_of(compiled)}, {plural(len(settings), 'circuit')} a row"
    )
    fidelity = float(np.exp(compiled.log_fidelity(emulator.device)))
    here = f"{found} on {emulator.device.name}; all of it right {100 * fidelity:.0f} % of the time."
    reason = f"{here}{_elsewhere(settings[0], emulator.device)}"
    return Check(name="circuit", outcome=Outcome.GO, observed=found, required=REQUIRED, reason=reason)


def faults_of(circuit: Circuit) -> list[str]:
    """What is wrong with the circuit's shape, sentence by sentence."""
    try:
        found, twin = trace(circuit), trace(replace(circuit, entangled=False))
    except UntraceableError as reason:
        return [f"it cannot be written as gates for a device: {reason}"]
    faults = []
    unused = sorted(set(range(circuit.weights)) - found.weights_used)
    if unused:
        faults.append(f"{plural(len(unused), 'weight')} of {circuit.weights} enter no gate (first: number {unused[0]})")
    unread = sorted(set(range(circuit.inputs)) - found.inputs_used)
    if unread:
        faults.append(f"{plural(len(unread), 'feature')} of {circuit.inputs} enter no gate (first: number {unread[0]})")
    if circuit.qubits > 1 and not _couplings(found):
        faults.append("no gate couples two qubits, so nothing is entangled")
    if _couplings(twin):
        faults.append(f"its twin has {plural(_couplings(twin), 'two-qubit gate')}; it must have none")
    return faults


def unseen(circuit: Circuit, words: tuple[str, ...]) -> bool:
    """Whether the circuit's expectations are its twin's, at angles that are nothing special."""
    rng = np.random.default_rng(0)
    X, weights = rng.uniform(0.2, 3, (2, circuit.features)), rng.uniform(-3, 3, circuit.weights)
    both = (circuit, replace(circuit, entangled=False))
    own, twin = (simulator(each).expectations(each.prepare(X), weights, words) for each in both)
    return circuit.qubits > 1 and bool(np.allclose(own, twin, rtol=0, atol=1e-9))


def _elsewhere(circuits: Circuits, here: Device) -> str:
    """The same on the other shipped devices that are wide enough."""
    others = (device(name) for name in DEVICES if name != here.name)
    found = [f"{each.name} {footprint(circuits, each)}" for each in others if len(each.qubits) >= circuits.qubits]
    return f" Elsewhere: {'; '.join(found)}." if found else ""


def _couplings(found: Trace) -> int:
    return sum(len(gate.wires) > 1 for gate in found.gates)
