"""What our simulator computes, against PennyLane's default.qubit: gradients, kernel values, and the circuits for a device."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gates.records import Check, Outcome
from qpilot.circuits import Circuit
from qpilot.errors import QpilotError, unknown
from qpilot.models.classifier import Labels, QuantumClassifier
from qpilot.models.scaling import Floats
from qpilot.models.trained import TrainedClassifier
from qpilot.models.training import Training
from qpilot.program import Circuits, Probabilities

TOLERANCE = 1e-6
STEP = 1e-5
"""Central differences of the head's part, which no circuit enters: an error of about 1e-10."""


def gradient(model: TrainedClassifier, X: Floats, y: Labels, seed: int) -> Check:
    """Loss and gradient of the very problem the optimizer is given, after a few steps and at a random point."""
    problem = model.problem(model.scaling_.angles(X), y)
    rng = np.random.default_rng([seed, 9])
    head = model.head.start(rng)
    points = [
        np.concatenate([model.weights_, model.head_]),
        np.concatenate([rng.uniform(-np.pi, np.pi, model.circuit.weights), head]),
    ]
    worst = max(difference(problem, model.circuit, point) for point in points)
    return _close("gradient", worst, "the loss and its gradient")


def difference(problem: Training, circuit: Circuit, point: Floats) -> float:
    """The largest difference between the problem's own loss and gradient and those from default.qubit."""
    loss, slopes = problem.loss_and_gradient(point, np.arange(problem.rows))
    expected, others = reference(problem, circuit, point)
    return float(max(abs(loss - expected), np.max(np.abs(slopes - others))))


def reference(problem: Training, circuit: Circuit, point: Floats) -> tuple[float, Floats]:
    """Loss and gradient by backpropagation through default.qubit, and by differences through the head."""
    import pennylane as qml

    weights, own = np.split(point, [len(point) - problem.head.size])
    observables = [qml.pauli.string_to_pauli_word(word) for word in problem.words]
    device = qml.device("default.qubit", wires=circuit.qubits)

    def measured(free: Any, x: Any) -> Any:
        circuit.function(x, free)
        return [qml.expval(one) for one in observables]

    node = qml.QNode(measured, device, interface="autograd", diff_method="backprop")
    values = np.array([np.asarray(node(weights, x), dtype=float) for x in problem.angles])
    pull = _differences(lambda changed: _loss(problem, changed.reshape(values.shape), own), values.ravel())
    head = _differences(lambda changed: _loss(problem, values, changed), own)
    free = qml.numpy.array(weights, requires_grad=True)

    def weighted(free: Any, x: Any, slope: Any) -> Any:
        return qml.math.sum(qml.math.stack(node(free, x)) * slope)

    slope_of = qml.grad(weighted, argnums=0)
    parts = [slope_of(free, x, slope) for x, slope in zip(problem.angles, pull.reshape(values.shape), strict=True)]
    return _loss(problem, values, own), np.concatenate([np.sum(parts, axis=0, dtype=float).reshape(len(weights)), head])


def _loss(problem: Training, expectations: Floats, own: Floats) -> float:
    """Mean cross-entropy, written anew: log-sum-exp of the logits less the logit of the true class."""
    logits = problem.head.logits(expectations, own)
    full = np.hstack([np.zeros((len(logits), 1)), logits]) if logits.shape[1] == 1 else logits
    most = full.max(axis=1)
    total = most + np.log(np.exp(full - most[:, None]).sum(axis=1))
    return float(np.mean(total - (full * problem.targets).sum(axis=1)))


def _differences(function: Callable[[Floats], float], point: Floats) -> Floats:
    steps = STEP * np.eye(len(point))
    return np.array([(function(point + step) - function(point - step)) / (2 * STEP) for step in steps])


def kernel_values(model: QuantumClassifier, X: Floats) -> Check:
    """The kernel among rows, from default.qubit's states."""
    name = model.candidate.model
    if name not in KERNELS:
        raise QpilotError(f"{unknown('kernel', name, KERNELS)}; add how its values follow from states")
    kernel = getattr(model, "kernel")(X)  # noqa: B009 - only kernels have it
    others = KERNELS[name](model, states(model.circuit, model.scaling_.angles(X)))
    return _close("kernel values", float(np.max(np.abs(kernel - others))), "the kernel")


def _overlaps(_: QuantumClassifier, found: np.ndarray) -> Floats:
    return np.asarray(np.abs(found.conj() @ found.T) ** 2)


def _projected(model: QuantumClassifier, found: np.ndarray) -> Floats:
    paulis = (np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1]))
    qubits = model.circuit.qubits
    apart = found.reshape(len(found), *(2,) * qubits)
    features = []
    for wire in range(qubits):
        one = np.moveaxis(apart, 1 + wire, 1).reshape(len(found), 2, -1)
        density = np.einsum("nik,njk->nij", one, one.conj())
        features += [np.einsum("nij,ji->n", density, pauli).real for pauli in paulis]
    points = np.stack(features, axis=1)
    distances = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    return np.asarray(np.exp(-float(getattr(model, "gamma_")) * distances))  # noqa: B009 - only this kernel has it


KERNELS: Mapping[str, Callable[[QuantumClassifier, np.ndarray], Floats]] = {
    "fidelity-kernel": _overlaps,
    "projected-kernel": _projected,
}
"""How a kernel's values follow from states (n_rows, 2**qubits)."""


def states(circuit: Circuit, angles: Floats) -> np.ndarray:
    """(n_rows, 2**qubits) on default.qubit, of a circuit without weights."""
    import pennylane as qml

    def state(x: Any) -> Any:
        circuit.function(x)
        return qml.state()

    node = qml.QNode(state, qml.device("default.qubit", wires=circuit.qubits))
    return np.array([node(x) for x in angles]).reshape(len(angles), -1)


def device_circuits(model: QuantumClassifier, X: Floats) -> Check:
    """The gates that would be sent to a device, on default.qubit without noise, give the simulator's answers."""
    measured = tuple(map(_probabilities, model.circuits(X)))
    shown = model.decide(model.features(measured))
    return _close("device circuits", float(np.max(np.abs(shown - model.predict_proba(X)))), "the answers")


def _probabilities(circuits: Circuits) -> Probabilities:
    import pennylane as qml

    from qpilot.pennylane_device.tapes import tapes

    wanted = [qml.probs(wires=range(circuits.qubits))]
    scripts = [qml.tape.QuantumScript(tape.operations, wanted) for tape in tapes(circuits, 1)]
    found = qml.execute(scripts, qml.device("default.qubit", wires=circuits.qubits))
    return np.array(found, dtype=float).reshape(len(circuits), -1)


def _close(name: str, worst: float, what: str) -> Check:
    well = worst <= TOLERANCE  # NaN is not well
    said = f"{what[:1].upper()}{what[1:]} and PennyLane's default.qubit differ by {worst:.1e} at most."
    return Check(
        name=name,
        outcome=Outcome.GO if well else Outcome.NO_GO,
        observed=float(f"{worst:.3g}") if np.isfinite(worst) else None,
        required=f"within {TOLERANCE:g} of default.qubit",
        reason=said,
    )
