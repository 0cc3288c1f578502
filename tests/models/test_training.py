"""Heads, loss and gradients against differences and against PennyLane."""

import numpy as np
import pennylane as qml
import pytest
from sklearn.metrics import log_loss

from qpilot.circuits import Circuit
from qpilot.models.heads import Linear, Perceptron
from qpilot.models.training import Training
from qpilot.simulator import Plan

HEADS = pytest.mark.parametrize("head", [Linear(3, 1), Linear(3, 3), Perceptron(3, 4, 1), Perceptron(3, 4, 3)])


def _problem(head) -> Training:
    rng = np.random.default_rng(2)
    classes = 2 if head.logits(np.zeros((1, head.words)), head.start(rng)).shape[1] == 1 else 3
    words = ("ZII", "IZI", "IIZ")[: head.words]
    targets = np.eye(classes)[rng.integers(0, classes, 10)]
    angles = rng.uniform(0, np.pi, (10, 3))
    return Training(Plan(Circuit("angle", "strongly-entangling", 2, 3)), words, head, angles, targets, 4)


@HEADS
def test_a_head_has_as_many_parameters_as_it_says(head):
    assert head.start(np.random.default_rng(0)).shape == (head.size,)


@HEADS
def test_the_gradient_of_circuit_and_head_is_that_of_central_differences(head):
    problem, rng = _problem(head), np.random.default_rng(1)
    parameters, rows = rng.normal(size=18 + head.size), np.array([0, 3, 4, 7, 9])
    loss, gradient = problem.loss_and_gradient(parameters, rows)
    steps = 1e-5 * np.eye(len(parameters))
    slopes = [(problem.loss(parameters + step, rows) - problem.loss(parameters - step, rows)) / 2e-5 for step in steps]
    assert loss == pytest.approx(problem.loss(parameters, rows), abs=1e-12)
    np.testing.assert_allclose(gradient, slopes, atol=1e-8)


def test_the_loss_is_the_cross_entropy_of_pennylanes_expectations():
    problem = _problem(Linear(3, 1))
    parameters = np.random.default_rng(1).normal(size=22)

    @qml.qnode(qml.device("default.qubit", wires=3))
    def expectation(x):
        qml.AngleEmbedding(x, wires=range(3), rotation="Y")
        qml.StronglyEntanglingLayers(parameters[:18].reshape(2, 3, 3), wires=range(3))
        return [qml.expval(qml.PauliZ(wire)) for wire in range(3)]

    logits = np.array([expectation(x) for x in problem.angles]) @ parameters[18:21] + parameters[21]
    likely = 1 / (1 + np.exp(-logits))
    expected = log_loss(problem.targets[:, 1], likely)
    assert problem.loss(parameters, np.arange(10)) == pytest.approx(expected, abs=1e-10)
