"""The gradient through encoder, circuit and decoder, against PennyLane and differences, with every way to take it."""

import numpy as np
import pytest

from qpilot.circuits import Circuit
from qpilot.inspection.numerics import reference
from qpilot.models.dense import Angles, Linear, Perceptron
from qpilot.models.network import CircuitNetwork
from qpilot.models.readout import OBSERVABLES, parities
from qpilot.training.losses import LOSSES

LAYERS = pytest.mark.parametrize(
    "layer", [Linear(3, 1), Linear(3, 4), Perceptron(3, 4, 1), Perceptron(3, 4, 3), Angles(Perceptron(3, 2, 4))]
)
CIRCUITS = [
    Circuit("angle", "strongly-entangling", 2, 3),
    Circuit("zz", "real-amplitudes", 1, 3),
    Circuit("dense-angle", "hardware-efficient", 2, 3),
    Circuit("amplitude", "strongly-entangling", 1, 3),
    Circuit("reuploading", "strongly-entangling", 2, 3),
    Circuit("angle", "tree-tensor", 1, 4),
]


def network(circuit: Circuit, encoder: str, observable: str = "local", outputs: int = 3, **given) -> CircuitNetwork:
    words = OBSERVABLES[observable](circuit.reads, circuit.qubits)
    layers = {
        "none": None,
        "linear": Angles(Linear(5, circuit.features)),
        "mlp": Angles(Perceptron(5, 3, circuit.features)),
    }
    return CircuitNetwork(circuit, words, layers[encoder], Perceptron(len(words), 3, outputs), **given)


def problem(made: CircuitNetwork) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    features = made.circuit.features if made.encoder is None else made.encoder.inputs
    classes = max(2, made.decoder.outputs)
    X, targets = rng.uniform(0.2, 2.5, (4, features)), np.eye(classes)[rng.integers(0, classes, 4)]
    return X, targets, made.start(rng) + rng.normal(0, 0.4, made.size)


def loss_and_gradient(made: CircuitNetwork, X, targets, point, rng=None) -> tuple[float, np.ndarray]:
    losses = []

    def upstream(outputs):
        each, slopes = LOSSES["cross-entropy"](outputs, targets)
        losses.append(float(np.mean(each)))
        return slopes / len(X)

    _, gradient = made.pull(X, point, upstream, rng)
    return losses[0], gradient


@LAYERS
def test_a_layer_pulls_as_differences_say(layer):
    rng = np.random.default_rng(0)
    X, slopes, point = rng.normal(size=(6, 3)), rng.normal(size=(6, layer.outputs)), layer.start(rng)
    assert point.shape == (layer.size,)
    found = layer.pull(X, point, slopes)

    def moved(step, by):
        return (layer.values(X + by, point + step) * slopes).sum()

    own = [(moved(step, 0) - moved(-step, 0)) / 2e-5 for step in 1e-5 * np.eye(layer.size)]
    np.testing.assert_allclose(found.parameters, own, atol=1e-7)
    for row in range(2):
        for column in range(3):
            by = np.zeros_like(X)
            by[row, column] = 1e-5
            assert found.inputs[row, column] == pytest.approx((moved(0, by) - moved(0, -by)) / 2e-5, abs=1e-7)


@pytest.mark.parametrize("circuit", CIRCUITS, ids=lambda circuit: f"{circuit.encoding}-{circuit.ansatz}")
@pytest.mark.parametrize("encoder", ["none", "linear", "mlp"])
def test_loss_and_gradient_of_the_whole_network_are_pennylanes(circuit, encoder):
    made = network(circuit, encoder)
    X, targets, point = problem(made)
    loss, gradient = loss_and_gradient(made, X, targets, point)
    expected, others = reference(made, X, targets, point)
    assert loss == pytest.approx(expected, abs=1e-9)
    np.testing.assert_allclose(gradient, others, atol=1e-7)


@pytest.mark.parametrize("observable", OBSERVABLES)
@pytest.mark.parametrize("outputs", [1, 3])
def test_central_differences_of_the_loss_agree_from_end_to_end(observable, outputs):
    made = network(CIRCUITS[0], "mlp", observable, outputs)
    X, targets, point = problem(made)
    _, gradient = loss_and_gradient(made, X, targets, point)
    steps = 1e-5 * np.eye(made.size)
    slopes = [
        (loss_and_gradient(made, X, targets, point + step)[0] - loss_and_gradient(made, X, targets, point - step)[0])
        / 2e-5
        for step in steps
    ]
    np.testing.assert_allclose(gradient, slopes, atol=1e-8)


@pytest.mark.parametrize("method", ["parameter-shift", "finite-difference"])
@pytest.mark.parametrize("encoder", ["none", "linear"])
def test_every_way_to_a_gradient_leads_to_the_same_one(method, encoder):
    made = network(CIRCUITS[0], encoder)
    X, targets, point = problem(made)
    _, exact = loss_and_gradient(made, X, targets, point)
    _, other = loss_and_gradient(network(CIRCUITS[0], encoder, gradient=method), X, targets, point)
    np.testing.assert_allclose(other, exact, atol=1e-7)


@pytest.mark.parametrize("method", ["parameter-shift", "finite-difference"])
def test_shots_scatter_about_the_exact_gradient_and_only_where_a_generator_is_given(method):
    made = network(CIRCUITS[0], "linear", gradient=method, shots=2000)
    X, targets, point = problem(made)
    exact = network(CIRCUITS[0], "linear")
    assert (made.outputs(X, point) == exact.outputs(X, point)).all()
    rng = np.random.default_rng(1)
    sampled = np.array([made.outputs(X, point, rng) for _ in range(30)])
    spread = sampled.std(axis=0)
    assert (spread > 0).all()
    assert (abs(sampled.mean(axis=0) - exact.outputs(X, point)) < 5 * spread / np.sqrt(30) + 0.01).all()
    gradients = np.array([loss_and_gradient(made, X, targets, point, rng)[1] for _ in range(12)])
    off = gradients.mean(axis=0) - loss_and_gradient(exact, X, targets, point)[1]
    assert (abs(off) < 6 * gradients.std(axis=0) / np.sqrt(12) + 0.02).all()


def test_circuits_are_counted_as_the_gradient_takes_them():
    circuit = CIRCUITS[0]
    assert network(circuit, "linear").circuits(10, gradient=False) == 10
    assert network(circuit, "linear").circuits(10, gradient=True) == 30
    shifted = {encoder: network(circuit, encoder, gradient="parameter-shift") for encoder in ("none", "linear")}
    assert shifted["none"].circuits(10, gradient=True) == 10 * (1 + 2 * 18)
    assert shifted["linear"].circuits(10, gradient=True) == 10 * (1 + 2 * (18 + 3))
    assert network(circuit, "linear", gradient="finite-difference").circuits(1, gradient=True) == 1 + 2 * 21


def test_parts_and_layers_cover_the_parameters_without_overlap():
    made = network(CIRCUITS[4], "mlp")
    assert [(name, part.start, part.stop) for name, part in made.parts.items()] == [
        ("encoder", 0, 30),
        ("circuit", 30, 54),
        ("head", 54, made.size),
    ]
    scalings = made.circuit.scalings
    assert [(layer.start, layer.stop) for layer in made.layers] == [(36, 45), (45, 54)]
    assert (made.start(np.random.default_rng(0))[30 + scalings.start : 30 + scalings.stop] == 1).all()


def test_states_are_those_the_expectations_are_taken_in():
    made = network(CIRCUITS[0], "linear")
    X, _, point = problem(made)
    likely = np.abs(made.states(X, point)) ** 2
    np.testing.assert_allclose(likely[:, :4].sum(axis=1) - likely[:, 4:].sum(axis=1), made.expectations(X, point)[:, 0])


@pytest.mark.parametrize("observable", OBSERVABLES)
@pytest.mark.parametrize("circuit", [CIRCUITS[0], CIRCUITS[5]], ids=["all wires", "those a tree leaves"])
def test_words_are_read_off_measured_probabilities(observable, circuit):
    made = network(circuit, "none", observable)
    X, _, point = problem(made)
    likely = np.abs(made.states(X, point)) ** 2
    np.testing.assert_allclose(parities(likely, made.words), made.expectations(X, point), atol=1e-12)
