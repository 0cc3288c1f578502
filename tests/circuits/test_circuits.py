"""Every named circuit: its weights, its twin, and the feature maps against matrices written out by hand."""

import itertools
import subprocess
import sys

import numpy as np
import pennylane as qml
import pytest
from scipy.linalg import expm

from qpilot.circuits import ANSAETZE, ENCODINGS, Circuit
from qpilot.circuits.wiring import ring
from qpilot.errors import UsageError

EVERY = [
    Circuit(encoding, ansatz, 2, qubits, entangled)
    for encoding, ansatz, qubits, entangled in itertools.product(ENCODINGS, [None, *ANSAETZE], (1, 2, 4), (True, False))
]


def state(circuit: Circuit, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    def run() -> object:
        circuit.function(x, weights)
        return qml.state()

    return np.asarray(qml.QNode(run, qml.device("default.qubit", wires=circuit.qubits))())


def drawn(circuit: Circuit) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    return rng.uniform(0, np.pi, circuit.inputs), rng.uniform(-np.pi, np.pi, circuit.weights)


def purity(amplitudes: np.ndarray, wire: int, qubits: int) -> float:
    halves = np.moveaxis(amplitudes.reshape([2] * qubits), wire, 0).reshape(2, -1)
    reduced = halves @ halves.conj().T
    return float(np.trace(reduced @ reduced).real)


def purities(circuit: Circuit) -> list[float]:
    amplitudes = state(circuit, *drawn(circuit))
    return [purity(amplitudes, wire, circuit.qubits) for wire in range(circuit.qubits)]


@pytest.mark.parametrize("circuit", EVERY, ids=str)
def test_every_circuit_takes_its_own_features_and_weights(circuit):
    assert np.linalg.norm(state(circuit, *drawn(circuit))) == pytest.approx(1)


@pytest.mark.parametrize("circuit", [circuit for circuit in EVERY if not circuit.entangled], ids=str)
def test_a_twin_is_a_product_state(circuit):
    assert purities(circuit) == pytest.approx([1] * circuit.qubits)


@pytest.mark.parametrize("circuit", [each for each in EVERY if each.entangled and each.qubits > 1], ids=str)
def test_what_is_not_a_twin_entangles(circuit):
    assert min(purities(circuit)) < 1 - 1e-3


def test_a_single_angle_encoding_has_nothing_to_entangle_with():
    assert purities(Circuit("angle", None, 1, 3)) == pytest.approx([1] * 3)


@pytest.mark.parametrize("ansatz", ANSAETZE)
def test_a_twin_keeps_the_weights(ansatz):
    assert Circuit("angle", ansatz, 3, 4, entangled=False).weights == Circuit("angle", ansatz, 3, 4).weights


@pytest.mark.parametrize("ansatz", ANSAETZE)
def test_every_weight_moves_something(ansatz):
    circuit = Circuit("angle", ansatz, 2, 3)
    x, weights = drawn(circuit)
    here = state(circuit, x, weights)
    for k in range(circuit.weights):
        moved = weights.copy()
        moved[k] += 0.5
        assert np.linalg.norm(state(circuit, x, moved) - here) > 1e-3, f"weight {k} does nothing"


def pauli(letter: str, wire: int, qubits: int) -> np.ndarray:
    return qml.matrix(getattr(qml, letter)(wire), wire_order=range(qubits))


def hadamards(qubits: int) -> np.ndarray:
    return qml.matrix(qml.prod(*[qml.Hadamard(wire) for wire in range(qubits)]), wire_order=range(qubits))


def test_zz_is_the_ring_feature_map():
    qubits, x = 4, np.array([0.3, 2.9, 4.4, 5.8])
    generator = sum(x[i] * pauli("Z", i, qubits) for i in range(qubits))
    for i, j in ((0, 1), (1, 2), (2, 3), (3, 0)):
        generator = generator + (np.pi - x[i]) * (np.pi - x[j]) * pauli("Z", i, qubits) @ pauli("Z", j, qubits)
    once = expm(-1j * generator) @ hadamards(qubits)
    assert state(Circuit("zz", None, 2, qubits), x, np.zeros(0)) == pytest.approx((once @ once)[:, 0], abs=1e-12)


def test_iqp_couples_every_pair():
    qubits, x = 3, np.array([0.3, 2.9, 4.4])
    generator = sum(x[i] / 2 * pauli("Z", i, qubits) for i in range(qubits))
    for i, j in itertools.combinations(range(qubits), 2):
        generator = generator + x[i] * x[j] / 2 * pauli("Z", i, qubits) @ pauli("Z", j, qubits)
    once = expm(-1j * generator) @ hadamards(qubits)
    assert state(Circuit("iqp", None, 2, qubits), x, np.zeros(0)) == pytest.approx((once @ once)[:, 0], abs=1e-12)


@pytest.mark.parametrize(
    ("qubits", "edges"), [(1, ()), (2, ((0, 1),)), (3, ((0, 1), (1, 2), (2, 0))), (4, ((0, 1), (1, 2), (2, 3), (3, 0)))]
)
def test_a_ring_has_each_edge_once(qubits, edges):
    assert ring(qubits) == edges


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("amplitude", None, 1, 2), "unknown encoding 'amplitude'; known: angle, iqp, zz"),
        (("angle", "magic", 1, 2), "unknown ansatz 'magic'; known: basic-entangling"),
        (("angle", None, 0, 2), "at least 1 layer and 1 qubit, got 0 and 2"),
        (("angle", None, 1, 0), "at least 1 layer and 1 qubit, got 1 and 0"),
    ],
)
def test_what_is_not_known_is_refused(arguments, sentence):
    with pytest.raises(UsageError, match=sentence):
        Circuit(*arguments)


def test_naming_circuits_does_not_import_pennylane():
    code = "import sys, qpilot.circuits; sys.exit('pennylane' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
