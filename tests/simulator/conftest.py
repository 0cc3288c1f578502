"""PennyLane's default.qubit, one row at a time: what the engine is held against."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pennylane as qml
import pytest


def states(circuit, X, weights):
    def run(x):
        circuit.function(x, weights)
        return qml.state()

    node = qml.QNode(run, qml.device("default.qubit", wires=circuit.qubits))
    return np.array([node(x) for x in X])


def expectations(circuit, X, weights, words):
    matrices = [qml.pauli.string_to_pauli_word(word) for word in words]
    matrices = [qml.matrix(word, wire_order=range(circuit.qubits)) for word in matrices]
    return np.array([[np.vdot(psi, P @ psi).real for P in matrices] for psi in states(circuit, X, weights)])


def gradient(circuit, X, weights, words, upstream):
    observables = [qml.pauli.string_to_pauli_word(word) for word in words]

    def run(free, x, slope):
        circuit.function(x, free)
        return qml.expval(qml.dot(slope, observables))

    node = qml.QNode(run, qml.device("default.qubit", wires=circuit.qubits), diff_method="backprop")
    free = qml.numpy.array(weights, requires_grad=True)
    return sum(qml.grad(node, argnums=0)(free, x, slope) for x, slope in zip(X, upstream, strict=True))


def input_gradient(circuit, X, weights, words, upstream):
    observables = [qml.pauli.string_to_pauli_word(word) for word in words]

    def run(x, slope):
        circuit.function(x, weights)
        return qml.expval(qml.dot(slope, observables))

    node = qml.QNode(run, qml.device("default.qubit", wires=circuit.qubits), diff_method="backprop")
    rows = [qml.numpy.array(x, requires_grad=True) for x in X]
    return np.array([qml.grad(node, argnums=0)(x, slope) for x, slope in zip(rows, upstream, strict=True)])


def states_gradient(circuit, X, weights, anchors):
    """d/d weights of the sum over rows of |<anchor|psi(x)>|^2."""

    def run(x, free):
        circuit.function(x, free)
        return qml.state()

    node = qml.QNode(run, qml.device("default.qubit", wires=circuit.qubits), diff_method="backprop")

    def fidelity(free):
        return sum(
            qml.math.abs(qml.math.sum(np.conj(anchor) * node(x, free))) ** 2
            for x, anchor in zip(X, anchors, strict=True)
        )

    return qml.grad(fidelity)(qml.numpy.array(weights, requires_grad=True))


def same_rays(ours, theirs, atol=1e-10) -> bool:
    """Whether two sets of states agree row by row up to a phase each."""
    phases = np.einsum("nz,nz->n", theirs.conj(), ours)
    return np.allclose(ours, theirs * phases[:, None], rtol=0, atol=atol) and np.allclose(abs(phases), 1, atol=atol)


@pytest.fixture(scope="session")
def default_qubit() -> SimpleNamespace:
    return SimpleNamespace(
        states=states,
        expectations=expectations,
        gradient=gradient,
        input_gradient=input_gradient,
        states_gradient=states_gradient,
        same_rays=same_rays,
    )


@pytest.fixture(scope="session")
def written() -> Callable[..., SimpleNamespace]:
    """A circuit from a function that queues PennyLane operations."""

    def make(function, qubits, inputs, weights):
        return SimpleNamespace(function=function, qubits=qubits, inputs=inputs, weights=weights)

    return make
