"""Kernel-target alignment against PennyLane's own, its slopes against differences, and through a circuit."""

import numpy as np
import pennylane as qml
import pytest

from qpilot.circuits import Circuit
from qpilot.models.kernels.feature_map import FeatureMap
from qpilot.training.alignment import alignment, centred


def _states(rows: int, qubits: int = 2) -> np.ndarray:
    drawn = np.random.default_rng(0).normal(size=(rows, 2 * 2**qubits))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def test_a_centred_kernel_is_that_of_features_less_their_mean():
    features = np.random.default_rng(1).normal(size=(7, 3))
    apart = features - features.mean(axis=0)
    np.testing.assert_allclose(centred(features @ features.T), apart @ apart.T, atol=1e-12)


def test_the_mean_loss_is_one_less_pennylanes_alignment_of_the_centred_kernel():
    outputs, y = _states(12), np.arange(12) % 2
    states = outputs.view(complex)
    kernel = np.abs(states.conj() @ states.T) ** 2
    middle = np.eye(12) - 1 / 12
    theirs = qml.kernels.target_alignment(
        list(range(12)), 2 * y - 1, lambda i, j: (middle @ kernel @ middle)[i, j], rescale_class_labels=False
    )
    assert alignment(outputs, np.eye(2)[y])[0].mean() == pytest.approx(1 - theirs, abs=1e-12), (
        "balanced labels are centred"
    )


def test_a_quantity_is_aligned_by_the_products_of_its_values():
    outputs, y = _states(12), np.random.default_rng(4).normal(size=12)
    y -= y.mean()
    states = outputs.view(complex)
    kernel = np.abs(states.conj() @ states.T) ** 2
    middle = np.eye(12) - 1 / 12
    theirs = qml.kernels.target_alignment(
        list(range(12)), y, lambda i, j: (middle @ kernel @ middle)[i, j], rescale_class_labels=False
    )
    assert alignment(outputs, y[:, None])[0].mean() == pytest.approx(1 - theirs, abs=1e-12)
    assert alignment(outputs, 3 * y[:, None] + 7)[0].mean() == pytest.approx(1 - theirs, abs=1e-12), "units say nothing"


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_slopes_are_those_of_differences_of_the_sum(classes):
    outputs, targets = _states(6), np.random.default_rng(2).dirichlet(np.ones(max(classes, 2)), 6)[:, :classes]
    _, slopes = alignment(outputs, targets)
    for row in range(6):
        for column in range(outputs.shape[1]):
            step = np.zeros_like(outputs)
            step[row, column] = 1e-6
            change = alignment(outputs + step, targets)[0].sum() - alignment(outputs - step, targets)[0].sum()
            assert slopes[row, column] == pytest.approx(change / 2e-6, abs=1e-7)


def test_a_kernel_that_is_the_labels_own_has_no_loss_and_one_class_alone_has_no_slope():
    y = np.arange(9) % 3
    perfect = np.eye(4, dtype=complex)[y].view(float)
    assert alignment(perfect, np.eye(3)[y])[0].mean() == pytest.approx(0, abs=1e-12)
    losses, slopes = alignment(perfect, np.eye(3)[np.zeros(9, dtype=int)])
    assert losses.tolist() == [1.0] * 9
    assert not slopes.any()


@pytest.mark.parametrize("encoding", ["angle", "zz", "reuploading"])
def test_the_gradient_through_a_circuit_is_that_of_default_qubits_kernel(encoding):
    circuit = Circuit(encoding, "hardware-efficient", 2, 3, interleaved=encoding != "reuploading")
    network, rng = FeatureMap(circuit), np.random.default_rng(3)
    X, y = rng.uniform(0, np.pi, (6, 3)), np.arange(6) % 2
    weights = rng.uniform(-1, 1, network.size)

    @qml.qnode(qml.device("default.qubit", wires=3))
    def state(x, free):
        circuit.function(x, free)
        return qml.state()

    def loss(free):
        states = np.array([state(x, free) for x in X])
        kernel = centred(np.abs(states.conj() @ states.T) ** 2)
        labels = centred(np.equal.outer(y, y).astype(float))
        return 1 - (kernel * labels).sum() / (np.linalg.norm(kernel) * np.linalg.norm(labels))

    found = {}

    def upstream(outputs):
        losses, slopes = alignment(outputs, np.eye(2)[y])
        found["loss"] = losses.mean()
        return slopes / len(y)

    _, gradient = network.pull(X, weights, upstream)
    steps = 1e-5 * np.eye(network.size)
    expected = [(loss(weights + step) - loss(weights - step)) / 2e-5 for step in steps]
    assert found["loss"] == pytest.approx(loss(weights), abs=1e-10)
    np.testing.assert_allclose(gradient, expected, atol=1e-8)
    assert np.abs(gradient).max() > 0.01
