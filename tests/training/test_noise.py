"""Training under a device's noise: its loss is the noisy circuit's, it is told, kept and repeated, and it is worth it."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from qpilot.candidates.candidate import Candidate
from qpilot.devices import Device, device
from qpilot.emulator import Emulator
from qpilot.emulator.noise import Noise
from qpilot.errors import QpilotError, UsageError
from qpilot.models.building import build
from qpilot.models.readout import parities
from qpilot.models.state import restore
from qpilot.pilot import Pilot
from qpilot.prototype.search.effort import cpu_seconds
from qpilot.prototype.search.entrants import QuantumEntrant, quantum_entrants
from qpilot.prototype.search.kept import Kept

GARNET = Noise.of(device("iqm-garnet"))
PLAIN = {"model": "variational", "encoding": "angle", "ansatz": "strongly-entangling", "layers": 1, "qubits": 2}


def poor() -> Device:
    """A device that flips one readout in four, and as bad in its gates."""
    good = device("iqm-garnet")
    qubits = {label: one.model_copy(update={"gate": 0.9, "readout": 0.75}) for label, one in good.qubits.items()}
    return good.model_copy(update={"qubits": qubits, "couplings": dict.fromkeys(good.couplings, 0.8)})


POOR = Noise.of(poor())


def candidate(steps: int = 30, training: dict | None = None, **given) -> Candidate:
    told = {"noise": "device"} if training is None else training
    return Candidate.model_validate({**PLAIN, "steps": steps, "batch": 16, "training": told, **given})


def noisy_loss(model, noise: Noise, X, y) -> float:
    """Mean cross-entropy of what the emulator, and nothing that training uses, measures of the fitted circuit."""
    (circuits,) = model.circuits(X)
    answers = model.decide(parities(Emulator(noise.device).probabilities(circuits), model.words))
    return float(-np.log(answers[np.arange(len(y)), y]).mean())


@pytest.fixture
def classes(rows):
    X, targets = rows
    return X, targets.argmax(axis=1)


def test_the_loss_that_is_told_is_that_of_the_noisy_circuit(classes):
    X, y = classes
    model = build(candidate(20, batch=60, learning_rate=1e-9), 0, 2, noise=POOR).fit(X, y)
    told, clean = model.telemetry_.column("loss"), -np.log(model.predict_proba(X)[np.arange(60), y]).mean()
    np.testing.assert_allclose(told, noisy_loss(model, POOR, X, y), rtol=1e-6)
    assert abs(clean - told[-1]) > 1e-3, "noise is to change the loss"


def test_what_was_trained_under_noise_loses_less_to_it(classes):
    X, y = classes
    under = build(candidate(250, learning_rate=0.1), 0, 2, noise=POOR).fit(X, y)
    clean = build(candidate(250, {}, learning_rate=0.1), 0, 2).fit(X, y)
    assert noisy_loss(under, POOR, X, y) < noisy_loss(clean, POOR, X, y) - 0.02


@pytest.mark.parametrize("optimizer", ["adam", "spsa", "cobyla"])
@pytest.mark.parametrize("more", [{}, {"encoder": "linear", "decoder": "mlp", "model": "hybrid", "hidden": 3}])
def test_every_optimizer_and_hybrid_learns_under_noise(optimizer, more, classes):
    X, y = classes
    first, again = (
        build(candidate(60, optimizer=optimizer, learning_rate=0.1, **more), 1, 2, noise=POOR).fit(X, y) for _ in "ab"
    )
    loss = first.telemetry_.column("loss")
    assert min(loss[1:]) < loss[0]
    assert np.array_equal(first.parameters_, again.parameters_)


def test_a_quantity_is_learned_under_noise(rows):
    X, _ = rows
    y = 3 + np.cos(X[:, 0])
    model = build(candidate(120, learning_rate=0.1), 0, None, quantity=True, noise=GARNET).fit(X, y)
    assert np.abs(model.predict(X) - y).mean() < 0.3 * np.abs(y - y.mean()).mean()
    assert model.telemetry_.origin.backend == "emulator:iqm-garnet"


def test_gate_noise_alone_leaves_readout_to_mitigation(classes):
    X, y = classes
    model = build(candidate(20, {"noise": "gates"}, batch=60, learning_rate=1e-9), 0, 2, noise=POOR).fit(X, y)
    (circuits,) = model.circuits(X)
    answers = model.decide(parities(Emulator(POOR.device).probabilities(circuits, readout=False), model.words))
    told = model.telemetry_.column("loss")
    np.testing.assert_allclose(told, float(-np.log(answers[np.arange(60), y]).mean()), rtol=1e-6)
    assert set(model.telemetry_.origin.noise) == {"one-qubit gate infidelity", "two-qubit gate infidelity"}
    assert np.array_equal(restore(model.state()).fit(X, y).parameters_, model.parameters_)


def test_shots_go_with_noise(classes):
    X, y = classes
    asked = {"noise": "device", "shots": 100, "gradient": "parameter-shift"}
    few = build(candidate(4, asked), 0, 2, noise=GARNET).fit(X, y)
    assert few.telemetry_.origin.noise == {**GARNET.rates, "shots": 100}
    network, inputs = few.network, few.scaled(X)

    def slope(shots: int | None) -> np.ndarray:
        rng = None if shots is None else np.random.default_rng(0)
        return replace(network, shots=shots).pull(inputs, few.parameters_, lambda outputs: outputs / 60, rng)[1]

    exact = replace(network, gradient="adjoint").pull(inputs, few.parameters_, lambda outputs: outputs / 60)[1]
    np.testing.assert_allclose(slope(None), exact, atol=1e-12)
    apart = [np.abs(slope(shots) - exact).max() for shots in (1_000_000, 100)]
    assert apart[0] < 0.002 < 0.01 < apart[1], "a million shots are nearly exact, a hundred are not"


def test_what_it_ran_on_is_told_and_kept(classes):
    model = build(candidate(), 0, 2, noise=GARNET).fit(*classes)
    origin = model.telemetry_.origin
    assert (origin.backend, origin.calibration) == ("emulator:iqm-garnet", device("iqm-garnet").digest)
    assert set(origin.noise) == {"one-qubit gate infidelity", "two-qubit gate infidelity", "readout infidelity"}
    again = restore(model.state())
    assert again.telemetry_ == model.telemetry_
    assert np.array_equal(again.predict_proba(classes[0]), model.predict_proba(classes[0]))
    assert np.array_equal(again.fit(*classes).parameters_, model.parameters_), "it knows its device"


def test_a_kept_device_that_was_damaged_is_noticed(classes):
    state = build(candidate(), 0, 2, noise=GARNET).fit(*classes).state()
    with pytest.raises(QpilotError, match="incomplete or inconsistent"):
        restore(state | {"noise": {"name": "iqm-garnet"}})
    state.pop("noise")
    with pytest.raises(QpilotError, match="incomplete or inconsistent"):
        restore(state)


def test_without_a_device_it_is_refused(classes):
    with pytest.raises(UsageError, match="was given none"):
        build(candidate(), 0, 2).fit(*classes)


def test_a_kept_answer_depends_on_the_calibration(tmp_path):
    kept = Kept(tmp_path, "")
    one = QuantumEntrant(candidate(), 0, noise=GARNET)
    names = {kept._name(entrant, "") for entrant in (one, replace(one, noise=POOR), replace(one, noise=None))}
    assert len(names) == 3
    assert kept._name(replace(one, mark="another"), "") == kept._name(one, "")


def test_entrants_have_the_devices_noise_where_they_ask_for_it():
    from tests.prototype.test_entrants import pilot

    shape = 'model="variational", encoding="angle", ansatz="strongly-entangling", qubits=2'
    found: Pilot = pilot(f'candidates=[{{{shape}, training={{noise=["none", "gates", "device"]}}}}]')
    clean, gates, under = quantum_entrants(found, noise=GARNET)
    assert (clean.noise, gates.noise, under.noise) == (None, GARNET, GARNET)
    assert under.name.endswith(", training.noise device")
    assert replace(under, entangled=False).build(2).device_noise == GARNET
    assert under.candidate.afresh().training.noise == "none"


@pytest.mark.parametrize("name", ["simulator-sv1", "arn:aws:braket:::device/quantum-simulator/amazon/sv1"])
def test_a_simulator_has_no_noise_to_train_under(name):
    from tests.prototype.test_entrants import pilot

    shape = 'model="variational", encoding="angle", ansatz="strongly-entangling", qubits=2'
    asked = f'candidates=[{{{shape}, training={{noise="gates"}}}}]'
    with pytest.raises(UsageError, match=r"candidates\.0: training\.noise .* is a simulator, which has none"):
        pilot(asked, f'hardware.device="{name}"')
    pilot(f"candidates=[{{{shape}}}]", f'hardware.device="{name}"')


def test_noise_is_counted_dearer():
    assert cpu_seconds(candidate(qubits=6), 100) > 10 * cpu_seconds(candidate(qubits=6, training={}), 100)


def test_only_a_device_is_noise():
    with pytest.raises(ValidationError, match="none"):
        candidate(training={"noise": "iqm-garnet"})
