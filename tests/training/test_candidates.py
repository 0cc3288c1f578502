"""What a pilot file says of training reaches the model, and what is kept of it is the same bits every time."""

import numpy as np
import pytest
from pydantic import ValidationError

from qpilot.candidates.candidate import Candidate
from qpilot.devices import device
from qpilot.emulator.noise import Noise
from qpilot.models.building import build
from qpilot.models.state import restore
from qpilot.training.settings import Training

PLAIN = {"model": "variational", "encoding": "angle", "ansatz": "real-amplitudes", "layers": 2, "qubits": 2}
CHANGED = {
    "start": "uniform",
    "gradient": "parameter-shift",
    "shots": 50,
    "noise": "device",
    "layerwise": True,
    "weight_decay": 0.05,
    "dropout": 0.3,
    "patience": 1,
    "validation": 0.4,
    "jitter": 0.2,
    "mixup": 0.4,
    "curriculum": True,
    "class_weights": "balanced",
}
GARNET = Noise.of(device("iqm-garnet"))
NEEDED = {"shots": {"gradient": "parameter-shift"}, "validation": {"patience": 1}}


def fitted(rows, **training):
    X, targets = rows
    candidate = Candidate.model_validate({**PLAIN, "steps": 12, "batch": 16, "training": training})
    return build(candidate, 1, 2, noise=GARNET).fit(X[10:], targets[10:].argmax(axis=1))


def test_every_setting_is_tried_here():
    assert set(CHANGED) == set(Training.model_fields)


@pytest.mark.parametrize("name", [name for name in CHANGED if name != "gradient"])
def test_every_setting_changes_what_is_learned(name, rows):
    needed = NEEDED.get(name, {})
    changed = fitted(rows, **needed, **{name: CHANGED[name]})
    assert not np.array_equal(changed.parameters_, fitted(rows, **needed).parameters_)


@pytest.mark.parametrize("method", ["parameter-shift", "finite-difference"])
def test_another_way_to_the_gradient_finds_the_same_and_costs_more(method, rows):
    found, adjoint = fitted(rows, gradient=method), fitted(rows)
    np.testing.assert_allclose(found.parameters_, adjoint.parameters_, atol=1e-4)
    assert found.telemetry_.column("circuits")[-1] > adjoint.telemetry_.column("circuits")[-1]


@pytest.mark.parametrize("name", CHANGED)
def test_what_is_kept_is_the_same_bits_again_without_a_clock(name, rows):
    first, second = (fitted(rows, **NEEDED.get(name, {}), **{name: CHANGED[name]}) for _ in range(2))
    assert first.state().keys() == second.state().keys()
    for key, value in first.state().items():
        assert np.array_equal(value, second.state()[key]), key
    again = restore(first.state())
    assert again.telemetry_ == first.telemetry_
    assert len(again.clock_) == 0
    assert len(first.clock_) == len(first.telemetry_)


def test_shots_are_told(rows):
    assert fitted(rows, **NEEDED["shots"], shots=50).telemetry_.origin.noise == {"shots": 50}
    assert fitted(rows).telemetry_.origin.noise == {}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"training": {"shots": 100}}, "set gradient ="),
        ({"training": {"dropout": 1.0}}, "less than 1"),
        ({"training": {"start": "warm"}}, "identity-block"),
        ({"training": {"momentum": 0.9}}, "not permitted"),
        ({"training": {"validation": 0.4}}, "set patience"),
        ({"learning_rate": 1e300}, "less than or equal to 10"),
        ({"optimizer": "natural-gradient", "training": {"noise": "device"}}, "leave out noise"),
        ({"model": "trainable-kernel", "training": {"noise": "device"}}, "leave out .*training.noise"),
        ({"model": "fidelity-kernel", "ansatz": None, "training": {"noise": "device"}}, "leave out training"),
        ({"training": {"noise": "device"}, "qubits": 9}, "exactly up to 8 qubits, not 9"),
        ({"training": {"noise": "device"}, "qubits": 8, "steps": 3000}, "2.5 times as much .*take fewer qubits"),
        (
            {"training": {"noise": "device", "gradient": "parameter-shift"}, "qubits": 6, "steps": 2000},
            '72 circuits.* or gradient = "adjoint"',
        ),
        ({"optimizer": "cobyla", "training": {"mixup": 0.2}}, "leave out mixup"),
        ({"optimizer": "spsa", "training": {"gradient": "finite-difference"}}, "takes no gradient"),
        ({"model": "fidelity-kernel", "ansatz": None, "training": {"jitter": 0.1}}, "leave out training"),
    ],
)
def test_what_cannot_be_done_is_refused_when_the_file_is_read(given, says):
    with pytest.raises(ValidationError, match=says):
        Candidate.model_validate(PLAIN | given)
