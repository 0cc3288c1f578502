"""What our simulator computes, against PennyLane's default.qubit: gradients, kernel values, and the circuits for a device."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gates.records import Check, Outcome
from qpilot.circuits import Circuit
from qpilot.errors import QpilotError, unknown
from qpilot.models.model import Answers, QuantumModel
from qpilot.models.network import CircuitNetwork
from qpilot.models.regressor import QuantumRegressor
from qpilot.models.scaling import Floats
from qpilot.models.trained import TrainedModel
from qpilot.program import Circuits, Probabilities
from qpilot.training.losses import LOSSES

TOLERANCE = 1e-6
STEP = 1e-5
"""Central differences of the classical layers, which no circuit enters: an error of about 1e-10."""


def gradient(model: TrainedModel, X: Floats, y: Answers, seed: int) -> Check:
    """Loss and gradient of the very network the optimizer is given, after a few steps and at a random point."""
    network = model.network
    if isinstance(model, QuantumRegressor):
        loss, targets = "squared-error", ((y - model.centre_) / model.spread_)[:, None]
    else:
        loss, targets = "cross-entropy", np.eye(model.columns)[y]
    rng = np.random.default_rng([seed, 9])
    drawn = network.start(rng)
    drawn[network.parts["circuit"]] = rng.uniform(-np.pi, np.pi, model.circuit.weights)
    worst = max(difference(network, model.scaled(X), targets, point, loss) for point in (model.parameters_, drawn))
    return _close("gradient", worst, "the loss and its gradient")


def difference(
    network: CircuitNetwork, X: Floats, targets: Floats, point: Floats, loss: str = "cross-entropy"
) -> float:
    """The largest difference between the network's own loss and gradient and those from default.qubit.

    X: (n_rows, n_features), scaled; targets: (n_rows, n_classes), one-hot, or values (n_rows, 1); point: (size,). loss: one
    of REFERENCES.
    """
    mean = np.nan

    def upstream(outputs: Floats) -> Floats:
        nonlocal mean
        losses, slopes = LOSSES[loss](outputs, targets)
        mean = float(np.mean(losses))
        return slopes / len(X)

    _, slopes = network.pull(X, point, upstream)
    expected, others = reference(network, X, targets, point, loss)
    return float(max(abs(mean - expected), np.max(np.abs(slopes - others))))


def reference(
    network: CircuitNetwork, X: Floats, targets: Floats, point: Floats, loss: str = "cross-entropy"
) -> tuple[float, Floats]:
    """Loss and gradient by backpropagation through default.qubit, and by differences through the classical layers."""
    import pennylane as qml

    circuit, parts, mean = network.circuit, network.parts, REFERENCES[loss]
    front, weights, own = (
        point[parts[part]] if part in parts else point[:0] for part in ("encoder", "circuit", "head")
    )
    observables = [qml.pauli.string_to_pauli_word(word) for word in network.words]

    def inputs(changed: Floats) -> Floats:
        return circuit.prepare(X if network.encoder is None else network.encoder.values(X, changed))

    def measured(free: Any, x: Any) -> Any:
        circuit.function(x, free)
        return [qml.expval(one) for one in observables]

    device = qml.device("default.qubit", wires=circuit.qubits)
    node = qml.QNode(measured, device, interface="autograd", diff_method="backprop")
    taken = inputs(front)
    values = np.array([np.asarray(node(weights, x), dtype=float) for x in taken])
    pull = _differences(
        lambda changed: mean(network.decoder.values(changed.reshape(values.shape), own), targets), values.ravel()
    )
    head = _differences(lambda changed: mean(network.decoder.values(values, changed), targets), own)

    def weighted(free: Any, x: Any, slope: Any) -> Any:
        return qml.math.sum(qml.math.stack(node(free, x)) * slope)

    free = qml.numpy.array(weights, requires_grad=True)
    slope_of = qml.grad(weighted, argnums=[0, 1])
    rows = [
        slope_of(free, qml.numpy.array(x, requires_grad=True), slope)
        for x, slope in zip(taken, pull.reshape(values.shape), strict=True)
    ]
    by_weight = np.sum([found for found, _ in rows], axis=0, dtype=float).reshape(len(weights))
    by_input = np.array([found for _, found in rows], dtype=float)
    encoder = _differences(lambda changed: float((inputs(changed) * by_input).sum()), front)
    return mean(network.decoder.values(values, own), targets), np.concatenate([encoder, by_weight, head])


def _cross_entropy(logits: Floats, targets: Floats) -> float:
    """Log-sum-exp of the logits less the logit of the true class."""
    full = np.hstack([np.zeros((len(logits), 1)), logits]) if logits.shape[1] == 1 else logits
    most = full.max(axis=1)
    total = most + np.log(np.exp(full - most[:, None]).sum(axis=1))
    return float(np.mean(total - (full * targets).sum(axis=1)))


def _squared_error(values: Floats, targets: Floats) -> float:
    return float(((values[:, 0] - targets[:, 0]) ** 2).mean() / 2)


REFERENCES: Mapping[str, Callable[[Floats, Floats], float]] = {
    "cross-entropy": _cross_entropy,
    "squared-error": _squared_error,
}
"""Mean losses of outputs (n_rows, n_outputs), written anew."""


def _differences(function: Callable[[Floats], float], point: Floats) -> Floats:
    steps = STEP * np.eye(len(point))
    return np.array([(function(point + step) - function(point - step)) / (2 * STEP) for step in steps])


def kernel_values(model: QuantumModel, X: Floats) -> Check:
    """The kernel among rows, from default.qubit's states."""
    name = model.candidate.model
    if name not in KERNELS:
        raise QpilotError(f"{unknown('kernel', name, KERNELS)}; add how its values follow from states")
    kernel = getattr(model, "kernel")(X)  # noqa: B009 - only kernels have it
    found = states(model.circuit, model.inputs(X), getattr(model, "weights_", None))
    others = KERNELS[name](model, found)
    return _close("kernel values", float(np.max(np.abs(kernel - others))), "the kernel")


def _overlaps(_: QuantumModel, found: np.ndarray) -> Floats:
    return np.asarray(np.abs(found.conj() @ found.T) ** 2)


def _projected(model: QuantumModel, found: np.ndarray) -> Floats:
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


KERNELS: Mapping[str, Callable[[QuantumModel, np.ndarray], Floats]] = {
    "fidelity-kernel": _overlaps,
    "projected-kernel": _projected,
    "trainable-kernel": _overlaps,
}
"""How a kernel's values follow from states (n_rows, 2**qubits)."""


def states(circuit: Circuit, angles: Floats, weights: Floats | None = None) -> np.ndarray:
    """(n_rows, 2**qubits) on default.qubit."""
    import pennylane as qml

    def state(x: Any) -> Any:
        circuit.function(x, weights)
        return qml.state()

    node = qml.QNode(state, qml.device("default.qubit", wires=circuit.qubits))
    return np.array([node(x) for x in angles]).reshape(len(angles), -1)


def device_circuits(model: QuantumModel, X: Floats) -> Check:
    """The gates that would be sent to a device, on default.qubit without noise, give the simulator's answers."""
    measured = tuple(map(_probabilities, model.circuits(X)))
    apart = np.abs(model.decide(model.features(measured)) - model.decide(model.exact(X)))
    if isinstance(model, QuantumRegressor):
        return _close(
            "device circuits", float(np.max(apart)) / model.spread_, "the answers, by the target's standard deviation,"
        )
    return _close("device circuits", float(np.max(apart)), "the answers")


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
