"""The contract of every registered model where its answer is a quantity."""

import json

import numpy as np
import pennylane as qml
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score

from qpilot.bundle import described, fitted
from qpilot.errors import QpilotError, RowsError, UsageError
from qpilot.models import MODELS
from qpilot.models.building import build
from qpilot.models.foundation import of
from qpilot.models.pretraining import Rows
from qpilot.models.regressor import QuantumRegressor
from qpilot.models.state import restore
from qpilot.prototype.comparison.stress import quantised
from qpilot.prototype.fitted import Fitted, parameters
from qpilot.training.losses import squared_error
from qpilot.training.recipe import Recipe
from qpilot.training.train import train
from tests.models.conftest import waved

EVERY = pytest.mark.parametrize("kind", MODELS)
TRAINED = pytest.mark.parametrize("kind", [name for name, kind in MODELS.items() if kind.family != "kernel"])
KERNELS = [name for name, kind in MODELS.items() if kind.family == "kernel"]


@pytest.fixture
def regressor(candidate, built):
    def make(kind: str, seed: int = 1, entangled: bool = True, **given: object) -> QuantumRegressor:
        given = (
            {"frozen": False, **given} if kind == "transfer" else given
        )  # the other data set is about something else
        return built(candidate(kind, **given), seed, None, entangled, quantity=True)

    return make


@EVERY
def test_a_model_learns_a_sine_of_one_feature_in_the_targets_units(kind, regressor):
    X, y = waved(150)
    settings = {"learning_rate": 0.1, "steps": 150} if MODELS[kind].trainable else {"bandwidth": "auto"}
    model = regressor(kind, encoding="angle", **settings).fit(X[:100], y[:100])
    answers = model.predict(X)
    assert (answers.shape, answers.dtype) == ((150,), np.float64)
    assert model.score(X[100:], y[100:]) == r2_score(y[100:], answers[100:]) > 0.55


@EVERY
def test_a_model_beats_the_mean_on_real_rows(kind, regressor):
    X, y = load_diabetes(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    X, y = X[order][:, [2, 3, 8]], y[order]
    settings = {"steps": 150} if MODELS[kind].trainable else {}
    assert regressor(kind, encoding="angle", **settings).fit(X[:200], y[:200]).score(X[200:], y[200:]) > 0.25


@EVERY
@pytest.mark.parametrize("entangled", [True, False])
def test_measuring_the_circuits_on_pennylane_gives_the_exact_answer(kind, entangled, regressor, measured):
    X, y = waved(24)
    model = regressor(kind, entangled=entangled).fit(X, y)
    settings = model.circuits(X[:4])
    features = model.features(tuple(measured(setting) for setting in settings))
    assert model.decide(features).shape == (4, model.columns) == (4, 1)
    assert (model.decide(features)[:, 0] == model.answer(features)).all()
    np.testing.assert_allclose(model.answer(features), model.predict(X[:4]), atol=1e-8)
    couplings = [gate for setting in settings for gate in setting.gates if len(gate.wires) > 1]
    assert bool(couplings) == entangled, "the twin has no entangling gate, the model has"


@TRAINED
@pytest.mark.parametrize("encoding", ["angle", "reuploading"])
def test_the_gradient_of_the_squared_error_is_that_of_default_qubit(kind, encoding, regressor):
    X, y = waved(5)
    model = regressor(kind, encoding=encoding, steps=1).fit(X, y)
    network, rows, targets = model.network, model.scaled(X), (y[:, None] - y.mean()) / y.std()
    words = [qml.pauli.string_to_pauli_word(word, dict(zip(range(3), range(3), strict=True))) for word in network.words]

    @qml.qnode(qml.device("default.qubit", wires=3))
    def run(row, weights):
        network.circuit.function(row, weights)
        return [qml.expval(word) for word in words]

    def loss(point):
        head, weights = point[network.parts["head"]], point[network.parts["circuit"]]
        seen = np.array([run(row, weights) for row in network.inputs(rows, point)])
        return 0.5 * np.mean((network.decoder.values(seen, head) - targets) ** 2)

    def upstream(outputs):
        return squared_error(outputs, targets)[1] / len(rows)

    point = np.random.default_rng(2).normal(0, 0.7, network.size)
    _, gradient = network.pull(rows, point, upstream)
    steps = 1e-5 * np.eye(network.size)
    expected = [(loss(point + step) - loss(point - step)) / 2e-5 for step in steps]
    np.testing.assert_allclose(gradient, expected, atol=1e-7)
    assert np.abs(gradient).max() > 0.01


@EVERY
def test_a_restored_model_answers_the_same_bits_and_its_state_is_json_and_arrays(kind, regressor):
    X, y = waved()
    model = regressor(kind, entangled=False).fit(X, y)
    state = model.state()
    arrays = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
    scalars = {name: value for name, value in state.items() if name not in arrays}
    again = restore({**json.loads(json.dumps(scalars, allow_nan=False)), **arrays})
    assert (again.predict(X) == model.predict(X)).all()
    assert type(again) is type(model)
    assert {**again.get_params(), "backbone": None} == {**model.get_params(), "backbone": None}
    assert (again.parameters, again.telemetry_) == (model.parameters, model.telemetry_)
    first, second = model.circuits(X[:2]), again.circuits(X[:2])
    assert all((one.angles == two.angles).all() for one, two in zip(first, second, strict=True))


@EVERY
def test_a_kept_model_answers_the_same_bits(kind, regressor):
    X, y = waved(40)
    model = Fitted(kind, MODELS[kind].family, None, regressor(kind).fit(X, y), 0.1)
    again = fitted("finalist", described("finalist", model))
    assert (again.predict(X) == model.predict(X)).all()
    assert parameters(again) == parameters(model)
    coarse = quantised(model, 3)
    assert np.abs(coarse.predict(X) - model.predict(X)).max() > 0.01
    assert (coarse.estimator.centre_, coarse.estimator.spread_) == (model.estimator.centre_, model.estimator.spread_)


@EVERY
def test_every_missing_or_broken_part_of_a_state_is_noticed(kind, regressor):
    state = regressor(kind).fit(*waved(30)).state()
    for name in state:
        with pytest.raises(QpilotError, match="inconsistent"):
            restore({key: value for key, value in state.items() if key != name})
    for name in [name for name, value in state.items() if isinstance(value, np.ndarray) and value.size]:
        with pytest.raises(QpilotError, match=r"NaN|inconsistent"):
            restore({**state, name: state[name] * np.nan})
    for change in ({"centre": float("nan")}, {"spread": 0.0}, {"spread": "wide"}, {"quantity": "yes"}):
        with pytest.raises(QpilotError, match="inconsistent"):
            restore({**state, **change})


def test_a_classifiers_state_says_nothing_of_quantities_and_stays_one(candidate, clouds):
    X, y = clouds(2)
    state = build(candidate("variational"), 1, 2).fit(X, y).state()
    assert not {"quantity", "centre", "spread"} & set(state)
    assert restore(state).predict_proba(X).shape == (len(X), 2)


@EVERY
def test_the_same_seed_gives_the_same_model_and_scikit_learn_can_clone_it(kind, regressor):
    X, y = waved(40)
    model = regressor(kind, seed=7)
    first = model.fit(X, y).predict(X)
    assert (clone(model).fit(X, y).predict(X) == first).all()


@EVERY
def test_the_units_of_the_target_change_nothing_but_the_units_of_the_answer(kind, regressor):
    X, y = waved(40)
    own, other = (regressor(kind).fit(X, values).predict(X) for values in (y, 2.0**20 * y))
    assert (2.0**20 * own == other).all(), "a power of two rounds nothing"


@EVERY
@pytest.mark.parametrize("value", [0.0, 123.456, -3e7])
def test_of_rows_that_all_say_the_same_it_says_that_too(kind, value, regressor):
    X, _ = waved(30)
    model = regressor(kind, **({"steps": 200} if MODELS[kind].trainable else {})).fit(X, np.full(30, value))
    np.testing.assert_allclose(model.predict(X), value, atol=0.2)
    assert model.spread_ == 1.0, "what rounding leaves of a mean is no spread"
    assert (restore(model.state()).predict(X) == model.predict(X)).all()


@EVERY
def test_two_rows_are_enough_to_fit_and_far_rows_get_finite_answers(kind, regressor):
    model = regressor(kind).fit(np.eye(2, 3), [0.5, 2.0])
    assert np.isfinite(model.predict(np.vstack([np.eye(2, 3), np.full((1, 3), 1e6)]))).all()


@EVERY
@pytest.mark.parametrize(
    ("X", "y", "says"),
    [
        (np.zeros((4, 0)), [0, 1, 0, 1], "0 feature"),
        (np.full((4, 3), np.nan), [0, 1, 0, 1], "X holds NaN or infinite"),
        (np.eye(3), [1.0, np.nan, 2.0], "y contains NaN.: a quantity is a finite number in every row"),
        (np.eye(3), [1.0, np.inf, 2.0], "y contains infinity"),
        (np.eye(3), ["low", "high", "low"], "a quantity is a finite number in every row"),
        (np.eye(3), [0, 1], "one value a row"),
        (np.eye(3), [1e308, -1e308, 1e308], "too large"),
        (np.eye(1, 3), [1.0], "n_samples = 1: a quantity takes 2 training rows"),
        (np.eye(3), None, "requires y"),
    ],
)
def test_rows_a_model_cannot_use_are_named(kind, X, y, says, regressor):
    with pytest.raises(RowsError, match=says):
        regressor(kind).fit(X, y)


OPTIONS = [
    {"training": {"mixup": 0.3}},
    {"training": {"jitter": 0.1}},
    {"training": {"curriculum": True}},
    {"training": {"layerwise": True}},
    {"training": {"dropout": 0.1}},
    {"training": {"weight_decay": 0.01}},
    {"training": {"patience": 8, "validation": 0.3}},
    {"training": {"start": "beta"}},
    {"training": {"gradient": "parameter-shift", "shots": 400}},
    {"training": {"gradient": "finite-difference"}},
    {"optimizer": "natural-gradient"},
    {"optimizer": "spsa", "steps": 400},
    {"optimizer": "cobyla", "steps": 300},
    {"observable": "global"},
    {"encoding": "dense-angle", "qubits": 2},
    {"encoding": "reuploading"},
]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: str(option)[:60])
def test_every_way_to_train_a_circuit_works_with_values(option, regressor):
    X, y = waved(100)
    model = regressor("variational", **{"encoding": "angle", "steps": 80, "learning_rate": 0.1, **option}).fit(X, y)
    assert model.score(X, y) > 0.4
    assert np.isfinite(model.telemetry_.epochs).all()


@pytest.mark.parametrize("encoder", ["linear", "mlp", "autoencoder"])
@pytest.mark.parametrize("decoder", ["linear", "mlp"])
def test_classical_layers_around_a_circuit_learn_values_with_it(encoder, decoder, regressor):
    X, y = waved(100)
    model = regressor("hybrid", encoder=encoder, decoder=decoder, steps=120, learning_rate=0.1).fit(X, y)
    assert model.score(X, y) > 0.5


def test_early_stopping_keeps_groups_together_and_ends_where_nothing_is_learned(regressor):
    X, noise = waved(100)[0], np.random.default_rng(0).normal(size=100)
    settings = {"steps": 400, "learning_rate": 0.1, "training": {"patience": 4}}
    model = regressor("variational", **settings).fit(X, noise, groups=np.arange(100) // 5)
    assert 4 < len(model.telemetry_) < 100
    assert len(model.telemetry_.column("validation_loss")) == len(model.telemetry_)
    with pytest.raises(RowsError, match=r"patience needs validation rows .* there is only 1 that may be parted"):
        regressor("variational", **settings).fit(X, noise, groups=np.zeros(100))


@pytest.mark.parametrize("kind", ["variational", "hybrid"])
def test_class_weights_are_refused(kind, regressor):
    with pytest.raises(
        UsageError, match='class_weights = "balanced" weighs the losses of single rows, not squared-error'
    ):
        regressor(kind, training={"class_weights": "balanced"}).fit(*waved(30))


def test_a_kernel_is_aligned_with_the_kernel_of_the_target(regressor):
    """Hubregtsen's alignment with y y^T: trained, a kernel is nearer to it than where it began, and stops early too."""
    X, y = waved(60)
    model = regressor("trainable-kernel", steps=40).fit(X, y)
    recipe = Recipe("adam", 40, 32, 0.05, loss="alignment")
    values = (y[:, None] - y.mean()) / y.std()
    assert (model.weights_ == train(model.network, model.scaled(X), values, recipe, 1).parameters).all()
    target = np.outer(y - y.mean(), y - y.mean())

    def aligned(model):
        kernel = model.kernel(X)
        kernel = kernel - kernel.mean(axis=0) - kernel.mean(axis=1)[:, None] + kernel.mean()
        return (kernel * target).sum() / np.linalg.norm(kernel) / np.linalg.norm(target)

    begun, trained, stopped = (
        aligned(regressor("trainable-kernel", steps=steps, learning_rate=0.1, **given).fit(X, y))
        for steps, given in ((1, {}), (150, {}), (150, {"training": {"patience": 5}}))
    )
    assert trained > begun + 0.1
    assert stopped > begun + 0.05


@pytest.mark.parametrize("kind", KERNELS)
@pytest.mark.parametrize("head", ["svm", "gp"])
def test_landmarks_bound_the_circuits_and_expected_shots_are_survived(kind, head, regressor):
    X, y = waved(150)
    settings = {"head": head, "encoding": "angle", "bandwidth": "auto"}
    few = regressor(kind, **settings, landmarks=12).fit(X[:100], y[:100])
    assert len(few.support_) == 12
    assert few.score(X[100:], y[100:]) > 0.5
    model = regressor(kind, **settings, landmarks=12, expected_shots=2000).fit(X[:100], y[:100])
    rng = np.random.default_rng(0)
    shown = model.exact(X[100:])
    shown = rng.binomial(2000, np.clip(shown if kind != "projected-kernel" else (1 + shown) / 2, 0, 1)) / 2000
    shown = shown if kind != "projected-kernel" else 2 * shown - 1
    assert r2_score(y[100:], model.answer(shown)) > 0.3


@pytest.fixture
def related() -> Rows:
    """Another data set of the same shape, whose quantity is of other units and a little shifted."""
    X, y = waved(200)
    return Rows("5" * 64, X + 0.05, 1000 * y)


def test_a_backbone_may_have_answered_a_quantity_or_classes(related, elsewhere, candidate, clouds):
    X, y = waved(60)
    wanted = candidate("transfer", steps=120, learning_rate=0.1)
    for source in (related, elsewhere):
        model = build(wanted, 1, None, True, source, quantity=True).fit(X, y)
        assert (model.parameters_[model.network.parts["circuit"]] == model.foundation_.weights).all()
        again = restore(model.state())
        assert (again.predict(X) == model.predict(X)).all()
        assert (again.fit(X[:30], y[:30]).parameters_ == model.fit(X[:30], y[:30]).parameters_).all()
    first = build(candidate("dressed"), 3, 3).fit(elsewhere.X, elsewhere.y)
    moved = build(wanted, 1, None, True, of(first, "1" * 64), quantity=True).fit(X, y)
    assert moved.foundation_.digest == "1" * 64
    value = build(candidate("dressed"), 3, None, quantity=True).fit(X, y)
    assert build(wanted, 1, 2, True, of(value, "2" * 64)).fit(*clouds(2)).score(*clouds(2)) > 0.6


def test_on_few_rows_a_backbone_of_a_related_quantity_is_worth_more_than_a_new_start(related, candidate):
    X, y = waved(300)
    few, rest = slice(200, 212), slice(212, None)
    settings = {"steps": 150, "learning_rate": 0.1}
    scores = [
        [
            build(candidate("dressed", **settings), seed, None, quantity=True)
            .fit(X[few], y[few])
            .score(X[rest], y[rest]),
            build(candidate("transfer", **settings), seed, None, True, related, quantity=True)
            .fit(X[few], y[few])
            .score(X[rest], y[rest]),
        ]
        for seed in range(3)
    ]
    alone, helped = np.median(scores, axis=0)
    assert helped > max(0.7, alone + 0.1)
