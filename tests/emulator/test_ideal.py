"""Compiled circuits without noise against PennyLane's default.qubit."""

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qpilot.devices import device
from qpilot.emulator import Emulator
from qpilot.program import Circuits, Probabilities
from tests.emulator.shapes import entangling, ring, scrambled

OPERATIONS = {
    "h": qml.Hadamard,
    "x": qml.PauliX,
    "y": qml.PauliY,
    "z": qml.PauliZ,
    "s": qml.S,
    "sdg": lambda wires: qml.adjoint(qml.S(wires)),
    "rx": qml.RX,
    "ry": qml.RY,
    "rz": qml.RZ,
    "cnot": qml.CNOT,
    "cz": qml.CZ,
}


def reference(circuits: Circuits) -> Probabilities:
    @qml.qnode(qml.device("default.qubit", wires=circuits.qubits))
    def run(angles: np.ndarray) -> object:
        for gate in circuits.gates:
            OPERATIONS[gate.name](*(angles[column] for column in gate.angles), wires=list(gate.wires))
        return qml.probs(wires=range(circuits.qubits))

    return np.array([run(row) for row in circuits.angles])


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    qubits=st.integers(1, 5),
    length=st.integers(0, 40),
    seed=st.integers(0, 10**6),
    name=st.sampled_from(["iqm-garnet", "ionq-forte-enterprise", "rigetti-cepheus"]),
)
def test_any_circuit_is_compiled_to_itself(qubits: int, length: int, seed: int, name: str) -> None:
    circuits = scrambled(qubits, length, 2, seed)
    actual = Emulator(device(name)).probabilities(circuits, noisy=False)
    np.testing.assert_allclose(actual, reference(circuits), rtol=0, atol=1e-9)


@pytest.mark.parametrize("circuits", [entangling(7, 3, 2, seed=1), ring(8, 2, 2, seed=2)], ids=["swaps", "ring"])
def test_wide_circuits_survive_swaps_and_grouping(circuits: Circuits) -> None:
    actual = Emulator(device("iqm-garnet")).probabilities(circuits, noisy=False)
    np.testing.assert_allclose(actual, reference(circuits), rtol=0, atol=1e-10)


def test_chunks_do_not_change_the_answer() -> None:
    many = ring(6, 1, 150, seed=3)
    alone = Circuits(many.qubits, many.gates, many.angles[140:141])
    emulator = Emulator(device("iqm-emerald"))
    np.testing.assert_allclose(emulator.probabilities(many)[140:141], emulator.probabilities(alone), rtol=0, atol=1e-12)
