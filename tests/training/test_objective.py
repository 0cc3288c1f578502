"""The loss an optimizer is given, against an independent one and against differences."""

from dataclasses import replace

import numpy as np
import pennylane as qml
import pytest
from sklearn.metrics import log_loss

from qpilot.training.examples import Batch, Examples, class_weights
from qpilot.training.objective import Chance, Objective
from qpilot.training.watch import Watch


@pytest.fixture
def objective(network, rows, recipe):
    """An objective of `free` parameters (all by default) around `point`."""

    def make(free=None, point=None, order=None, network=network, **given) -> Objective:
        X, targets = rows
        wanted = recipe(**given)
        weights = class_weights(wanted.settings.class_weights, targets, wanted.loss)
        examples = Examples(X, targets, weights)
        point = np.random.default_rng(8).normal(size=network.size) if point is None else point
        free = np.ones(network.size, dtype=bool) if free is None else free
        chance = Chance(None, np.random.default_rng(1))
        watch = Watch(network, examples, None, wanted, point, None, None, 0)
        return Objective(network, examples, wanted, chance, point, free, watch, order)

    return make


def everything(objective) -> Batch:
    return objective.draw(np.random.default_rng(0), 100)


def test_the_loss_is_the_log_loss_of_pennylanes_answers(objective, network):
    one = objective()
    batch = everything(one)
    weights, own = np.split(one.point, [4])

    @qml.qnode(qml.device("default.qubit", wires=2))
    def measured(x):
        qml.AngleEmbedding(x, wires=range(2), rotation="Y")
        for layer in weights.reshape(2, 2):
            for wire in range(2):
                qml.RY(layer[wire], wires=wire)
            qml.CNOT(wires=(0, 1))
        return [qml.expval(qml.PauliZ(wire)) for wire in range(2)]

    likely = 1 / (1 + np.exp(-(np.array([measured(x) for x in batch.X]) @ own[:2] + own[2])))
    assert one.loss(one.point, batch) == pytest.approx(log_loss(batch.targets[:, 1], likely), abs=1e-10)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"class_weights": "balanced"},
        {"weight_decay": 0.3},
        {"dropout": 0.5},
        {"jitter": 0.1, "mixup": 0.4, "weight_decay": 0.1, "dropout": 0.2},
    ],
)
@pytest.mark.parametrize("frozen", [False, True])
def test_the_gradient_is_that_of_central_differences(objective, network, given, frozen):
    free = np.arange(network.size) % 3 != 0 if frozen else None
    one = objective(free, **given)
    batch = next(one.batches(np.random.default_rng(2)))
    point = one.point[one.free]
    loss, gradient = one.loss_and_gradient(point, batch)
    steps = 1e-5 * np.eye(len(point))
    slopes = [(one.loss(point + step, batch) - one.loss(point - step, batch)) / 2e-5 for step in steps]
    assert loss == pytest.approx(one.loss(point, batch), abs=1e-12)
    np.testing.assert_allclose(gradient, slopes, atol=1e-8)


def test_weights_of_classes_make_the_loss_that_of_balanced_classes(objective):
    one = objective(class_weights="balanced")
    batch = everything(one)
    plain = Batch(batch.X, batch.targets, np.ones(len(batch.X)))
    halves = [Batch(batch.X[own], batch.targets[own], plain.weights[own]) for own in batch.targets.T.astype(bool)]
    expected = np.mean([one.loss(one.point, half) for half in halves])
    assert one.loss(one.point, batch) == pytest.approx(expected, abs=1e-12)


def test_weight_decay_is_half_the_squared_norm(objective):
    plain, decayed = objective(), objective(weight_decay=0.3)
    batch = everything(plain)
    more = decayed.loss(decayed.point, batch) - plain.loss(plain.point, batch)
    assert more == pytest.approx(0.15 * decayed.point @ decayed.point)


def test_weight_decay_leaves_input_scalings_alone(objective, network):
    """Numbers of the circuit that are no angles of a layer stand for something at other values than zero."""
    scaled = replace(network, scalings=2)
    plain, decayed = objective(network=scaled), objective(network=scaled, weight_decay=0.3)
    batch = everything(plain)
    more = decayed.loss(decayed.point, batch) - plain.loss(plain.point, batch)
    assert more == pytest.approx(0.15 * decayed.point[2:] @ decayed.point[2:])


def test_a_rotation_that_is_left_out_has_angle_zero(objective, network):
    one = objective(dropout=0.5)
    batch = next(one.batches(np.random.default_rng(2)))
    out = ~batch.kept
    assert 0 < out.sum() < 4
    at_zero = np.where(out, 0.0, one.point)
    assert one.loss(one.point, batch) == one.loss(at_zero, batch)


def test_a_curriculum_lets_the_hard_rows_in_by_and_by(objective, rows):
    order = np.random.default_rng(0).permutation(60)
    one = objective(order=order, steps=20, batch=10)
    batches = one.batches(np.random.default_rng(0))

    def seen(batch):
        return {int(np.flatnonzero((rows[0] == row).all(axis=1))[0]) for row in batch.X}

    first = set().union(*(seen(next(batches)) for _ in range(3)))
    assert first == set(order[:24])
    for _ in range(12):
        next(batches)
    rest = set().union(*(seen(next(batches)) for _ in range(12)))
    assert rest == set(range(60))


def test_the_metric_is_of_free_angles_alone(objective, network):
    free = np.array([True, False, True, True, False, True, True])
    blocks = objective(free).metric(np.zeros(5), everything(objective()))
    assert {block: metric.shape for block, metric in blocks.items()} == {(0,): (1, 1), (1, 2): (2, 2)}
