"""Every named circuit: its weights, its twin, what it reads, and the parts that do not go together."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from qpilot.circuits import ANSAETZE, ENCODINGS, Circuit, Layered
from qpilot.errors import UsageError
from tests.circuits.drawing import circuits, drawn, state

EVERY = [*circuits((3,)), *(each for each in circuits((1,)) if "angle" in (each.encoding, each.ansatz or "angle"))]
ENTANGLED = [each for each in circuits((4,)) if each.entangled and each.ansatz]
LAYERED = [name for name, ansatz in ANSAETZE.items() if isinstance(ansatz, Layered)]
TREES = [name for name in ANSAETZE if name not in LAYERED]


def amplitudes(circuit: Circuit) -> np.ndarray:
    X, weights = drawn(circuit)
    return state(circuit, circuit.prepare(X)[0], weights)


def purities(circuit: Circuit) -> list[float]:
    tensor = amplitudes(circuit).reshape([2] * circuit.qubits)
    halves = [np.moveaxis(tensor, wire, 0).reshape(2, -1) for wire in range(circuit.qubits)]
    return [float(np.linalg.norm(half @ half.conj().T) ** 2) for half in halves]


@pytest.mark.parametrize("circuit", EVERY, ids=str)
def test_every_circuit_takes_its_own_features_and_weights(circuit):
    X, _ = drawn(circuit)
    assert circuit.prepare(X).shape == (1, circuit.inputs)
    assert circuit.fits(circuit.features) is None
    assert np.linalg.norm(amplitudes(circuit)) == pytest.approx(1)


@pytest.mark.parametrize("circuit", [circuit for circuit in EVERY if not circuit.entangled], ids=str)
def test_a_twin_is_a_product_state(circuit):
    assert purities(circuit) == pytest.approx([1] * circuit.qubits)


@pytest.mark.parametrize("circuit", ENTANGLED, ids=str)
def test_what_is_not_a_twin_entangles_every_wire(circuit):
    assert max(purities(circuit)) < 1 - 1e-5


@pytest.mark.parametrize("encoding", [name for name, each in ENCODINGS.items() if each.repeats and not each.scaled])
def test_a_repeated_encoding_entangles(encoding):
    assert max(purities(Circuit(encoding, None, 2, 4))) < 1 - 1e-3


@pytest.mark.parametrize("encoding", ["angle", "angle-x", "angle-z", "dense-angle", "basis"])
def test_a_single_rotation_encoding_has_nothing_to_entangle_with(encoding):
    assert purities(Circuit(encoding, None, 1, 3)) == pytest.approx([1] * 3)


@pytest.mark.parametrize("circuit", [each for each in circuits((3,), layers=3) if each.ansatz], ids=str)
def test_weights_are_scalings_then_layers(circuit):
    slices = [circuit.scalings, *circuit.layer_slices]
    numbered = np.concatenate([np.arange(circuit.weights)[each] for each in slices])
    np.testing.assert_array_equal(numbered, np.arange(circuit.weights))
    assert len(circuit.layer_slices) == circuit.layers
    assert replace(circuit, entangled=not circuit.entangled).weights == circuit.weights


@pytest.mark.parametrize("entangled", [True, False])
@pytest.mark.parametrize(
    ("encoding", "ansatz"), [*(("angle", name) for name in ANSAETZE), *(("reuploading", name) for name in LAYERED)]
)
def test_every_weight_moves_something(encoding, ansatz, entangled):
    circuit = Circuit(encoding, ansatz, 2, 3, entangled)
    X, weights = drawn(circuit)
    here = state(circuit, X[0], weights)
    for k in range(circuit.weights):
        moved = weights.copy()
        moved[k] += 0.5
        assert np.linalg.norm(state(circuit, X[0], moved) - here) > 1e-3, f"weight {k} does nothing"


@pytest.mark.parametrize("ansatz", ANSAETZE)
@pytest.mark.parametrize("qubits", [1, 3, 6])
def test_a_twin_is_read_on_every_wire(ansatz, qubits):
    assert Circuit("angle", ansatz, 2, qubits, entangled=False).reads == tuple(range(qubits))
    assert (len(Circuit("angle", ansatz, 2, qubits).reads) == 1) == (ansatz in TREES or qubits == 1)


@pytest.mark.parametrize("ansatz", TREES)
@pytest.mark.parametrize("qubits", [1, 2, 3, 5, 6, 8])
def test_what_a_narrowing_ansatz_reads_depends_on_every_feature(ansatz, qubits):
    circuit = Circuit("angle", ansatz, 1, qubits)
    X, weights = drawn(circuit)
    moved = np.repeat(X, qubits + 1, axis=0)
    moved[np.arange(qubits), np.arange(qubits)] += 0.7
    (wire,) = circuit.reads
    probabilities = [np.abs(state(circuit, x, weights).reshape([2] * qubits)) ** 2 for x in moved]
    read = [np.moveaxis(each, wire, 0)[0].sum() for each in probabilities]
    assert np.abs(np.array(read[:-1]) - read[-1]).min() > 1e-12


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_local_readout_hears_few_wires_and_all_are_heard(layers):
    circuit = Circuit("angle", "local", layers, 8)
    X, weights = drawn(circuit)
    moved = np.repeat(X, 9, axis=0)
    moved[np.arange(8), np.arange(8)] += 0.7
    probabilities = [np.abs(state(circuit, x, weights).reshape([2] * 8)) ** 2 for x in moved]
    read = np.array([[np.moveaxis(each, wire, 0)[0].sum() for wire in circuit.reads] for each in probabilities])
    heard = np.abs(read[:-1] - read[-1]) > 1e-9
    assert heard.sum(axis=0).max() <= 2 * layers
    assert heard.any(axis=1).all()


@pytest.mark.parametrize("ansatz", LAYERED)
def test_mirrored_layers_with_equal_weights_are_the_identity(ansatz):
    circuit = Circuit("zz", ansatz, 8, 3, mirrored=True)
    X, weights = drawn(circuit)
    for first, second in ((0, 3), (1, 2), (4, 7), (5, 6)):
        weights[circuit.layer_slices[second]] = weights[circuit.layer_slices[first]]
    plain = state(Circuit("zz", None, 1, 3), X[0], np.zeros(0))
    assert abs(np.vdot(plain, state(circuit, X[0], weights))) == pytest.approx(1)
    weights[0] += 0.5
    assert abs(np.vdot(plain, state(circuit, X[0], weights))) < 1 - 1e-3


@pytest.mark.parametrize("ansatz", LAYERED)
def test_interleaved_data_comes_after_every_layer(ansatz):
    circuit = Circuit("angle", ansatz, 1, 3, interleaved=True)
    X, weights = drawn(circuit)
    turned = state(circuit, X[0], weights)
    before = state(circuit, 0 * X[0], weights)
    once = Circuit("angle", None, 1, 3)
    import pennylane as qml

    matrix = qml.matrix(once.function, wire_order=range(3))(X[0])
    np.testing.assert_allclose(turned, matrix @ before, rtol=0, atol=1e-12)


def test_scalings_of_one_upload_the_features_as_they_are():
    circuit = Circuit("reuploading", "real-amplitudes", 2, 2, features=3)
    X, weights = drawn(circuit)
    weights[circuit.scalings] = 1
    ones = state(circuit, X[0], weights)
    weights[circuit.scalings] = 2
    np.testing.assert_allclose(state(circuit, X[0] / 2, weights), ones, rtol=0, atol=1e-12)
    assert circuit.scalings == slice(0, 6)


@pytest.mark.parametrize(
    ("arguments", "more", "sentence"),
    [
        (("magic", None, 1, 2), {}, "unknown encoding 'magic'; known: amplitude, angle, angle-x"),
        (("angle", "magic", 1, 2), {}, "unknown ansatz 'magic'; known: basic-entangling"),
        (("angle", None, 0, 2), {}, "at least 1 layer and 1 qubit, got 0 and 2"),
        (("angle", None, 1, 0), {}, "at least 1 layer and 1 qubit, got 1 and 0"),
        (("angle", None, 1, 3), {"features": 4}, "4 components are to be encoded, one a qubit; set qubits to 4 or"),
        (("amplitude", None, 2, 3), {}, "prepares a state once: without an ansatz set layers to 1"),
        (("basis", None, 2, 3), {}, "prepares a state once: without an ansatz set layers to 1"),
        (("reuploading", None, 1, 3), {}, "take another encoding, or a model with an ansatz"),
        (("reuploading", "qcnn", 1, 3), {}, "'qcnn', which narrows: take one of basic-entangling"),
        (("angle", "real-amplitudes", 1, 3), {"connectivity": "ring"}, "leave it out"),
        (("angle", None, 1, 3), {"connectivity": "ring"}, "leave it out"),
        (
            ("angle", "hardware-efficient", 1, 3),
            {"connectivity": "star"},
            "unknown connectivity 'star'; known: brickwork",
        ),
        (
            ("angle", "hardware-efficient", 1, 16),
            {"connectivity": "iqm-garnet", "mirrored": True},
            "a multiple of 4, not 1",
        ),
        (("angle", "tree-tensor", 2, 4), {"mirrored": True}, "only an ansatz of layers over all wires"),
        (("reuploading", "local", 4, 4), {"mirrored": True}, "no data between them"),
        (("amplitude", "local", 2, 2), {"interleaved": True}, "cannot come after every layer"),
        (("reuploading", "local", 2, 2), {"interleaved": True}, "is placed there already"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, more, sentence):
    with pytest.raises(UsageError, match=sentence):
        Circuit(*arguments, **more)


@pytest.mark.parametrize(
    ("circuit", "features", "sentence"),
    [
        (Circuit("dense-angle", None, 1, 3), 7, "set qubits to 4 to 7 or reduce.components to 3 to 6"),
        (Circuit("amplitude", None, 1, 3), 9, "set qubits to 4 to 9 or reduce.components to 3 to 8"),
        (Circuit("reuploading", "local", 1, 3), 2, "set qubits to 1 to 2 or reduce.components to 3 to 48"),
        (Circuit("angle", None, 1, 3), 30, "one a qubit; set reduce.components to 3$"),
    ],
)
def test_a_misfit_names_what_to_set(circuit, features, sentence):
    import re

    assert re.search(sentence, circuit.fits(features) or "")


def test_naming_circuits_does_not_import_pennylane():
    code = "import sys, qpilot.circuits; sys.exit('pennylane' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
