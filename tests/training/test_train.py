"""Training as a whole: every option works, is seeded, and says what it did."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_sample_weight

from qpilot.errors import UsageError
from qpilot.training.layerwise import phases
from qpilot.training.losses import cross_entropy
from qpilot.training.optimizers import OPTIMIZERS
from qpilot.training.settings import GRADIENT_FREE, Training
from qpilot.training.starts import STARTS
from qpilot.training.stopping import parted
from qpilot.training.telemetry import COLUMNS, Telemetry, Trained
from qpilot.training.train import begin, train
from tests.training.conftest import Readout

OPTIONS = [
    *({"start": name} for name in STARTS),
    {"layerwise": True},
    {"weight_decay": 0.01},
    {"dropout": 0.2},
    {"patience": 3},
    {"jitter": 0.1},
    {"mixup": 0.2},
    {"curriculum": True},
    {"class_weights": "balanced"},
]


def loss(network, found, rows) -> float:
    X, targets = rows
    logits = network.outputs(X, found.parameters)[:, 0]
    return float(np.mean(np.logaddexp(0, np.where(targets[:, 1] > 0, -logits, logits))))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_comes_near_what_logistic_regression_reaches(optimizer, network, rows, recipe):
    X, targets = rows
    reached = LogisticRegression(C=100).fit(X, targets[:, 1]).predict_log_proba(X)
    found = train(network, X, targets, recipe(optimizer, steps=150), 0)
    assert loss(network, found, rows) < 0.08 - (reached * targets).sum(axis=1).mean()


@pytest.mark.parametrize("given", OPTIONS, ids=lambda given: "-".join(map(str, next(iter(given.items())))))
def test_every_option_learns_the_same_bits_again_and_others_than_without_it(given, rows, recipe):
    network = Readout(depth=4)
    first, second = (train(network, *rows, recipe(steps=60, **given), 3) for _ in range(2))
    assert (first.parameters == second.parameters).all()
    assert first.telemetry == second.telemetry
    start = train(network, *rows, recipe(steps=1, **given), 3)
    assert loss(network, first, rows) < loss(network, start, rows)
    if given != {"start": "small"}:
        assert not np.array_equal(first.parameters, train(network, *rows, recipe(steps=60), 3).parameters)


@pytest.mark.parametrize("given", [{}, {"patience": 20}, {"curriculum": True, "jitter": 0.05, "mixup": 0.1}])
def test_values_are_learned_by_the_squared_error(given, network, rows, recipe):
    X = rows[0]
    values = np.cos(X[:, :1]) + 0.5 * np.cos(X[:, 1:])
    found = train(network, X, values, replace(recipe(steps=300, **given), loss="squared-error"), 0)
    assert np.mean((network.outputs(X, found.parameters) - values) ** 2) < 0.15 * values.var()


def test_seeds_differ(network, rows, recipe):
    assert not np.array_equal(*(train(network, *rows, recipe(steps=5), seed).parameters for seed in (0, 1)))


def test_an_option_leaves_the_draws_of_the_others_alone(network, rows, recipe):
    """Jitter of next to nothing changes next to nothing: batches come in the same order."""
    plain = train(network, *rows, recipe(steps=20), 0)
    jittered = train(network, *rows, recipe(steps=20, jitter=1e-9), 0)
    np.testing.assert_allclose(plain.parameters, jittered.parameters, atol=1e-5)


def test_early_stopping_ends_early_and_answers_the_best_it_saw(network, recipe):
    rng = np.random.default_rng(0)
    X, y = rng.uniform(0, np.pi, (40, 2)), rng.integers(0, 2, 40)  # nothing to learn: more steps only overfit
    calls = []
    wanted = recipe(steps=400, learning_rate=0.3, patience=4)
    found = train(network, X, np.eye(2)[y], wanted, 0, each=lambda *given: calls.append(given))
    assert len(calls) == len(found.telemetry) < 100
    assert len(found.telemetry.column("validation_error")) == len(calls)
    _, validated = parted(X, np.eye(2)[y], None, 0.2, True, 0)
    best = loss(network, found, (X[validated], np.eye(2)[y[validated]]))
    assert best == pytest.approx(found.telemetry.column("validation_loss")[-1 - 4], abs=1e-12)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_can_be_stopped(optimizer, network, rows, recipe):
    assert len(train(network, *rows, recipe(optimizer, steps=300, patience=1), 0).telemetry) < 75


def test_shots_are_seen_as_noise_of_the_size_they_have(rows, recipe):
    errors = []
    for shots in (100, 1600):
        wanted = recipe("spsa", steps=40, shots=shots)
        first, second = (train(Readout(shots=shots), *rows, wanted, 0) for _ in range(2))
        assert (first.parameters == second.parameters).all()
        errors.append(first.telemetry.column("shot_error")[-1])
        assert first.telemetry.origin.noise == {"shots": shots}
    assert 2.5 < errors[0] / errors[1] < 6, "a quarter of the error at sixteen times the shots"


def test_the_error_from_shots_is_the_spread_of_repeated_readings(rows, recipe):
    network, (X, targets) = Readout(shots=50), rows
    seen = train(network, X, targets, recipe("spsa", steps=40, shots=50), 0)
    rng = np.random.default_rng(1)
    losses = [cross_entropy(network.outputs(X, seen.parameters, rng), targets)[0].mean() for _ in range(300)]
    assert np.std(losses) == pytest.approx(seen.telemetry.column("shot_error")[-1], rel=0.3)


def test_a_warm_start_begins_where_it_is_told_and_nan_leaves_it_to_the_settings(network, rows, recipe):
    X, targets = rows
    settings = Training(start="uniform")
    plain = begin(network, X, settings, np.random.default_rng(0))
    given = np.where(np.arange(network.size) < 2, 0.7, np.nan)
    found = begin(network, X, settings, np.random.default_rng(0), given)
    assert found.tolist() == [0.7, 0.7, *plain[2:]]
    free = np.zeros(network.size, dtype=bool)
    assert (train(network, X, targets, recipe(steps=3), 0, start=found, free=free).parameters == found).all()
    with pytest.raises(UsageError, match="has 7 parameters"):
        begin(network, X, settings, np.random.default_rng(0), np.zeros(3))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_is_frozen_stays(optimizer, network, rows, recipe):
    free = np.arange(network.size) % 2 == 0
    start = np.random.default_rng(0).normal(size=network.size)
    found = train(network, *rows, recipe(optimizer, steps=20), 0, start=start, free=free).parameters
    assert (found[~free] == start[~free]).all()
    assert (found[free] != start[free]).all()


def test_layer_after_layer_then_halves_by_turns():
    network = Readout(depth=4)
    plan = phases(network, np.ones(network.size, dtype=bool), 160, True)
    trained = [tuple(k for k, layer in enumerate(network.layers) if phase.free[layer].all()) for phase in plan]
    assert trained == [(0,), (1,), (2,), (3,), (0, 1), (2, 3), (0, 1), (2, 3)]
    assert [phase.steps for phase in plan] == [20] * 8
    assert all(phase.free[network.parts["head"]].all() for phase in plan)
    frozen = np.arange(network.size) % 3 != 0
    assert all(not phase.free[~frozen].any() for phase in phases(network, frozen, 160, True))
    begun = begin(network, np.zeros((2, 2)), Training(layerwise=True), np.random.default_rng(0))
    assert (begun[network.layers[0]] != 0).all()
    assert (begun[2:8] == 0).all()


def test_every_phase_is_stopped_by_its_own_patience_and_the_steps_go_on(network, rows, recipe):
    whole = train(network, *rows, recipe(steps=64, batch=60, layerwise=True), 0).telemetry
    assert whole.column("step") == tuple(range(1, 65))
    begins = (0, 16, 32, 40, 48, 56)
    stopped = train(network, *rows, recipe(steps=64, batch=60, layerwise=True, patience=3, learning_rate=0.0), 0)
    steps = np.array(stopped.telemetry.column("step"))
    assert steps.tolist() == [*range(1, 5), *(begin + k for begin in begins[1:] for k in (1, 2, 3))]


@pytest.mark.parametrize("steps", [1, 7, 100])
@pytest.mark.parametrize("layerwise", [True, False])
def test_phases_share_out_all_steps(steps, layerwise, network):
    plan = phases(network, np.ones(network.size, dtype=bool), steps, layerwise)
    assert sum(phase.steps for phase in plan) == steps


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_telemetry_says_what_was_done(optimizer, network, rows, recipe):
    calls = []
    wanted = recipe(optimizer, steps=40, patience=40)
    found = train(network, *rows, wanted, 0, each=lambda step, steps, now: calls.append((step, steps, dict(now))))
    seen = found.telemetry
    assert {name.partition(".")[0] for name in seen.columns} == set(COLUMNS) - {"shot_error"}
    assert [(step, 40) for step in seen.column("step")] == [call[:2] for call in calls]
    assert [call[2]["loss"] for call in calls] == list(seen.column("loss"))
    parts = np.hypot(seen.column("gradient_norm.circuit"), seen.column("gradient_norm.head"))
    assert (parts >= 0.9 * np.array(seen.column("gradient_norm"))).all()
    assert all(0 <= value <= 1 + 1e-12 for value in seen.column("fidelity"))
    assert all(value == 48 for value in seen.column("effective_rows"))
    assert found.clock.shape == (len(seen), 2)
    assert (np.diff(found.clock, axis=0) >= 0).all()
    assert Telemetry.of(seen.plain()) == seen


def test_an_epochs_loss_is_that_of_its_own_batches_alone(rows, recipe):
    """With all rows in a batch: of the parameters that the step before left."""
    asked = []

    class Remembering(Readout):
        def pull(self, X, parameters, upstream, rng=None):
            asked.append(Trained(parameters.copy(), Telemetry(), np.zeros((0, 2))))
            return super().pull(X, parameters, upstream, rng)

    curve = train(Remembering(), *rows, recipe(steps=6, batch=60), 0).telemetry.column("loss")
    assert curve == pytest.approx([loss(Readout(), before, rows) for before in asked], abs=1e-12)


def test_validation_rows_weigh_what_their_class_does(network, rows, recipe):
    X, targets = rows[0][:40], rows[1][:40]
    y = targets.argmax(axis=1)
    found = train(network, X, targets, recipe(steps=30, patience=50, class_weights="balanced"), 0)
    _, validated = parted(X, targets, None, 0.2, True, 0)
    losses, _ = cross_entropy(network.outputs(X, found.parameters)[validated], targets[validated])
    weights = compute_sample_weight("balanced", y)[validated]
    assert np.ptp(weights) > 0.05
    reached = found.telemetry.column("validation_loss")
    assert np.abs(np.array(reached) - (weights * losses).mean()).min() < 1e-12


def test_circuits_are_counted(network, rows, recipe):
    """Ways through the simulator: forward and twice back for each row of each step; validation forward alone."""
    found = train(network, *rows, recipe(steps=8, batch=15), 0).telemetry
    assert found.column("circuits") == (180, 360)
    found = train(network, *rows, recipe("spsa", steps=8, batch=15), 0).telemetry
    assert found.column("circuits")[-1] == (10 + 8) * 2 * 15
    found = train(network, *rows, recipe(steps=8, batch=12, patience=9), 0).telemetry
    assert found.column("circuits") == (4 * 36 + 12, 2 * (4 * 36 + 12))


def test_fidelity_is_one_where_nothing_moves_the_circuit(network, rows, recipe):
    free = np.arange(network.size) >= 4
    found = train(network, *rows, recipe(steps=8), 0, free=free).telemetry
    np.testing.assert_allclose(found.column("fidelity"), 1)
    assert found.column("gradient_norm.circuit") == (0.0, 0.0)
    moved = train(network, *rows, recipe(steps=8), 0).telemetry
    assert max(moved.column("fidelity")) < 1 - 1e-6


def test_fidelity_is_with_the_epoch_before_not_with_the_start(network, rows, recipe):
    start = begin(network, rows[0], Training(), np.random.default_rng(0))
    found = train(network, *rows, recipe(steps=80), 0)
    now, first = (network.states(rows[0], parameters) for parameters in (found.parameters, start))
    assert found.telemetry.column("fidelity")[-1] > 0.95
    assert (np.abs((now.conj() * first).sum(axis=1)) ** 2).mean() < 0.8


@pytest.mark.parametrize(
    ("optimizer", "given", "says"),
    [
        *((name, {"gradient": "parameter-shift"}, "takes no gradient") for name in GRADIENT_FREE),
        ("adam", {"shots": 100}, "leave no adjoint gradient"),
        ("cobyla", {"jitter": 0.1, "curriculum": True}, "leave out jitter, curriculum"),
        ("natural-gradient", {"shots": 100, "gradient": "parameter-shift"}, "leave out shots"),
        ("adam", {"layerwise": True, "start": "identity-block"}, "choose another start"),
        ("gradient-descent", {}, "unknown optimizer.*adam"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(optimizer, given, says, network, rows, recipe):
    with pytest.raises(UsageError, match=says):
        train(network, *rows, recipe(optimizer, **given), 0)
