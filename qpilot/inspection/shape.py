"""Is the circuit what its names say, and what does it come to on the device?"""

from dataclasses import replace

import numpy as np

from gates.records import Check, Outcome
from gates.wording import plural
from qpilot.circuits import Circuit
from qpilot.emulator import Emulator
from qpilot.emulator.compile import Compiled, Join
from qpilot.models.classifier import QuantumClassifier
from qpilot.models.scaling import Floats
from qpilot.simulator.trace import Trace, UntraceableError, trace

REQUIRED = "every feature and weight in a gate; couplings, and none in the twin"


def shape(model: QuantumClassifier, X: Floats, emulator: Emulator) -> Check:
    """Qubits, depth and two-qubit gates after compiling; NO_GO where the circuit is not what it should be."""
    faults = tuple(faults_of(model.circuit))
    if faults:
        return Check(
            name="circuit", outcome=Outcome.NO_GO, observed=None, required=REQUIRED, reason=f"{'; '.join(faults)}."
        )
    settings = model.circuits(X[:1])
    compiled = emulator.compile(settings[0])
    couplings = sum(isinstance(step, Join) for step in compiled.steps)
    found = (
        f"{plural(len(compiled.labels), 'qubit')}, depth {depth(compiled)}, {plural(couplings, 'two-qubit gate')},"
        f" {plural(len(settings), 'circuit')} a row"
    )
    fidelity = float(np.exp(compiled.log_fidelity(emulator.device)))
    reason = f"{found} on {emulator.device.name}; all of it right {100 * fidelity:.0f} % of the time."
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


def depth(compiled: Compiled) -> int:
    """Layers of native gates, one-qubit runs counted as one."""
    ends = [0] * len(compiled.labels)
    for step in compiled.steps:
        slots = step.slots if isinstance(step, Join) else (step.slot,)
        end = 1 + max(ends[slot] for slot in slots)
        for slot in slots:
            ends[slot] = end
    return max(ends, default=0)


def _couplings(found: Trace) -> int:
    return sum(len(gate.wires) > 1 for gate in found.gates)
